"""What time does: every deadline ends a run, or moves it on."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection as connection_to_database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import (
    BatchSchedule,
    CommandBatch,
    CommandRun,
    Connection,
    Connector,
    LocalList,
    Node,
    Station,
    StationList,
)
from operations.services import sweeping
from operations.services.live import switchboard
from operations.services.local_lists import syncing
from operations.services.runs import Options
from operations.statuses import ChargingStatus, RunStatus
from tests.domain.asked import answer, ask, claim, closes, connect, fresh, history, overdue
from tests.domain.telling import reports_status
from tests.factories import OrganisationFactory, RunFactory, StationFactory

pytestmark = pytest.mark.django_db

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What sockets were told."""
    heard: Told = []
    monkeypatch.setattr(switchboard, "tell", lambda name, message: heard.append((name, message)))
    return heard


def expire(*overdue_runs: CommandRun) -> None:
    for run in overdue_runs:
        overdue(run)
    sweeping.expire_due(now=timezone.now())


def test_a_sweep_never_walks_all_runs(connector: Connector) -> None:
    RunFactory.create_batch(30, status=RunStatus.DONE, closed_at=timezone.now())
    waiting = ask(connector, "unlock")
    released_at = timezone.now() - timedelta(seconds=30)
    CommandRun.objects.filter(pk=waiting.pk).update(released_at=released_at)
    with connection_to_database.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection_to_database) as asked:
        sweeping.sweep()
    about_runs = [each["sql"] for each in asked if "operations_commandrun" in each["sql"]]
    assert len(about_runs) >= 4
    if connection_to_database.vendor == "sqlite":
        with connection_to_database.cursor() as cursor:
            for sql in about_runs:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                steps = [step[-1] for step in cursor.fetchall()]
                assert not any(step.startswith("SCAN operations_commandrun") for step in steps)


def made_due_by(make: Callable[[datetime], object], at: datetime) -> bool:
    """Whether a sweep does more than to ask if anything is due, with only this to be done."""
    sweeping.sweep()  # its own row is there from now on
    make(at)
    with CaptureQueriesContext(connection_to_database) as asked:
        sweeping.sweep()
    about_work = [each["sql"] for each in asked if "operations_node" not in each["sql"]]
    assert about_work
    return len(about_work) > 1


def test_a_sweep_with_nothing_to_do_asks_one_thing(connector: Connector) -> None:
    assert not made_due_by(
        lambda at: RunFactory(status=RunStatus.DONE, closed_at=at), timezone.now()
    )


ALL_THAT_FALLS_DUE: dict[str, Callable[[datetime], object]] = {
    "a run's deadline": lambda at: RunFactory(status=RunStatus.SENT, deadline_at=at),
    "a released run's announcement": lambda at: RunFactory(
        station=StationFactory(connected=False), released_at=at - sweeping.ANNOUNCE_AFTER
    ),
    "a schedule": lambda at: BatchSchedule.objects.create(
        command="unlock", at=time(3), created_at=at, next_at=at
    ),
    "a batch's next look": lambda at: CommandBatch.objects.create(
        command="unlock", created_at=at, looks_at=at
    ),
    "a changed list": lambda at: LocalList.objects.create(
        name="Ours", organisation=OrganisationFactory(), stale_at=at - syncing.QUIET
    ),
    "a list's expiring token": lambda at: LocalList.objects.create(
        name="Ours", organisation=OrganisationFactory(), next_expiry_at=at
    ),
    "a station's list": lambda at: StationList.objects.create(
        station=StationFactory(connected=False), next_sync_at=at
    ),
}


@pytest.mark.parametrize("what", ALL_THAT_FALLS_DUE)
def test_a_sweep_begins_when_something_is_due_and_not_before(what: str) -> None:
    make, now = ALL_THAT_FALLS_DUE[what], timezone.now()
    assert not made_due_by(make, now + timedelta(minutes=1))
    LocalList.objects.all().delete()
    assert made_due_by(make, now)


def test_a_new_batch_is_looked_at_at_once() -> None:
    assert made_due_by(
        lambda at: CommandBatch.objects.create(command="unlock", created_at=at), timezone.now()
    )


def test_what_is_not_due_is_left_alone(connector: Connector) -> None:
    run = ask(connector, "unlock")
    sweeping.expire_due(now=timezone.now())
    assert history(run) == ["queued"]


def test_a_run_that_waits_too_long_for_its_turn_is_not_sent(connector: Connector) -> None:
    run = ask(connector, "unlock")
    expire(run)
    assert fresh(run).status == RunStatus.TIMED_OUT
    assert fresh(run).summary == "The station was busy too long; the request was not sent."


def test_a_run_that_waits_too_long_for_its_station_is_not_sent() -> None:
    run = RunFactory(station=StationFactory(connected=False), next_attempt_at=timezone.now())
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONNECTED
    assert "did not come back" in fresh(run).summary


def test_no_answer_in_time_is_said(connector: Connector, connection: Connection) -> None:
    run = ask(connector, "unlock", options=Options(answer_timeout_s=7))
    claim(run, connection)
    expire(run)
    assert fresh(run).status == RunStatus.TIMED_OUT
    assert fresh(run).summary == "The station did not answer within 7 s."
    assert fresh(run).closed_at is not None


def test_no_answer_in_time_but_the_effect_is_done(
    connector: Connector, connection: Connection
) -> None:
    run = ask(connector, "change-availability", availability="off")
    claim(run, connection)
    reports_status(connector.station, 1, ChargingStatus.UNAVAILABLE, at=timezone.now())
    expire(run)
    assert fresh(run).status == RunStatus.DONE
    assert fresh(run).summary.startswith("The station never answered, but: Connector 1")


