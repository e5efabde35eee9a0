"""A simulated day has what it says it has, whoever lives it, and plans follow from its figures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import days, plan, quote
from tests.bench.bench import Bench
from tests.bench.counting import Costs
from tests.bench.days import ARRIVAL, DAY_S, RECONNECT, Calendar, StationDay, Told
from tests.bench.ground import Ground
from tests.bench.rows import crowd, scaling, soak, throughput
from tests.bench.rows.scaling import Life
from tests.bench.scale import FULL, LARGE, Scale
from tests.bench.servers import SERVERS
from tests.bench.sockets import StationSocket
from tests.bench.table import Row

SHARES = (0.0, 0.25, 0.5, 0.999)


@pytest.mark.parametrize("share", SHARES)
def test_every_station_says_the_same_in_a_day(share: float) -> None:
    happened = [step for _at, step in days.steps(share)]
    arrivals = happened.count(RECONNECT)
    assert len(happened) - arrivals + ARRIVAL * arrivals == days.MESSAGES_A_DAY
    assert happened.count("start") == happened.count("stop") == 3
    assert happened.count("meters") == 36


@pytest.mark.parametrize("share", SHARES)
def test_no_line_is_cut_while_a_car_charges(share: float) -> None:
    is_charging = False
    for _at, step in days.steps(share):
        is_charging = (is_charging or step == "start") and step != "stop"
        assert not (is_charging and step == RECONNECT)


def test_who_joins_the_day_in_the_middle_of_a_session_begins_it() -> None:
    first_s = days.METER_S * 3.5
    happened = days.steps(0, first_s=first_s)
    charging = [step for at, step in happened if step != "heartbeat"]
    assert charging[:5] == [*days.BEGINNING, "meters"]
    assert charging[: charging.index("stop")].count("meters") == 9
    assert happened[0][0] >= first_s


def test_a_calendar_has_all_that_happens_in_order() -> None:
    calendar = Calendar((0.0, 0.5), first_s=0, last_s=DAY_S)
    early = list(calendar.until(DAY_S / 2))
    late = list(calendar.until(DAY_S))
    assert calendar.is_over
    assert len(early) + len(late) == 2 * len(days.steps(0))
    assert {number for number, _step in early} == {0, 1}


class Line(StationSocket):
    """A socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, frame: bytes) -> None:
        size = frame[1] & 127
        begin = 2 if size < 126 else 4
        mask, body = frame[begin : begin + 4], frame[begin + 4 :]
        self.sent.append(bytes(byte ^ mask[at % 4] for at, byte in enumerate(body)))


def test_a_station_waits_for_each_answer_and_uses_the_transaction_it_was_given() -> None:
    line, told, cut = Line(), Told(), []
    day = StationDay(line, told, cut.append)
    for step in ("start", "meters", RECONNECT, "heartbeat"):
        day.happens(step)
    assert len(line.sent) == 1
    day.answered(line, b'[3,"start-1",{"transactionId":77,"idTagInfo":{"status":"Accepted"}}]')
    assert json.loads(line.sent[1])[3]["transactionId"] == 77
    day.answered(line, b'[3,"meters-2",{}]')
    assert cut == [day]
    again = Line()
    day.is_back(again)
    assert json.loads(again.sent[0])[2] == "Heartbeat"
    day.answered(again, b'[4,"heartbeat-3","InternalError","",{}]')
    assert day.is_idle
    assert told.sent.total() == told.answered.total() == 3 + ARRIVAL
    assert len(told.wrong) == 1


COSTS = plan.StationCosts(
    messages_a_day=864,
    server_us=1_000,
    idle_us=0,
    process_us=10_000,
    database_us=500,
    memory_kib=50,
    empty_kib=1_024,
    rows_a_day=900,
    kib_a_day=1_024,
    log_kib_a_day=86.4,
)


def test_a_plan_is_what_the_stations_say_in_the_busiest_hour() -> None:
    planned = plan.plan_for(100_000, COSTS)
    assert planned.messages_per_s == pytest.approx(3_000)
    assert planned.server_cores == pytest.approx(3 + 10 * 0.01)
    assert planned.database_cores == pytest.approx(1.5)
    assert planned.processes == 10
    assert planned.rows_a_day == 90_000_000
    assert planned.gib_a_day == pytest.approx(97.66, abs=0.01)


def test_busy_stations_need_more_processes() -> None:
    """A process has a core, and that is to be half idle."""
    busy = plan.StationCosts(**{**vars_of(COSTS), "server_us": 10_000})
    assert plan.plan_for(100_000, busy).processes == 60


def vars_of(costs: plan.StationCosts) -> dict[str, float]:
    return {name: getattr(costs, name) for name in costs.__slots__}


def test_a_document_quotes_what_was_measured_and_keeps_the_rest() -> None:
    text = "| `a row, SQLite` | ? | why |\n| `another` | not measured yet | |\n"
    figures = quote.figures_of([{"what": "a row, SQLite", "ours": 1234.5, "unit": "µs"}])
    assert quote.quoted(text, figures) == (
        "| `a row, SQLite` | 1,234 µs | why |\n| `another` | not measured yet | |\n"
    )


def life(stations: int) -> Life:
    spent = Costs(server=2.0, database=1.0, redis=0.1, celery=0.1)
    return Life(
        stations=stations,
        messages=stations,
        seconds=10,
        busy=spent,
        idle=spent.times(0.01),
        empty_kib=150_000,
        full_kib=150_000 + stations * 50,
        rows={"messages": stations, "readings": 10},
        kept_bytes=stations * 600,
        log_bytes=stations * 1_000,
    )


def names_of_a_run(scale: Scale) -> Iterator[str]:
    """All that a row of these groups may be called."""
    lives = [life(size) for size in scale.fleets]
    for kind in ("SQLite", "PostgreSQL"):
        bench = Bench(scale, Ground(kind, Path(), ""))
        for server in SERVERS:
            yield from (
                bench.named(f"{throughput.TITLES[each]}; bare echo", server)
                for each in throughput.ECHOED
            )
            told: list[Row] = [
                row for each in lives for row in scaling.fleet_rows(bench, server, each)
            ]
            for name in (server, "Celery"):
                told += soak.grown(bench, name, (1, 1), (1, 1))
            back = {"seconds": 1, "retries": 0, "lost": 0}
            told.append(crowd.weighed(bench, server, 1, 1, 1))
            told += crowd.came_back(bench, server, back, {"looks": 1, "p95_ms": 1}, 1)
            yield from (row.what for row in told)
        day = scale.day_stations * days.MESSAGES_A_DAY
        said = {"wrong": [], "sent": {"x": day}, "answered": {"x": day}, "seconds": 1}
        kept = dict.fromkeys(("logged", "readings", "sessions", "open runs"), 0)
        yield soak.lost(bench, said, kept, {"looks": 0, "clicks": 0}).what
        rest = [*scaling.kept_rows(bench, lives[-1]), *scaling.extrapolated(bench, lives)]
        rest += plan.rows(bench, scaling.costs_of(lives[0], lives[-1]))
        yield from (row.what for row in rest)


def test_documents_quote_rows_that_exist() -> None:
    known = {name for scale in (FULL, LARGE) for name in names_of_a_run(scale)}
    for document in quote.QUOTING:
        names = quote.names_in(document.read_text())
        assert names, document.name
        assert names <= known, document.name
