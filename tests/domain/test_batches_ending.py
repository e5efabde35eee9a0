"""When a batch stops, what may change meanwhile, and how it ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from operations.models import CommandRun, Connection, Connector, RunTransition
from operations.services import connections, pacing, sweeping
from operations.services.terms import Terms
from operations.statuses import BatchStatus, OperationalStatus, RunStatus
from tests.domain.asked import answer, claim, closes, connect, fresh
from tests.domain.batching import advance, asks_all, close, connectors, released

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


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
