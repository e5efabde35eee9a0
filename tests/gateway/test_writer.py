"""The writer: what sockets hand over is committed, each piece on its own merits, and reported."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from ocpp_gateway import writer as writing
from ocpp_gateway.writer import Failed, Writer
from operations.events import MessageHeard
from operations.models import Connector, OcppMessage, Station
from operations.services import messages, reports
from operations.statuses import ChargingStatus
from tests.e2e.asking import eventually
from tests.factories import StationFactory
from tests.gateway.desk import Desk, start, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def station(transactional_db: None) -> Station:
    station: Station = StationFactory()
    return station


def line(station: Station, name: str) -> OcppMessage:
    """A finished exchange for the message log."""
    return OcppMessage(
        station=station, is_from_station=True, unique_id=name, called_at=timezone.now()
    )


@sync_to_async
def logged() -> list[str]:
    return list(OcppMessage.objects.order_by("pk").values_list("unique_id", flat=True))


@sync_to_async
def statuses() -> dict[int, str]:
    return dict(Connector.objects.values_list("number", "charging_status"))


async def test_what_is_recorded_is_committed_before_it_is_answered(
    writer: Writer, station: Station
) -> None:
    desk = Desk(writer)
    start(writer)
    desk.tells("a", station.pk, status(1))
    assert await desk.gets(1) == {"a": "answer to a"}
    assert await statuses() == {1: "Available"}
    assert await logged() == ["a"]


async def test_what_one_station_tells_is_recorded_in_its_order(
    writer: Writer, station: Station
) -> None:
    desk = Desk(writer)
    told = [ChargingStatus.PREPARING, ChargingStatus.CHARGING, ChargingStatus.FINISHING]
    for number, said in enumerate(told):
        desk.tells(f"{number}", station.pk, status(1, said))
    start(writer)
    assert list(await desk.gets(3)) == ["0", "1", "2"]
    assert await statuses() == {1: "Finishing"}


async def test_a_piece_that_fails_hurts_nobody_else_in_its_batch(
    writer: Writer, station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(writer)
    desk.tells("good", station.pk, status(1))
    desk.tells("no such station", station.pk + 1, status(1))
    desk.asks("bad service", lambda: 1 / 0)
    desk.asks("good service", lambda: Station.objects.get().pk)
    desk.tells("also good", station.pk, status(2))
    start(writer)
    results = await desk.gets(5)
    assert results["good"] == "answer to good"
    assert results["also good"] == "answer to also good"
    assert results["good service"] == station.pk
    assert isinstance(results["no such station"], Failed)
    assert isinstance(results["bad service"].error, ZeroDivisionError)
    assert await statuses() == {1: "Available", 2: "Available"}
    assert await logged() == ["good", "also good"]
    assert caplog.text.count("could not be recorded") == 2


async def test_what_wants_the_same_service_is_done_together_unless_it_fails(
    writer: Writer, transactional_db: None
) -> None:
    rounds: list[list[int]] = []

    def double(numbers: Sequence[int]) -> list[int]:
        rounds.append(list(numbers))
        if 13 in numbers:
            raise ValueError(numbers)
        return [2 * number for number in numbers]

    desk = Desk(writer)
    for number in (1, 2, 3):
        desk.wants(f"{number}", double, number)
    start(writer)
    assert await desk.gets(3) == {"1": 2, "2": 4, "3": 6}
    assert rounds == [[1, 2, 3]]
    await asyncio.to_thread(writer.stop)
    for number in (13, 4):
        desk.wants(f"{number}", double, number)
    start(writer)
    results = await desk.gets(2)
    assert results["4"] == 8
    assert isinstance(results["13"], Failed)


async def test_who_cannot_take_the_result_keeps_nobody_from_theirs(
    writer: Writer, station: Station
) -> None:
    loop, blamed = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _loop, context: blamed.append(context["exception"]))
    desk = Desk(writer)

    def fails(_result: Any) -> None:
        raise ConnectionError

    writer.call(lambda: 1, fails)
    desk.tells("b", station.pk, status(1))
    start(writer)
    assert await desk.gets(1) == {"b": "answer to b"}
    assert [type(error) for error in blamed] == [ConnectionError]


def failing(times: int, error: type[Exception] = OperationalError) -> Callable[..., Any]:
    """The real recording, which fails so often first."""
    record, tries = reports.record, iter(range(times))

    def fail_first(*args: Any) -> Any:
        if next(tries, None) is not None:
            raise error("database is locked")
        return record(*args)

    return fail_first


async def test_a_database_that_is_locked_for_a_moment_is_waited_for(
    writer: Writer, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "RETRY_S", 0.001)
    monkeypatch.setattr(reports, "record", failing(3))
    desk = Desk(writer)
    desk.tells("a", station.pk, status(1))
    start(writer)
    assert await desk.gets(1) == {"a": "answer to a"}
    assert await logged() == ["a"], "and not four times"


async def test_a_database_that_stays_away_is_an_error_and_is_used_again_when_it_is_back(
    writer: Writer,
    station: Station,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(writing, "RETRY_S", 0.001)
    monkeypatch.setattr(writing, "PATIENCE_S", 0.0)
    monkeypatch.setattr(reports, "record", failing(2))
    desk = Desk(writer)
    desk.tells("a", station.pk, status(1))
    desk.asks("b", lambda: 1)
    writer.log(line(station, "z"))
    start(writer)
    results = await desk.gets(2)
    assert {type(result) for result in results.values()} == {Failed}
    assert "the database does not answer" in caplog.text
    monkeypatch.setattr(writing, "PATIENCE_S", 5.0)
    desk.tells("c", station.pk, status(2))
    assert await desk.gets(1) == {"c": "answer to c"}
    # A log line that nobody else has is written once the database is back.
    await eventually(lambda: OcppMessage.objects.filter(unique_id="z").exists())


async def test_an_answer_can_be_awaited_and_so_can_an_error(
    writer: Writer, station: Station
) -> None:
    start(writer)
    assert await writer.ask(lambda: Station.objects.get().pk) == station.pk
    with pytest.raises(IntegrityError):
        await writer.ask(lambda: Station.objects.create(identity=station.identity))


async def test_who_stops_waiting_is_not_missed(writer: Writer, station: Station) -> None:
    impatient = writer.ask(lambda: 1)
    impatient.cancel()
    start(writer)
    assert await writer.ask(lambda: 2) == 2


async def test_stopping_writes_what_waits(writer: Writer, station: Station) -> None:
    desk = Desk(writer)
    desk.tells("a", station.pk, status(1))
    writer.log(line(station, "z"))
    start(writer)
    await asyncio.to_thread(writer.stop)
    assert sorted(await logged()) == ["a", "z"]
    assert await desk.gets(1) == {"a": "answer to a"}


async def test_log_lines_are_written_without_being_waited_for(
    writer: Writer, station: Station
) -> None:
    start(writer)
    for name in ("x", "y"):
        writer.log(line(station, name))
    await eventually(lambda: OcppMessage.objects.count() == 2)


async def test_a_log_line_that_cannot_be_written_costs_only_itself(
    writer: Writer,
    station: Station,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = messages.log

    def picky(rows: list[OcppMessage]) -> None:
        if any(row.unique_id == "bad" for row in rows):
            raise ValueError("a half of a surrogate pair")
        log(rows)

    monkeypatch.setattr(messages, "log", picky)
    for name in ("x", "bad", "y"):
        writer.log(line(station, name))
    desk = Desk(writer)
    desk.tells("a", station.pk, MessageHeard("DataTransfer"))
    start(writer)
    assert await desk.gets(1) == {"a": "answer to a"}
    assert sorted(await logged()) == ["a", "x", "y"]
    assert "a message could not be logged" in caplog.text


async def test_a_writer_with_too_much_to_do_says_so(
    writer: Writer, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 2)
    desk = Desk(writer)
    desk.asks("a", lambda: 1)
    assert not writer.is_full
    desk.asks("b", lambda: 2)
    assert writer.is_full
    start(writer)
    await desk.gets(2)
    assert not writer.is_full


async def test_a_closed_loop_wants_no_results(writer: Writer, station: Station) -> None:
    other = asyncio.new_event_loop()
    writer.start(other)
    other.close()
    desk = Desk(writer)
    desk.tells("a", station.pk, status(1))
    await asyncio.to_thread(writer.stop)
    assert await logged() == ["a"]
    assert await desk.gets(0) == {}
