"""A day of a fleet in compressed time: nothing is lost, and nothing grows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench import machine, servers
from tests.bench.bench import Bench, Rows
from tests.bench.counting import Books
from tests.bench.days import DAY_S
from tests.bench.servers import Served
from tests.bench.table import Row, target

PAGE = "/operations/chargers/"
CLICKED = 50  # connectors that are unlocked in turn, over and over
SETTLED_S = 2.0  # the log's lines may wait for a second
LOGGED = "SELECT count(*) FROM operations_ocppmessage WHERE is_from_station"
ENDED = "SELECT count(*) FROM operations_session WHERE ended_at IS NOT NULL"
OPEN_RUNS = "SELECT count(*) FROM operations_commandrun WHERE closed_at IS NULL"


def measure(bench: Bench) -> Rows:
    server = bench.scale.servers[0]
    with whole_portal(bench, server) as (ours, pids):
        ours.connect(bench.scale.day_stations, arrives=True)
        time.sleep(SETTLED_S)
        books = Books(ours.database_url)
        before = kept(books)
        begin(bench, ours)
        time.sleep(bench.scale.day_s / 4)
        early = {name: weight(pid) for name, pid in pids.items()}
        said = ours.load.do("lived")
        late = {name: weight(pid) for name, pid in pids.items()}
        worked = ours.load.do("worked")
        time.sleep(SETTLED_S)
        after = kept(books)
        books.close()
    yield lost(bench, said, {name: after[name] - before[name] for name in after}, worked)
    for name in pids:
        yield from grown(bench, name, early[name], late[name])
    yield Row(
        what=bench.named("answers that day, p99", server),
        ours=said["p99_ms"],
        unit="ms",
        note=f"at most {said['late_s']:.1f} s behind the day",
    )


@contextmanager
def whole_portal(bench: Bench, server: str) -> Iterator[tuple[Served, dict[str, int]]]:
    """All its processes that run for days: those of the portal itself, by what they are."""
    with servers.portal(bench.ground, server) as ours:
        pids = {server: ours.pid}
        if bench.ground.is_sqlite:
            yield ours, pids
            return
        with servers.celery(bench.ground, ours.database_url) as worker:
            yield ours, pids | {"Celery": worker}


def begin(bench: Bench, ours: Served) -> None:
    scale, ground = bench.scale, bench.ground
    ours.load.do("live", seconds=scale.day_s, first_s=0, last_s=DAY_S)
    connectors = range(ground.first_connector, ground.first_connector + CLICKED)
    paths = [f"/operations/connectors/{connector}/ask/unlock/" for connector in connectors]
    ours.load.do("work", cookies=ground.cookies, page=PAGE, paths=paths)


def kept(books: Books) -> dict[str, int]:
    """What the database has of all that was said."""
    return {
        "logged": books.number(LOGGED),
        "readings": books.rows()["readings"],
        "sessions": books.number(ENDED),
        "open runs": books.number(OPEN_RUNS),
    }


def lost(bench: Bench, said: dict[str, Any], kept: dict[str, int], worked: dict[str, Any]) -> Row:
    """Said and not answered, or answered and not kept; also what was kept twice."""
    if said["wrong"]:
        raise ValueError(f"a day's messages were not answered as expected: {said['wrong']}")
    answered = said["answered"]
    total = sum(said["sent"].values())
    differences = {
        "logged": kept["logged"] - sum(answered.values()),
        "readings": kept["readings"] - answered.get("meters", 0),
        "sessions": kept["sessions"] - answered.get("stop", 0),
        "open runs": kept["open runs"],
    }
    note = "; ".join(f"{name} {number:+}" for name, number in differences.items() if number)
    stations, seconds = bench.scale.day_stations, said["seconds"]
    return Row(
        what=bench.named(f"a day of {stations:,} stations, {total:,} messages: lost or kept twice"),
        ours=total - sum(answered.values()) + sum(map(abs, differences.values())),
        unit="messages",
        target=target("day-lost"),
        note=note or f"in {seconds:.0f} s; {worked['looks']} pages, {worked['clicks']} unlocks",
    )


def weight(pid: int) -> tuple[int, int]:
    """Memory in KiB, and open handles."""
    return machine.memory_kib(pid), machine.open_handles(pid)


def grown(bench: Bench, name: str, early: tuple[int, int], late: tuple[int, int]) -> Rows:
    """The day's end next to its first quarter."""
    yield Row(
        what=bench.named("memory at the end of the day; after its first quarter", name),
        ours=late[0] / 1024,
        reference=early[0] / 1024,
        unit="MiB",
        target=target("day-memory"),
    )
    yield Row(
        what=bench.named("open handles at the end of the day; after its first quarter", name),
        ours=late[1],
        reference=early[1],
        unit="",
        target=target("day-handles"),
    )
