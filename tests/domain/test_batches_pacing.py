"""The engine: no limit is ever exceeded, and what is due is done."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.models import CommandBatch, CommandRun, Connection, Connector, RunTransition
from operations.services import connections, outcomes, pacing, sweeping
from operations.services.live import switchboard
from operations.services.terms import Terms
from operations.statuses import BatchStatus, CountsUntil, OperationalStatus, RunStatus
from tests.domain.asked import answer, claim, closes, connect, fresh
from tests.domain.test_batches import asks_all, connectors
from tests.factories import ConnectorFactory, OrganisationFactory, SiteFactory, StationFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What sockets were told."""
    heard: Told = []
    monkeypatch.setattr(switchboard, "tell", lambda name, message: heard.append((name, message)))
    return heard


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def advance(batch: CommandBatch, *, after: float = 0) -> CommandBatch:
    """A look at the batch, so many seconds from now."""
    pacing.advance(batch_pks=[batch.pk], now=timezone.now() + timedelta(seconds=after))
    batch.refresh_from_db()
    return batch


def released(batch: CommandBatch) -> list[int]:
    """The connectors whose runs are open."""
    open_runs = batch.runs.filter(released_at__isnull=False, closed_at=None).order_by("pk")
    return [run.connector_id for run in open_runs if run.connector_id]


def close(batch: CommandBatch, count: int = 1, status: RunStatus = RunStatus.DONE) -> None:
    """The first open ones end."""
    first = batch.runs.filter(released_at__isnull=False, closed_at=None).order_by("pk")[:count]
    CommandRun.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(
        status=status, closed_at=timezone.now()
    )


# How many at a time


def test_no_more_than_the_limit_are_open_at_a_time() -> None:
    parts = connectors(5)
    batch = asks_all(parts, terms=Terms(most_open=2))
    assert released(advance(batch)) == [parts[0].pk, parts[1].pk]
    assert released(advance(batch)) == [parts[0].pk, parts[1].pk]
    close(batch)
    assert released(advance(batch)) == [parts[1].pk, parts[2].pk]