def test_no_answer_in_time_is_asked_again_where_that_is_safe(
    connector: Connector, connection: Connection, told: Told
) -> None:
    run = ask(connector, "change-availability", availability="off", options=Options(max_attempts=2))
    claim(run, connection)
    expire(run)
    assert fresh(run).status == RunStatus.QUEUED
    sweeping.announce_waiting(now=timezone.now())
    assert told == [], "its time has not come"
    claim(run, connection)
    expire(run)
    assert fresh(run).status == RunStatus.TIMED_OUT


def accepted(part: Any, connection: Connection, slug: str, **params: Any) -> CommandRun:
    run = ask(part, slug, **params)
    claim(run, connection)
    answer(run, "Accepted")
    assert fresh(run).status == RunStatus.ACCEPTED
    return run


def test_an_effect_that_does_not_show_is_asked_for_once(
    connector: Connector,
    connection: Connection,
    told: Told,
    django_capture_on_commit_callbacks: Any,
) -> None:
    run = accepted(connector, connection, "change-availability", availability="off")
    with django_capture_on_commit_callbacks(execute=True):
        expire(run)
    assert told == [("ch", {"type": "command.nudge", "run": run.pk})]
    assert fresh(run).status == RunStatus.ACCEPTED
    assert (fresh(run).deadline_at or timezone.now()) > timezone.now()
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert "the effect was not seen within" in fresh(run).summary
    assert len(told) == 1


def test_an_effect_another_sweeper_has_just_asked_for_is_waited_for(
    connector: Connector, connection: Connection, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    run = accepted(connector, connection, "change-availability", availability="off")
    of_run = sweeping.targets.of_run

    def meanwhile(swept: CommandRun) -> Any:
        CommandRun.objects.filter(pk=run.pk).update(nudged_at=timezone.now())
        return of_run(swept)

    monkeypatch.setattr(sweeping.targets, "of_run", meanwhile)
    expire(run)
    assert fresh(run).status == RunStatus.ACCEPTED
    assert told == []


def test_a_station_that_is_gone_is_asked_for_nothing_more(
    connector: Connector, connection: Connection
) -> None:
    run = accepted(connector, connection, "change-availability", availability="off")
    Station.objects.update(connected_at=None)
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED


def test_a_reboot_that_does_not_show_cannot_be_asked_for(
    connector: Connector, connection: Connection
) -> None:
    run = accepted(connector.station, connection, "reboot", mode="idle")
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED


def test_a_station_that_fell_silent_and_never_booted_is_told_apart(
    connector: Connector, connection: Connection
) -> None:
    run = ask(connector.station, "reboot", mode="now")
    claim(run, connection)
    closes(connection, code=None)
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert "without an answer and did not boot in time" in fresh(run).summary


def test_a_scheduled_change_that_never_comes_ends_too(
    connector: Connector, connection: Connection
) -> None:
    run = ask(connector, "change-availability", availability="off")
    claim(run, connection)
    answer(run, "Scheduled")
    expire(run)
    expire(run)
    assert fresh(run).status == RunStatus.NOT_CONFIRMED


def test_what_waits_is_announced_again_once_it_has_waited_a_moment(
    connector: Connector,
    connection: Connection,
    told: Told,
    django_capture_on_commit_callbacks: Any,
) -> None:
    long_ago = timezone.now() - timedelta(seconds=30)
    forgotten = RunFactory(station=connector.station, created_at=long_ago)
    RunFactory(station=connector.station)
    RunFactory(
        station=connector.station,
        created_at=long_ago,
        next_attempt_at=timezone.now() + timedelta(seconds=5),
    )
    RunFactory(station=StationFactory(connected=False), created_at=long_ago)
    RunFactory(station=StationFactory(), created_at=long_ago)  # no socket's row
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.announce_waiting(now=timezone.now())
    assert told == [("ch", {"type": "command.run", "run": forgotten.pk})]


def test_what_was_asked_while_the_station_went_ends(connector: Connector) -> None:
    """It was on its way for two minutes, and sent if the station came back meanwhile."""
    connection = connect(connector.station)
    run, retried = ask(connector, "unlock"), ask(connector, "change-availability")
    CommandRun.objects.filter(pk=retried.pk).update(next_attempt_at=timezone.now())
    Connection.objects.filter(pk=connection.pk).update(closed_at=timezone.now())
    Station.objects.update(connected_at=None)
    sweeping.drop_unreachable(now=timezone.now())
    assert fresh(run).status == RunStatus.QUEUED, "the connection itself may be at it"
    sweeping.drop_unreachable(now=timezone.now() + timedelta(seconds=2))
    assert fresh(run).status == RunStatus.NOT_CONNECTED
    assert fresh(retried).status == RunStatus.QUEUED, "it is asked again when it comes back"


def test_a_sweep_does_all_that_is_due(connector: Connector, told: Told) -> None:
    run = ask(connector, "unlock")
    overdue(run)
    sweeping.sweep()
    assert fresh(run).status == RunStatus.TIMED_OUT


def test_a_sweep_buries_the_dead_once_it_has_watched_for_a_lease(connector: Connector) -> None:
    now = timezone.now()
    connections = sweeping.connections
    connections.start_node(name="node-1", is_alone=False)
    connect(connector.station)
    Node.objects.update(renewed_at=now - timedelta(minutes=1))
    sweeping.sweep()
    connector.station.refresh_from_db()
    assert connector.station.is_connected
    Node.objects.filter(name=connections.SWEEPER).update(started_at=now - timedelta(minutes=1))
    sweeping.sweep()
    connector.station.refresh_from_db()
    assert not connector.station.is_connected
