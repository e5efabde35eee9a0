"""The engine: no limit is ever exceeded, and what is due is done."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.models import CommandBatch, CommandRun
from operations.services import outcomes, pacing, sweeping
from operations.services.live import switchboard
from operations.services.terms import Terms
from operations.statuses import BatchStatus, CountsUntil, RunStatus
from tests.domain.asked import answer, claim, connect, fresh
from tests.domain.batching import advance, asks_all, close, connectors, released
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
