"""What grows with time goes once it is old, but nothing that something open needs."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import (
    AlertDelivery,
    CommandBatch,
    CommandRun,
    Connection,
    MeterReading,
    OcppMessage,
    ReceivedFile,
    RunTransition,
    Session,
    SettingChange,
    Station,
    StationEvent,
    StationList,
    StationReport,
)
from operations.models.alerts import DeliveryStatus
from operations.models.settings import ChangeOutcome
from operations.services import chunks, pruning
from operations.statuses import BatchStatus, RunStatus, SessionStatus
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    MessageFactory,
    RunFactory,
    StationFactory,
)

pytestmark = pytest.mark.django_db
DAYS = 10


@pytest.fixture(autouse=True)
def kept_for_days(settings: Settings) -> None:
    for name in ("SESSIONS", "REQUESTS", "CONNECTIONS", "EVENTS", "ALERTS", "DELIVERIES", "AUDIT"):
        setattr(settings, f"EVCHARGE_{name}_DAYS", DAYS)


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


OLD, NEW = DAYS + 1, DAYS - 1


def ended(days: float, **fields: Any) -> CommandRun:
    values = {"status": RunStatus.DONE, "created_at": ago(days), "closed_at": ago(days)}
    run: CommandRun = RunFactory(**{**values, **fields})
    return run


def batch(days: float | None) -> CommandBatch:
    return CommandBatch.objects.create(
        command="reboot",
        created_at=ago(OLD),
        ended_at=None if days is None else ago(days),
        status=BatchStatus.RUNNING if days is None else BatchStatus.DONE,
    )


def session(station: Station, days: float, **fields: Any) -> Session:
    values = {"started_at": ago(days), "ended_at": ago(days), "status": SessionStatus.ENDED}
    made = Session.objects.create(station=station, **{**values, **fields})
    for _number in range(3):
        MeterReading.objects.create(
            station=station, session=made, connector_number=1, at=ago(0), samples=[]
        )
    return made


def connected(station: Station, days: float | None) -> Connection:
    return Connection.objects.create(
        station=station,
        epoch=station.connections.count() + 1,
        opened_at=ago(OLD),
        last_seen_at=ago(OLD),
        closed_at=None if days is None else ago(days),
    )


def test_ended_requests_go_with_their_steps_but_messages_stay() -> None:
    old, new = ended(OLD), ended(NEW)
    message = MessageFactory(station=old.station, run=old)
    assert pruning.prune() is False
    assert list(CommandRun.objects.all()) == [new]
    assert {step.run for step in RunTransition.objects.all()} == {new}
    assert OcppMessage.objects.get(pk=message.pk).run is None


def test_requests_that_something_needs_stay() -> None:
    followed = AlertFactory(follow_up_run=ended(OLD)).follow_up_run
    with_file = ended(OLD)
    ReceivedFile.objects.create(
        run=with_file,
        station=with_file.station,
        started_at=ago(OLD),
        heard_at=ago(OLD),
        expires_at=ago(-1),
    )
    of_list = ended(OLD)
    StationList.objects.create(station=of_list.station, run=of_list)
    waiting = RunFactory(status=RunStatus.SCHEDULED, created_at=ago(OLD))
    ended(OLD)
    pruning.prune()
    assert set(CommandRun.objects.all()) == {followed, with_file, of_list, waiting}


def test_batches_go_as_a_whole() -> None:
    over, recent, running = batch(OLD), batch(NEW), batch(None)
    kept = [ended(OLD, batch=one) for one in (recent, running)]
    ended(OLD, batch=over)
    assert pruning.prune() is False
    assert set(CommandBatch.objects.all()) == {recent, running}
    assert set(CommandRun.objects.all()) == set(kept)


def test_a_batch_stays_while_one_of_its_requests_does() -> None:
    over = batch(OLD)
    ended(OLD, batch=over)
    StationList.objects.create(station=StationFactory(), run=ended(OLD, batch=over))
    pruning.prune()
    assert CommandBatch.objects.get() == over
    assert CommandRun.objects.count() == 1


def test_what_is_needed_is_not_looked_at_for_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "FIRST_CHUNK", 2)
    monkeypatch.setattr(chunks, "LEAST_CHUNK", 2)
    monkeypatch.setattr(chunks, "MOST_CHUNK", 2)
    moment = ago(OLD)
    for _number in range(5):
        ended(OLD, closed_at=moment)
    needed = StationList.objects.create(station=StationFactory(), run=ended(OLD)).run
    ended(OLD)
    with CaptureQueriesContext(connection) as queries:
        assert pruning.prune() is False
    assert list(CommandRun.objects.all()) == [needed]
    deletions = 'DELETE FROM "operations_commandrun"'
    assert sum(query["sql"].startswith(deletions) for query in queries) == 3


def test_sessions_stay_for_ever_unless_it_is_said(settings: Settings) -> None:
    settings.EVCHARGE_SESSIONS_DAYS = 0
    session(StationFactory(), 9_999)
    pruning.prune()
    assert Session.objects.count() == 1


def test_ended_sessions_go_with_their_readings() -> None:
    station = StationFactory()
    session(station, OLD)
    new = session(station, NEW)
    running = session(station, OLD, ended_at=None, status=SessionStatus.RUNNING)
    # The station's clock stands in 1970.
    misdated = session(station, 20_000, heard_at=ago(1))
    assert pruning.prune() is False
    assert set(Session.objects.all()) == {new, running, misdated}
    assert MeterReading.objects.count() == 9


def test_the_readings_of_a_session_go_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_CHUNK", "LEAST_CHUNK", "MOST_CHUNK"):
        monkeypatch.setattr(chunks, name, 2)
    session(StationFactory(), OLD)
    with CaptureQueriesContext(connection) as queries:
        pruning.prune()
    deletions = 'DELETE FROM "operations_meterreading"'
    assert sum(query["sql"].startswith(deletions) for query in queries) >= 2
    assert not Session.objects.exists()


def test_closed_connections_go() -> None:
    station, other = StationFactory(), StationFactory()
    connected(station, OLD)
    kept = {connected(station, NEW), connected(station, None)}
    # Its answer is still waited for.
    asked = connected(other, OLD)
    RunFactory(station=other, status=RunStatus.SCHEDULED, connection=asked)
    pruning.prune()
    assert set(Connection.objects.all()) == kept | {asked}


def test_notifications_of_alerts_that_still_hold_stay() -> None:
    def sent(*, is_open: bool) -> AlertDelivery:
        delivery: AlertDelivery = AlertDeliveryFactory(
            status=DeliveryStatus.SENT, created_at=ago(OLD)
        )
        delivery.alerts.set([AlertFactory(is_open=is_open, opened_at=ago(OLD))])
        return delivery

    sent(is_open=False)
    holds = sent(is_open=True)
    pruning.prune()
    assert list(AlertDelivery.objects.all()) == [holds]


def test_what_stations_told_goes() -> None:
    station = StationFactory()
    for days in (OLD, NEW):
        StationEvent.objects.create(station=station, kind="log", at=ago(99), heard_at=ago(days))
        StationReport.objects.create(
            station=station, kind="x", request_id=1, started_at=ago(days), updated_at=ago(days)
        )
        SettingChange.objects.create(
            station=station, key="a", outcome=ChangeOutcome.CONFIRMED, at=ago(days)
        )
    pruning.prune()
    assert StationEvent.objects.get().heard_at > ago(DAYS)
    assert StationReport.objects.get().started_at > ago(DAYS)
    assert SettingChange.objects.get().at > ago(DAYS)


def test_what_takes_longer_goes_on_in_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ended(OLD)
    monkeypatch.setattr(pruning, "BUDGET_S", -1.0)
    assert pruning.prune() is True
    assert CommandRun.objects.exists()
