"""One click on many: who is asked, what becomes of the others, and what people do with a batch."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, Connector
from operations.services import batch_figures, batches, judging, pacing
from operations.services.judging import Reason
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import BatchStatus, OperationalStatus, Registration, RunStatus
from tests.domain.asked import answer, ask, claim, connect, fresh, history
from tests.domain.batching import asks_all, connectors
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def judged(parts: list[Any], slug: str, **more: Any) -> judging.Judgement:
    kind = TargetKind(parts[0]._meta.model_name)
    params = more.pop("params", {"availability": "off"})
    return judging.judge(
        command=BY_SLUG[slug],
        selection=Selection.of_pks(kind, [part.pk for part in parts]),
        params=params,
        user=more.pop("user", None),
        **more,
    )


# Who can be asked


def test_all_that_can_be_asked_are_held_until_their_turn() -> None:
    batch = asks_all(connectors(3), terms=Terms(reason="Flood"))
    runs = CommandRun.objects.filter(batch=batch)
    assert [(run.status, run.is_held, run.deadline_at) for run in runs] == [
        (RunStatus.QUEUED, True, None)
    ] * 3
    assert {run.reason for run in runs} == {"Flood"}
    assert batch.size == 3
    assert history(runs[0]) == ["queued"]


def test_each_that_cannot_be_asked_ends_with_its_sentence() -> None:
    good, offline, closed, rejected, busy, asked = connectors(6)
    offline.station.connected_at = None
    offline.station.save()
    Connector.objects.filter(pk=closed.pk).update(operational_status=OperationalStatus.CLOSED)
    rejected.station.registration = Registration.REJECTED
    rejected.station.save()
    SessionFactory(connector=busy)
    earlier = ask(asked, "change-availability", availability="on")
    parts = [good, offline, closed, rejected, busy, asked]

    judgement = judged(parts, "change-availability")
    assert [target.connector for target in judgement.askable] == [good]
    assert {reason: len(found) for reason, found in judgement.by_reason().items()} == {
        Reason.OFFLINE: 1,
        Reason.CLOSED: 1,
        Reason.REJECTED: 1,
        Reason.SESSION: 1,
        Reason.OPEN: 1,
    }
    assert judgement.size == 6

    batch = asks_all(parts)
    ended = CommandRun.objects.filter(batch=batch).exclude(connector=good)
    assert {run.connector_id: (run.status, run.released_at) for run in ended} == {
        offline.pk: (RunStatus.NOT_CONNECTED, None),
        closed.pk: (RunStatus.REFUSED, None),
        rejected.pk: (RunStatus.REFUSED, None),
        busy.pk: (RunStatus.REFUSED, None),
        asked.pk: (RunStatus.REFUSED, None),
    }
    assert all(run.closed_at is not None for run in ended)
    assert f"Request {earlier.pk} for the same is still open." in {run.summary for run in ended}
    assert any("session is running" in run.summary for run in ended)


def test_sessions_do_not_keep_from_asking_where_that_is_wanted() -> None:
    (busy,) = connectors(1)
    SessionFactory(connector=busy)
    assert judged([busy], "change-availability").askable == []
    terms = Terms(asks_during_sessions=True)
    assert len(judged([busy], "change-availability", terms=terms).askable) == 1
    on = {"availability": "on"}
    assert len(judged([busy], "change-availability", params=on).askable) == 1, "nothing to warn of"


def test_what_a_version_has_no_words_for_is_not_supported() -> None:
    old, new = StationFactory(protocol="1.6"), StationFactory(protocol="2.1")
    judgement = judged([old, new], "reboot", params={"mode": "resume"})
    assert [target.station for target in judgement.askable] == [new]
    assert [each.reason for each in judgement.hindered] == [Reason.UNSUPPORTED]


def test_another_organisations_stations_are_neither_asked_nor_told_of() -> None:
    ours = OrganisationFactory()
    user = UserFactory(organisation=ours)
    mine, theirs = connectors(1, organisation=ours)[0], connectors(1)[0]
    judgement = judged([mine, theirs], "change-availability", user=user)
    assert [each.reason for each in judgement.hindered] == [Reason.FORBIDDEN]
    batch = asks_all([mine, theirs], user=user)
    assert [run.connector for run in batch.runs.all()] == [mine]
    assert batch.organisation == ours
    assert list(CommandBatch.objects.visible_to(user)) == [batch]
    assert not CommandBatch.objects.visible_to(
        UserFactory(organisation=OrganisationFactory())
    ).exists()


def test_a_preview_costs_as_much_for_many_as_for_few(
    django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    few, many = connectors(2), connectors(12)
    with django_assert_max_num_queries(6) as taken:
        judged(few, "change-availability")
    with django_assert_num_queries(len(taken)):
        judged(many, "change-availability")
    chargers, stations = [ChargerFactory() for _ in "12345"], [StationFactory() for _ in "12345"]
    with django_assert_max_num_queries(6):
        judged(chargers, "change-availability")
    with django_assert_max_num_queries(6):
        judged(stations, "reboot", params={"mode": "idle"})


def test_a_charger_is_judged_with_what_belongs_to_it() -> None:
    left = ChargerFactory()
    right = ChargerFactory(station=left.station)
    closed = ConnectorFactory(charger=left, number=2, operational_status=OperationalStatus.CLOSED)
    first = ConnectorFactory(charger=left, number=1)
    session = SessionFactory(connector=ConnectorFactory(charger=right, number=3))
    one, other = Selection.of_pks(TargetKind.CHARGER, [left.pk, right.pk]).load()
    assert (one.connectors, one.sessions, one.owns_station) == ((first,), (), False)
    assert other.sessions == (session,)
    assert closed not in one.connectors
    (station,) = Selection.of_pks(TargetKind.STATION, [left.station.pk]).load()
    assert len(station.connectors) == 2
    assert station.sessions == (session,)


def test_secrets_are_sealed_until_they_are_sent() -> None:
    station = StationFactory()
    connection = connect(station)
    payload = {"key": "AuthorizationKey", "value": "hunter2hunter2"}
    batch = asks_all(
        [station],
        "custom-message",
        action="ChangeConfiguration",
        payload=payload,
        send_anyway=False,
    )
    run = batch.runs.get()
    assert "hunter2" not in str([batch.params, run.params, run.sealed])
    pacing.advance()
    assert claim(run, connection).calls[0].payload == payload
    answer(run, "Rejected")
    assert fresh(run).sealed == ""
    CommandRun.objects.update(status=RunStatus.FAILED)
    with pytest.raises(ValueError, match="held a secret"):
        batches.retry_failed(batch=batch, user=None)


def test_terms_that_make_no_sense_are_refused_in_a_sentence() -> None:
    now = timezone.now()
    station = StationFactory()
    with pytest.raises(ValueError, match='"Reboot" can only be asked of stations'):
        asks_all([station], "reboot", terms=Terms(waits_until=now), mode="idle")
    with pytest.raises(ValueError, match="needs both times"):
        asks_all([station], "reboot", terms=Terms(window_from=now.time()), mode="idle")
    with pytest.raises(ValueError, match="expire before it starts"):
        asks_all([station], "reboot", terms=Terms(starts_at=now, expires_at=now), mode="idle")


# By hand


def test_a_paused_batch_releases_nothing_until_it_is_resumed() -> None:
    batch = asks_all(connectors(2))
    user = UserFactory(username="ana")
    batches.pause(batch=batch, user=user)
    pacing.advance()
    assert CommandRun.objects.held().count() == 2
    batch.refresh_from_db()
    assert (batch.status, batch.summary) == (BatchStatus.PAUSED, "Paused by ana.")
    with pytest.raises(ValueError, match="This batch is paused"):
        batches.pause(batch=batch, user=user)
    batches.resume(batch=batch, user=user)
    pacing.advance()
    assert CommandRun.objects.released().count() == 2
    batch.refresh_from_db()
    assert batch.status == BatchStatus.RUNNING


def test_cancelling_the_rest_ends_what_is_held_and_leaves_what_is_open() -> None:
    batch = asks_all(connectors(3), terms=Terms(most_open=1))
    pacing.advance()
    assert batches.cancel_rest(batch=batch, user=UserFactory(username="ana")) == 2
    cancelled = CommandRun.objects.filter(batch=batch, status=RunStatus.CANCELLED)
    assert {run.summary for run in cancelled} == {"Cancelled by ana before it was sent."}
    assert history(cancelled[0]) == ["queued", "cancelled"]
    pacing.advance()
    batch.refresh_from_db()
    assert (batch.status, batch.ended_at) == (BatchStatus.CANCELLED, None)
    with pytest.raises(ValueError, match="Nothing of this batch is left"):
        batches.cancel_rest(batch=batch, user=None)
    CommandRun.objects.released().update(status=RunStatus.DONE, closed_at=timezone.now())
    pacing.advance(batch_pks=[batch.pk])
    batch.refresh_from_db()
    assert batch.status == BatchStatus.CANCELLED
    assert batch.ended_at is not None


def reboots(count: int, terms: Terms) -> CommandBatch:
    """A batch whose every run was released, for a moment within the next ten minutes."""
    stations = [StationFactory() for _ in range(count)]
    batch = asks_all(stations, "reboot", terms=terms, mode="idle")
    pacing.advance()
    # One of them was asked at once.
    CommandRun.objects.filter(pk=batch.runs.earliest("pk").pk).update(next_attempt_at=None)
    batch.refresh_from_db()
    return batch


# A reboot of few stations is released whole, spread over minutes: nothing could be stopped.
def test_a_pause_holds_again_what_was_spread_over_a_while() -> None:
    batch = reboots(3, Terms(jitter_s=600))
    assert batch_figures.unsent(batch=batch, counters=batch_figures.counters(batch=batch)) == 2
    batches.pause(batch=batch, user=None)
    assert CommandRun.objects.held().filter(batch=batch, next_attempt_at=None).count() == 2
    pacing.advance()
    assert CommandRun.objects.released().count() == 1
    batches.resume(batch=batch, user=None)
    pacing.advance()
    assert CommandRun.objects.spread(timezone.now()).filter(batch=batch).count() == 2


def test_cancelling_the_rest_ends_what_was_spread_over_a_while() -> None:
    batch = reboots(3, Terms(jitter_s=600))
    assert batches.cancel_rest(batch=batch, user=None) == 2
    assert CommandRun.objects.released().count() == 1


def test_a_wave_has_its_places_back_when_it_is_paused() -> None:
    batch = reboots(3, Terms(jitter_s=600, wave_size=3, wave_pause_s=60))
    assert batch.wave_left == 0
    batches.pause(batch=batch, user=None)
    batches.resume(batch=batch, user=None)
    pacing.advance()
    assert CommandRun.objects.released().count() == 3


def test_one_held_run_can_be_cancelled_alone() -> None:
    from operations.services import runs

    batch = asks_all(connectors(2))
    first = batch.runs.earliest("pk")
    assert runs.cancel(run=first, user=None) is None
    pacing.advance()
    assert CommandRun.objects.released().count() == 1


def test_the_failed_ones_are_asked_again_in_a_batch_of_their_own() -> None:
    parts = connectors(4)
    batch = asks_all(parts, terms=Terms(most_open=7, reason="Flood", attempts=2))
    pacing.advance()
    for part, status in zip(
        parts,
        [RunStatus.DONE, RunStatus.TIMED_OUT, RunStatus.REFUSED, RunStatus.CANCELLED],
        strict=True,
    ):
        batch.runs.filter(connector=part).update(status=status, closed_at=timezone.now())
    again = batches.retry_failed(batch=batch, user=None)
    assert {run.connector_id for run in again.runs.all()} == {parts[1].pk, parts[2].pk}
    assert (again.retried_from, again.params, again.most_open) == (batch, batch.params, 7)
    assert (again.reason, again.attempts) == ("Flood", 2)
    assert list(batch.retries.all()) == [again]


def test_where_nothing_failed_nothing_is_asked_again() -> None:
    batch = asks_all(connectors(1))
    with pytest.raises(ValueError, match="Nothing of this batch has failed"):
        batches.retry_failed(batch=batch, user=None)


# Figures


def test_counters_say_where_the_runs_are(django_assert_num_queries: Any) -> None:
    parts = connectors(5)
    offline = connectors(1, connected=False)
    soon = timezone.now() + timedelta(hours=1)
    batch = asks_all([*parts, *offline], terms=Terms(most_open=2, waits_until=soon))
    pacing.advance()
    CommandRun.objects.filter(connector=parts[0]).update(
        status=RunStatus.TIMED_OUT, closed_at=timezone.now()
    )
    with django_assert_num_queries(1):
        counters = batch_figures.counters(batch=batch)
    assert counters.by_status == {RunStatus.QUEUED: 5, RunStatus.TIMED_OUT: 1}
    assert (counters.held, counters.waiting_offline) == (4, 1)
    assert (counters.total, counters.open, counters.closed, counters.failed) == (6, 5, 1, 1)
    assert (counters.done, counters.percent) == (0, 16)


def test_answers_are_grouped_by_the_stations_own_word() -> None:
    stations = [StationFactory() for _ in range(3)]
    sockets = [connect(station) for station in stations]
    batch = asks_all(stations, "reboot", mode="idle")
    pacing.advance()
    for run, said in zip(batch.runs.order_by("pk"), ["Rejected", "Rejected", None], strict=True):
        claim(run, next(each for each in sockets if each.station_id == run.station_id))
        if said:
            answer(run, said)
        else:
            answer(run, error="NotSupported", description="")
    assert batch_figures.answers(batch=batch) == [("Rejected", 2), ("NotSupported", 1)]
    pace = batch_figures.pace(batch=batch)
    assert pace.per_s > 0
    assert pace.ends_at is None, "nothing is left"