def test_a_released_run_is_announced_and_has_a_deadline(
    told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    parts = connectors(2)
    for part in parts:
        connect(part.station)
    with django_capture_on_commit_callbacks(execute=True):
        batch = advance(asks_all(parts))
    runs = list(batch.runs.order_by("pk"))
    assert [message["run"] for _name, message in told] == [run.pk for run in runs]
    assert all(run.deadline_at and run.deadline_at > timezone.now() for run in runs)


def test_a_held_run_is_neither_announced_nor_sent_nor_overdue(
    told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    (part,) = connectors(1)
    connection = connect(part.station)
    run = asks_all([part]).runs.get()
    later = timezone.now() + timedelta(days=3)
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.announce_waiting(now=later)
        sweeping.expire_due(now=later)
        assert sweeping.runs.claim(run_pk=run.pk, connection_pk=connection.pk) is None
    outcomes.drop_queued(station_pks=[part.station.pk], at=later, changes=sweeping.Changes())
    assert told == []
    assert fresh(run).is_held


def test_a_station_is_asked_one_of_a_batch_at_a_time() -> None:
    first = ConnectorFactory(number=1)
    second = ConnectorFactory(charger=first.charger, number=2)
    (other,) = connectors(1)
    connection = connect(first.station)
    batch = asks_all([first, second, other])
    assert released(advance(batch)) == [first.pk, other.pk]
    claim(batch.runs.get(connector=first), connection)
    answer(batch.runs.get(connector=first), "Accepted")
    assert released(advance(batch)) == [first.pk, second.pk, other.pk], "its call is answered"


def test_sites_and_organisations_have_limits_of_their_own() -> None:
    site, ours = SiteFactory(), OrganisationFactory()
    at_site = connectors(3, site=site, organisation=ours)
    elsewhere = connectors(3, organisation=ours)
    nowhere = connectors(2)
    everything = [*at_site, *elsewhere, *nowhere]
    batch = asks_all(everything, terms=Terms(most_open_per_site=1))
    assert released(advance(batch)) == [part.pk for part in (at_site[0], *elsewhere, *nowhere)]
    CommandBatch.objects.all().delete()
    limits = Terms(most_open_per_site=1, most_open_per_organisation=2)
    batch = asks_all(everything, terms=limits)
    assert released(advance(batch)) == [part.pk for part in (at_site[0], elsewhere[0], *nowhere)]
    close(batch)
    assert released(advance(batch))[:2] == [at_site[1].pk, elsewhere[0].pk]


@pytest.mark.parametrize("limit", ["most_open_per_site", "most_open_per_organisation"])
def test_these_limits_count_what_other_batches_ask_there(limit: str) -> None:
    parts = connectors(4, site=SiteFactory(), organisation=OrganisationFactory())
    terms = Terms(**{limit: 1})
    first = advance(asks_all(parts[:2], terms=terms))
    second = advance(asks_all(parts[2:], terms=terms))
    assert (released(first), released(second)) == ([parts[0].pk], [])
    assert second.looks_at is not None, "the other batch will not tell when it has a place free"
    assert second.looks_at <= timezone.now() + pacing.LOOKS_OPEN
    close(first)
    assert released(advance(second)) == [parts[2].pk]
    assert released(advance(first)) == []


def test_an_answer_gives_the_place_back_where_that_is_wanted() -> None:
    parts = connectors(2)
    sockets = [connect(part.station) for part in parts]
    for until, count in ((CountsUntil.CLOSED, 1), (CountsUntil.ANSWERED, 2)):
        CommandBatch.objects.all().delete()
        batch = advance(asks_all(parts, terms=Terms(most_open=1, counts_until=until)))
        run = batch.runs.get(connector=parts[0])
        claim(run, sockets[0])
        answer(run, "Accepted")
        assert fresh(run).status == RunStatus.ACCEPTED
        assert len(released(advance(batch))) == count


def test_a_run_scheduled_behind_a_session_gives_its_place_back() -> None:
    parts = connectors(2)
    batch = advance(asks_all(parts, terms=Terms(most_open=1)))
    CommandRun.objects.filter(connector=parts[0]).update(status=RunStatus.SCHEDULED)
    assert released(advance(batch)) == [part.pk for part in parts]
    close(batch)
    CommandRun.objects.filter(connector=parts[1]).update(status=RunStatus.SCHEDULED)
    assert advance(batch).ended_at is None, "one still waits for its driver"


def test_batches_take_turns() -> None:
    many = [asks_all(connectors(60), terms=Terms(most_open=60)) for _ in range(2)]
    assert pacing.advance() == {batch.pk for batch in many}
    assert [len(released(batch)) for batch in many] == [pacing.TURN, pacing.TURN]
    assert pacing.advance() == set()
    assert [len(released(batch)) for batch in many] == [60, 60]


# Waves and jitter


def test_the_next_wave_begins_a_pause_after_the_last_one_has_ended(
    clock: time_machine.Traveller,
) -> None:
    batch = asks_all(connectors(5), terms=Terms(wave_size=2, wave_pause_s=60))
    assert len(released(advance(batch))) == 2
    close(batch)
    assert len(released(advance(batch))) == 1, "the wave has not ended"
    close(batch)
    assert (released(advance(batch)), batch.wave) == ([], 1)
    clock.shift(59)
    assert released(advance(batch)) == []
    clock.shift(1)
    assert (len(released(advance(batch))), batch.wave) == (2, 2)


def test_waves_without_a_pause_follow_each_other_at_once() -> None:
    batch = asks_all(connectors(3), terms=Terms(wave_size=2))
    advance(batch)
    close(batch, 2)
    assert len(released(advance(batch))) == 1


@pytest.mark.parametrize("pause_s", [0, 60])
def test_after_the_last_wave_there_is_no_next(pause_s: int) -> None:
    """Four in waves of two ended with wave 3."""
    batch = asks_all(connectors(4), terms=Terms(wave_size=2, wave_pause_s=pause_s))
    advance(batch)
    close(batch, 2)
    advance(batch)
    assert len(released(advance(batch, after=pause_s))) == 2
    close(batch, 2)
    advance(batch)
    assert (batch.status, batch.wave, batch.next_wave_at) == (BatchStatus.DONE, 2, None)


def test_jitter_spreads_what_is_released(told: Told, clock: time_machine.Traveller) -> None:
    stations = [StationFactory() for _ in range(5)]
    for station in stations:
        connect(station)
    batch = advance(asks_all(stations, "reboot", mode="idle", terms=Terms(jitter_s=60)))
    planned = [run.next_attempt_at for run in batch.runs.all()]
    assert all(at and NOON <= at <= NOON + timedelta(seconds=60) for at in planned)
    assert len(set(planned)) == 5
    sweeping.announce_waiting(now=timezone.now())
    assert told == []
    assert CommandRun.objects.open().filter(deadline_at__gt=NOON).count() == 5


def test_what_jitter_has_spread_is_announced_when_its_time_has_come(
    told: Told, clock: time_machine.Traveller, django_capture_on_commit_callbacks: Any
) -> None:
    station = StationFactory()
    connect(station)
    batch = advance(asks_all([station], "reboot", mode="idle", terms=Terms(jitter_s=60)))
    clock.shift(61)
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.announce_waiting(now=timezone.now())
    again = {"type": "command.run", "run": batch.runs.get().pk, "can_wait": True}
    assert [message for _name, message in told] == [again], "a single click goes before it"


# When


def test_a_batch_waits_for_its_time(clock: time_machine.Traveller) -> None:
    batch = asks_all(connectors(1), terms=Terms(starts_at=NOON + timedelta(hours=1)))
    assert released(advance(batch)) == []
    assert batch.status == BatchStatus.WAITING
    clock.shift(3600)
    pacing.advance()
    batch.refresh_from_db()
    assert (len(released(batch)), batch.status) == (1, BatchStatus.RUNNING)


def test_a_window_is_in_each_sites_own_time(clock: time_machine.Traveller) -> None:
    here = connectors(1, site=SiteFactory(time_zone="Europe/Ljubljana"))[0]  # 13:00
    there = connectors(1, site=SiteFactory(time_zone="America/New_York"))[0]  # 07:00
    theirs = connectors(1, organisation=OrganisationFactory(time_zone="Asia/Tokyo"))[0]  # 21:00
    batch = asks_all([here, there, theirs], terms=Terms(window_from=time(13), window_to=time(22)))
    assert released(advance(batch)) == [here.pk, theirs.pk]
    clock.shift(6 * 3600)
    assert there.pk in released(advance(batch))


def test_a_window_may_reach_over_midnight_and_says_that_it_is_waited_for(
    clock: time_machine.Traveller,
) -> None:
    batch = asks_all(connectors(1), terms=Terms(window_from=time(22), window_to=time(5)))
    assert released(advance(batch)) == []
    assert batch.status == BatchStatus.WAITING
    assert batch.summary == "Waits for 22:00 to 05:00, in each site's own time."
    clock.shift(16 * 3600)  # 04:00
    assert len(released(advance(batch))) == 1
    assert (batch.status, batch.summary) == (BatchStatus.RUNNING, "")


def test_what_has_not_begun_when_the_batch_expires_is_not_asked(
    clock: time_machine.Traveller,
) -> None:
    terms = Terms(most_open=1, expires_at=NOON + timedelta(minutes=5))
    batch = advance(asks_all(connectors(3), terms=terms))
    clock.shift(300)
    advance(batch)
    assert batch.status == BatchStatus.STOPPED
    assert batch.summary == "Its time was over before its turn came."
    assert CommandRun.objects.filter(status=RunStatus.CANCELLED).count() == 2
    assert len(released(batch)) == 1


# Failures


def test_a_batch_stops_after_so_many_failures() -> None:
    batch = advance(asks_all(connectors(5), terms=Terms(most_open=2, stop_after_failures=2)))
    close(batch, 1, RunStatus.TIMED_OUT)
    assert advance(batch).status == BatchStatus.RUNNING
    close(batch, 1, RunStatus.REFUSED)
    assert advance(batch).status == BatchStatus.STOPPED
    assert batch.summary == "Stopped: 2 have failed."
    assert CommandRun.objects.filter(status=RunStatus.CANCELLED).count() == 2


def test_a_share_of_failures_counts_once_enough_have_ended() -> None:
    # Those that could not be asked at all say nothing about how it goes.
    offline = connectors(20, connected=False)
    parts = [*connectors(13), *offline]
    batch = advance(asks_all(parts, terms=Terms(most_open=12, stop_after_percent=30)))
    close(batch, 9, RunStatus.TIMED_OUT)
    assert advance(batch).status == BatchStatus.RUNNING
    close(batch, 1)
    assert advance(batch).status == BatchStatus.STOPPED
    assert batch.summary == "Stopped: 9 of 10 have failed."


def test_few_failures_stop_nothing() -> None:
    batch = advance(asks_all(connectors(12), terms=Terms(stop_after_percent=30)))
    close(batch, 2, RunStatus.TIMED_OUT)
    close(batch, 9)
    assert advance(batch).status == BatchStatus.RUNNING


# The end, and what changes meanwhile


def test_a_batch_is_done_when_all_of_it_has_ended() -> None:
    batch = advance(asks_all(connectors(2)))
    close(batch, 2)
    advance(batch)
    assert batch.status == BatchStatus.DONE
    assert batch.ended_at is not None
    assert pacing.advance() == set()


def test_a_batch_of_which_nothing_can_be_asked_is_done_at_once() -> None:
    batch = advance(asks_all(connectors(2, connected=False)))
    assert batch.status == BatchStatus.DONE


def test_what_changed_since_it_was_asked_is_seen_when_its_turn_comes() -> None:
    gone, closed, good, deleted = connectors(4)
    batch = asks_all([gone, closed, good, deleted])
    gone.station.connected_at = None
    gone.station.disconnected_at = timezone.now() - timedelta(minutes=3)
    gone.station.save()
    Connector.objects.filter(pk=closed.pk).update(operational_status=OperationalStatus.CLOSED)
    run = batch.runs.get(connector=deleted)
    deleted.delete()
    assert released(advance(batch)) == [good.pk]
    assert batch.runs.get(connector=gone).status == RunStatus.NOT_CONNECTED
    assert batch.runs.get(connector=closed).status == RunStatus.REFUSED
    assert (fresh(run).status, fresh(run).summary) == (
        RunStatus.FAILED,
        "What it was aimed at is gone.",
    )


def test_stations_that_are_offline_are_asked_when_they_connect(
    clock: time_machine.Traveller,
) -> None:
    here, away = connectors(1)[0], connectors(1, connected=False)[0]
    batch = asks_all([here, away], terms=Terms(waits_until=NOON + timedelta(days=1)))
    assert released(advance(batch)) == [here.pk]
    assert batch.runs.get(connector=away).waits_for_station
    connect(away.station)
    assert released(advance(batch)) == [here.pk, away.pk]


def test_a_station_that_leaves_before_its_turn_is_waited_for_too() -> None:
    (part,) = connectors(1)
    batch = asks_all([part], terms=Terms(waits_until=timezone.now() + timedelta(days=1)))
    part.station.connected_at = None
    part.station.save()
    assert released(advance(batch)) == []
    assert batch.runs.get().waits_for_station
    assert batch.runs.get().status == RunStatus.QUEUED


def test_a_station_that_was_cut_off_for_a_moment_is_asked_all_the_same(
    clock: time_machine.Traveller,
) -> None:
    parts = connectors(3)
    sockets = [connect(part.station) for part in parts]
    batch = advance(asks_all(parts, terms=Terms(most_open=2)))
    for socket in sockets:
        closes(socket, code=None)
    assert released(advance(batch)) == []
    assert {run.waits_for_station for run in batch.runs.all()} == {True}
    connect(parts[1].station)
    assert released(advance(batch)) == [parts[1].pk]
    clock.shift(121)
    advance(batch)
    assert batch.runs.get(connector=parts[0]).status == RunStatus.NOT_CONNECTED
    assert batch.runs.get(connector=parts[2]).summary == "The station did not connect in time."


def test_what_was_not_sent_of_a_cancelled_batch_is_not_held_again() -> None:
    from operations.services import batches

    (part,) = connectors(1)
    socket = connect(part.station)
    batch = advance(asks_all([part]))
    batches.cancel_rest(batch=batch, user=None)
    closes(socket, code=None)
    assert batch.runs.get().status == RunStatus.NOT_CONNECTED
    assert advance(batch).ended_at is not None


def test_a_wake_up_that_was_lost_is_made_good() -> None:
    (part,) = connectors(1)
    asks_all([part])
    CommandRun.objects.update(waits_for_station=True)
    pacing.wake_connected()
    assert not CommandRun.objects.get().waits_for_station


def test_stations_that_do_not_connect_in_time_are_not_asked(
    clock: time_machine.Traveller,
) -> None:
    batch = asks_all(
        connectors(3, connected=False), terms=Terms(waits_until=NOON + timedelta(hours=1))
    )
    assert advance(batch).status == BatchStatus.RUNNING
    clock.shift(3601)
    advance(batch)
    assert {run.summary for run in batch.runs.all()} == {"The station did not connect in time."}
    assert batch.status == BatchStatus.DONE


def test_connecting_costs_one_query_where_nothing_waits(django_assert_num_queries: Any) -> None:
    (part,) = connectors(1)
    with django_assert_num_queries(1):
        connections.wake_waiting(station_pks=[part.station.pk])


def test_an_attempt_that_failed_keeps_its_place_and_has_a_plan() -> None:
    parts = connectors(2)
    connection = connect(parts[0].station)
    batch = advance(asks_all(parts, terms=Terms(most_open=1, attempts=3, backoff_s=40)))
    run = batch.runs.get(connector=parts[0])
    claim(run, connection)
    CommandRun.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    sweeping.expire_due(now=timezone.now())
    run = fresh(run)
    assert run.status == RunStatus.QUEUED
    assert run.next_attempt_at is not None
    assert 39 <= (run.next_attempt_at - timezone.now()).total_seconds() <= 60
    assert released(advance(batch)) == [parts[0].pk]


def test_a_step_back_to_the_queue_nudges_and_a_sending_does_not(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from operations.services import transitions

    nudged: list[int] = []
    monkeypatch.setattr(transitions.pacer, "nudge", nudged.append)
    (part,) = connectors(1)
    connection = connect(part.station)
    batch = advance(asks_all([part]))
    with django_capture_on_commit_callbacks(execute=True):
        claim(batch.runs.get(), connection)
    assert nudged == []
    with django_capture_on_commit_callbacks(execute=True):
        answer(batch.runs.get(), "Rejected")
    assert nudged == [batch.pk]
    assert RunTransition.objects.filter(run__batch=batch).count() == 3
    assert Connection.objects.count() == 1
