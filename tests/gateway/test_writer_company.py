"""The writer: what goes into one transaction, what waits for company, and what overtakes."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ocpp_gateway import writer as writing
from ocpp_gateway.writer import Many, Writer
from operations.events import Told
from operations.services import reports
from operations.services.live import Changes
from tests.factories import StationFactory
from tests.gateway.desk import Desk, start, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rounds() -> list[list[str]]:
    """What `note` is asked, transaction by transaction."""
    return []


@pytest.fixture
def note(rounds: list[list[str]]) -> Many:
    def note_all(names: Sequence[str]) -> Sequence[str]:
        rounds.append(list(names))
        return names

    return note_all


async def test_what_comes_in_one_turn_of_the_loop_is_done_together(
    writer: Writer, note: Many, rounds: list[list[str]], transactional_db: None
) -> None:
    """However quick the thread is: it hears of all at once, when the turn is over."""
    desk = Desk(writer)
    start(writer)
    desk.wants("first", note, "first")
    await desk.gets(1)
    names = [f"{number}" for number in range(100)]
    for name in names:
        desk.wants(name, note, name)
        time.sleep(0.0001)  # noqa: ASYNC251  the thread could begin, had it heard
    await desk.gets(100)
    assert rounds[1:] == [names]


async def test_what_is_urgent_overtakes_what_waits(
    writer: Writer, note: Many, rounds: list[list[str]], transactional_db: None
) -> None:
    desk = Desk(writer)
    desk.wants("batch", note, "batch")
    desk.wants("click", note, "click", is_urgent=True)
    start(writer)
    await desk.gets(2)
    assert rounds == [["click"], ["batch"]]


async def test_what_is_one_of_many_waits_for_company(
    writer: Writer, note: Many, rounds: list[list[str]], transactional_db: None
) -> None:
    desk = Desk(writer)
    start(writer)
    for name in ("first", "second", "third"):
        desk.wants(name, note, name, can_wait=True)
    await desk.gets(3)
    assert rounds == [["first", "second", "third"]]
    desk.wants("last", note, "last", can_wait=True)
    await asyncio.to_thread(writer.stop)  # nothing is left behind
    assert rounds[1:] == [["last"]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The writer's time, which stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(writing.time, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def crowd(transactional_db: None) -> list[int]:
    """The keys of as many stations as make one."""
    return [station.pk for station in StationFactory.create_batch(writing.CROWD)]


async def test_what_many_stations_tell_waits_for_company_but_for_nobody_who_asks(
    writer: Writer, crowd: list[int], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    record, sizes = reports.record, []

    def measured(told: Sequence[Told], changes: Changes) -> Any:
        sizes.append(len(told))
        return record(told, changes)

    desk = Desk(writer)
    start(writer)
    for pk in crowd:
        desk.tells(f"{pk}", pk, status(1))
    await desk.gets(len(crowd))
    clock[0] += writing.CROWD_S
    desk.tells("as ever", crowd[0], status(1))
    await desk.gets(1)
    monkeypatch.setattr(reports, "record", measured)
    for pk in crowd:
        desk.tells(f"{pk}", pk, status(2))
        await asyncio.to_thread(int)  # a turn of its own for each
    assert await desk.is_left_alone()
    desk.asks("click", lambda: sizes.append(0))
    time.sleep(5 * writing.APART_S)  # noqa: ASYNC251  the thread could begin without it
    await desk.gets(len(crowd) + 1)
    assert sizes == [len(crowd), 0]
    desk.tells("next", crowd[0], status(1))
    assert await desk.is_left_alone()
    clock[0] += writing.APART_S
    await desk.gets(1)


async def test_what_one_station_tells_waits_for_nobody(
    writer: Writer, crowd: list[int], clock: list[float]
) -> None:
    desk = Desk(writer)
    start(writer)
    for turn in range(2 * writing.CROWD):
        desk.tells(f"{turn}", crowd[0], status(1))
        await desk.gets(1)
        if turn % 3 == 2:
            clock[0] += writing.CROWD_S


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
