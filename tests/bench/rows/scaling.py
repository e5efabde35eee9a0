"""What a station costs, on fleets of several sizes, and what many of them would need.

The largest fleet is extrapolated from the two smallest, and measured too: the error is a row.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.bench import machine, plan, servers
from tests.bench.bench import Bench, Rows
from tests.bench.counting import Books, Costs, Meter
from tests.bench.days import DAY_S, MESSAGES_A_DAY
from tests.bench.servers import Served
from tests.bench.table import Row, target

SETTLED_S = 1.5  # the log's lines may wait for a second
FIRST_S = 2 * 3_600  # when the part of the day begins that is lived
CLICKS = 100


@dataclass(frozen=True, slots=True)
class Life:
    """A fleet that lived for a while."""

    stations: int
    messages: int
    seconds: float
    busy: Costs  # while it talked
    idle: Costs  # per second while it was silent
    empty_kib: int
    full_kib: int
    rows: dict[str, int]
    kept_bytes: int
    log_bytes: int
    published_per_run: float = 0.0

    @property
    def per_message_us(self) -> Costs:
        """What a message costs beyond what the fleet costs while it is silent."""
        return self.busy.since(self.idle.times(self.seconds)).times(1e6 / self.messages)

    @property
    def station_kib(self) -> float:
        return (self.full_kib - self.empty_kib) / self.stations


def measure(bench: Bench) -> Rows:
    server = bench.scale.servers[0]
    lives: list[Life] = []
    for size in bench.scale.fleets:
        is_largest = size == bench.scale.fleets[-1]
        lives.append(live(bench, server, size, clicks=CLICKS if is_largest else 0))
        yield from fleet_rows(bench, server, lives[-1])
    yield from kept_rows(bench, lives[-1])
    yield from extrapolated(bench, lives)
    if not bench.ground.is_sqlite:
        yield from plan.rows(bench, costs_of(lives[0], lives[-1]))


# -- living


def live(bench: Bench, server: str, size: int, *, clicks: int) -> Life:
    scale = bench.scale
    with prepared(bench, server) as (ours, meter, books):
        time.sleep(SETTLED_S)
        empty = machine.memory_kib(ours.pid)
        ours.connect(size, arrives=True)
        time.sleep(SETTLED_S)
        full = machine.memory_kib(ours.pid)
        idle = spent_in(meter, scale.idle_s)
        published = published_by(bench, ours, meter, clicks) if clicks else 0.0
        rows, kept = books.rows(), books.size_bytes()
        logged = 0 if bench.ground.is_sqlite else books.log_bytes()
        before = meter.read()
        said = talk(bench, ours)
        busy = meter.read().since(before)
        time.sleep(SETTLED_S)
        return Life(
            stations=size,
            messages=sum(said.values()),
            seconds=scale.lived_s,
            busy=busy,
            idle=idle,
            empty_kib=empty,
            full_kib=full,
            rows={name: number - rows[name] for name, number in books.rows().items()},
            kept_bytes=books.size_bytes() - kept,
            log_bytes=0 if bench.ground.is_sqlite else books.log_bytes() - logged,
            published_per_run=published,
        )


@contextmanager
def prepared(bench: Bench, server: str) -> Iterator[tuple[Served, Meter, Books]]:
    """A portal of its own, with all its processes."""
    ground = bench.ground
    with ExitStack() as stack:
        ours = stack.enter_context(servers.portal(ground, server))
        worker = None
        if not ground.is_sqlite:
            worker = stack.enter_context(servers.celery(ground, ours.database_url))
        books = Books(ours.database_url)
        stack.callback(books.close)
        meter = Meter(books, ours.pid, ground.redis_url, worker)
        stack.callback(meter.close)
        yield ours, meter, books


def spent_in(meter: Meter, seconds: float) -> Costs:
    """What is spent per second while nobody says anything."""
    before = meter.read()
    time.sleep(seconds)
    return meter.read().since(before).times(1 / seconds)


def talk(bench: Bench, ours: Served) -> dict[str, int]:
    """So much of the day that each station says its share; what was answered."""
    scale = bench.scale
    speed = scale.said_per_s * DAY_S / MESSAGES_A_DAY
    last_s = FIRST_S + scale.lived_s * speed
    ours.load.do("live", seconds=scale.lived_s, first_s=FIRST_S, last_s=last_s)
    said = ours.load.do("lived")
    if said["wrong"] or said["unanswered"]:
        raise ValueError(f"not answered as expected: {said}")
    answered: dict[str, int] = said["answered"]
    return answered


def published_by(bench: Bench, ours: Served, meter: Meter, clicks: int) -> float:
    """Messages through Redis for one run, beyond those that go through it anyway."""
    if bench.ground.is_sqlite:
        return 0.0
    began, quiet = time.perf_counter(), meter.published()
    time.sleep(SETTLED_S)
    per_s = (meter.published() - quiet) / (time.perf_counter() - began)
    ground = bench.ground
    paths = [
        (
            number,
            ground.first_station + number,
            f"/operations/connectors/{ground.first_connector + number}/ask/unlock/",
        )
        for number in range(clicks)
    ]
    began, before = time.perf_counter(), meter.published()
    ours.load.do(
        "click",
        port=ours.port,
        paths=paths,
        database_url=ours.database_url,
        cookies=ground.cookies,
        warmups=0,
    )
    time.sleep(SETTLED_S)
    published = meter.published() - before - per_s * (time.perf_counter() - began)
    return max(published, 0.0) / clicks


# -- telling


def fleet_rows(bench: Bench, server: str, life: Life) -> Rows:
    each = life.per_message_us
    of_database = () if bench.ground.is_sqlite else (("PostgreSQL", each.database),)
    for what, cost in (("the server", each.server), *of_database):
        yield Row(
            what=bench.named(f"CPU of {what} per message, {life.stations:,} stations", server),
            ours=cost,
            unit="µs",
            note=f"{life.messages:,} messages of a usual day in {life.seconds:.0f} s",
        )
    yield Row(
        what=bench.named(f"CPU of the server, {life.stations:,} stations silent", server),
        ours=life.idle.server * 1e3,
        unit="ms/s",
    )
    yield Row(
        what=bench.named(f"memory per station, {life.stations:,} stations", server),
        ours=life.station_kib,
        unit="KiB",
        note=f"{life.empty_kib / 1024:.0f} → {life.full_kib / 1024:.0f} MiB",
    )


def kept_rows(bench: Bench, life: Life) -> Rows:
    """What the largest fleet cost beside the server, and what is kept of it."""
    a_day = MESSAGES_A_DAY / life.messages
    for what, ours, unit in (
        ("rows of the message log per station and day", life.rows["messages"] * a_day, "rows"),
        ("rows of meter readings per station and day", life.rows["readings"] * a_day, "rows"),
        ("all rows per station and day", sum(life.rows.values()) * a_day, "rows"),
        ("kept per station and day, indexes and all", life.kept_bytes * a_day / 1024, "KiB"),
    ):
        yield Row(what=bench.named(what), ours=ours, unit=unit)
    if bench.ground.is_sqlite:
        return
    for what, ours, unit in (
        ("CPU of Redis", life.busy.redis / life.seconds * 1e3, "ms/s"),
        ("CPU of worker and beat", life.busy.celery / life.seconds * 1e3, "ms/s"),
        ("write-ahead log per station and day", life.log_bytes * a_day / 1024, "KiB"),
        ("messages through Redis per run", life.published_per_run, ""),
    ):
        yield Row(what=bench.named(what), ours=ours, unit=unit)


def extrapolated(bench: Bench, lives: list[Life]) -> Rows:
    """The largest fleet, by the line through the two smallest."""
    small, larger, largest = lives[0], lives[1], lives[-1]
    pairs = {
        "CPU of the server": [each.busy.server / each.seconds for each in lives],
        "memory of the server": [each.full_kib / 1024 for each in lives],
    }
    if not bench.ground.is_sqlite:
        pairs["CPU of PostgreSQL"] = [each.busy.database / each.seconds for each in lives]
    for what, values in pairs.items():
        slope = (values[1] - values[0]) / (larger.stations - small.stations)
        guessed = values[0] + slope * (largest.stations - small.stations)
        yield Row(
            what=bench.named(
                f"error of extrapolating {what} from {small.stations:,} and {larger.stations:,} "
                f"to {largest.stations:,} stations"
            ),
            ours=abs(guessed / values[-1] - 1) * 100,
            unit="%",
            # PostgreSQL has more to write at once in a larger fleet: each message costs it less.
            target=target("extrapolation") if what.endswith("server") else None,
            note=f"{guessed:.3g} extrapolated, {values[-1]:.3g} measured",
        )


def costs_of(small: Life, largest: Life) -> plan.StationCosts:
    """A message's from the small fleet: where more is said, more is written together, and cheaper.

    A process with 10,000 stations hears little more than that in the busiest hour.
    """
    a_day = MESSAGES_A_DAY / largest.messages
    more = largest.stations - small.stations
    idle_us = max((largest.idle.server - small.idle.server) / more * 1e6, 0.0)
    return plan.StationCosts(
        messages_a_day=MESSAGES_A_DAY,
        server_us=small.per_message_us.server,
        idle_us=idle_us,
        process_us=max(small.idle.server * 1e6 - small.stations * idle_us, 0.0),
        database_us=small.per_message_us.database,
        memory_kib=largest.station_kib,
        empty_kib=largest.empty_kib,
        rows_a_day=sum(largest.rows.values()) * a_day,
        kib_a_day=largest.kept_bytes * a_day / 1024,
        log_kib_a_day=largest.log_bytes * a_day / 1024,
    )
