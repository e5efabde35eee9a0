"""The writer: what sockets hand over is committed, each piece on its own merits, and reported."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from ocpp_gateway import writer as writing
from ocpp_gateway.writer import Failed, Many, Writer
from operations.events import ConnectorStatusReported, Event, MessageHeard, Told
from operations.models import Connector, OcppMessage, Station
from operations.services import messages, reports
from operations.statuses import ChargingStatus
from tests.e2e.asking import eventually
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    """Not started yet, so that what a test hands over makes one batch."""
    writer = Writer()
    yield writer
    await asyncio.to_thread(writer.stop)


@pytest.fixture
def station(transactional_db: None) -> Station:
    station: Station = StationFactory()
    return station


class Desk:
    """Hands work to a writer, and keeps what came of it in the order it came."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._came: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def tells(self, name: str, station_pk: int, event: Event) -> None:
        now = timezone.now()

        def conclude(answer: Any) -> tuple[str, OcppMessage]:
            row = OcppMessage(
                station_id=station_pk, is_from_station=True, unique_id=name, called_at=now
            )
            return f"answer to {name}", row

        self._writer.record(Told(station_pk, event, now), conclude, self._done(name))

    def asks(self, name: str, service: Callable[[], Any]) -> None:
        self._writer.call(service, self._done(name))

    def wants(self, name: str, service: Many, item: Any, **how_soon: bool) -> None:
        self._writer.gather(service, item, self._done(name), **how_soon)

    def _done(self, name: str) -> Callable[[Any], None]:
        return lambda result: self._came.put_nowait((name, result))

    async def gets(self, count: int) -> dict[str, Any]:
        """So many results, and no more."""
        async with asyncio.timeout(10):
            came = [await self._came.get() for _ in range(count)]
        assert self._came.empty()
        return dict(came)


def status(number: int, said: ChargingStatus = ChargingStatus.AVAILABLE) -> Event:
    return ConnectorStatusReported(number, said, timezone.now())


def start(writer: Writer) -> None:
    writer.start(asyncio.get_running_loop())


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


async def test_what_comes_in_one_turn_of_the_loop_is_done_together(
    writer: Writer, transactional_db: None
) -> None:
    """However quick the thread is: it hears of all at once, when the turn is over."""
    desk, rounds = Desk(writer), []

    def note(names: Sequence[str]) -> Sequence[str]:
        rounds.append(list(names))
        return names

    start(writer)
    desk.wants("first", note, "first")
    await desk.gets(1)
    names = [f"{number}" for number in range(100)]
    for name in names:
        desk.wants(name, note, name)
        time.sleep(0.0001)  # noqa: ASYNC251  the thread could begin, had it heard
    await desk.gets(100)
    assert rounds[1:] == [names]


async def test_what_is_urgent_overtakes_what_waits(writer: Writer, transactional_db: None) -> None:
    desk, order = Desk(writer), []

    def note(names: Sequence[str]) -> Sequence[str]:
        order.append(list(names))
        return names

    desk.wants("batch", note, "batch")
    desk.wants("click", note, "click", is_urgent=True)
    start(writer)
    await desk.gets(2)
    assert order == [["click"], ["batch"]]


async def test_what_is_one_of_many_waits_for_company(
    writer: Writer, transactional_db: None
) -> None:
    desk, rounds = Desk(writer), []

    def note(names: Sequence[str]) -> Sequence[str]:
        rounds.append(list(names))
        return names

    start(writer)
    for name in ("first", "second", "third"):
        desk.wants(name, note, name, can_wait=True)
    await desk.gets(3)
    assert rounds == [["first", "second", "third"]]
    desk.wants("last", note, "last", can_wait=True)
    await asyncio.to_thread(writer.stop)  # nothing is left behind
    assert rounds[1:] == [["last"]]


async def test_who_clicks_waits_for_a_short_transaction_however_much_waits(
    writer: Writer, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the way to what 50 ms hold, each time; and all the way back when it goes fast again."""
    now = 0.0
    sizes: list[int] = []

    def dear(items: Sequence[float]) -> Sequence[float]:
        nonlocal now
        now += sum(items)
        sizes.append(len(items))
        return items

    monkeypatch.setattr(writing.time, "perf_counter", lambda: now)
    desk = Desk(writer)
    for number in range(2000):
        desk.wants(f"slow {number}", dear, 0.001)
    for number in range(1500):
        desk.wants(f"fast {number}", dear, 0.000_01)
    start(writer)
    await desk.gets(3500)
    assert sizes[:6] == [500, 275, 162, 106, 78, 64]
    assert max(sizes[6:]) == 500


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
