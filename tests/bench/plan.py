"""What very many stations would need, by what one of them was measured to cost."""

from dataclasses import dataclass
from math import ceil

from tests.bench.bench import Bench, Rows
from tests.bench.table import Row

DAY_S = 86_400
SIZES = (100_000, 1_000_000)
# The busiest hour next to the day's mean, how full a core may be then, and how many stations one
# process has been tried with.
PEAK = 3.0
FULL = 0.5
MOST_ON_A_PROCESS = 10_000
GIB_KIB = 2**20


@dataclass(frozen=True, slots=True)
class StationCosts:
    """One station's, measured on the largest fleet."""

    messages_a_day: float
    server_us: float  # per message
    idle_us: float  # per second, of a station that says nothing
    process_us: float  # per second, of a server without stations
    database_us: float
    memory_kib: float
    empty_kib: float  # of a server without stations
    rows_a_day: float
    kib_a_day: float
    log_kib_a_day: float


@dataclass(frozen=True, slots=True)
class Plan:
    """So many stations."""

    stations: int
    messages_per_s: float  # in the busiest hour
    server_cores: float  # busy in the busiest hour
    processes: int
    database_cores: float
    memory_gib: float
    rows_a_day: float
    gib_a_day: float
    log_mib_per_s: float


def plan_for(stations: int, costs: StationCosts) -> Plan:
    per_s = stations * costs.messages_a_day / DAY_S * PEAK
    server_cores = (per_s * costs.server_us + stations * costs.idle_us) / 1e6
    processes = max(ceil(stations / MOST_ON_A_PROCESS), ceil(server_cores / FULL))
    server_cores += processes * costs.process_us / 1e6
    return Plan(
        stations=stations,
        messages_per_s=per_s,
        server_cores=server_cores,
        processes=processes,
        database_cores=per_s * costs.database_us / 1e6,
        memory_gib=(stations * costs.memory_kib + processes * costs.empty_kib) / GIB_KIB,
        rows_a_day=stations * costs.rows_a_day,
        gib_a_day=stations * costs.kib_a_day / GIB_KIB,
        log_mib_per_s=stations * costs.log_kib_a_day / 1024 / DAY_S * PEAK,
    )


def rows(bench: Bench, costs: StationCosts) -> Rows:
    """The plans for SIZES."""
    for stations in SIZES:
        plan = plan_for(stations, costs)
        for what, ours, unit in (
            ("messages in the busiest hour", plan.messages_per_s, "/s"),
            ("server processes", plan.processes, ""),
            ("cores of servers, busy in the busiest hour", plan.server_cores, ""),
            ("memory of servers", plan.memory_gib, "GiB"),
            ("cores of PostgreSQL, busy in the busiest hour", plan.database_cores, ""),
            ("rows a day", plan.rows_a_day / 1e6, "million"),
            ("kept a day", plan.gib_a_day, "GiB"),
            ("write-ahead log in the busiest hour", plan.log_mib_per_s, "MiB/s"),
        ):
            yield Row(
                what=bench.named(f"plan for {stations:,} stations: {what}"), ours=ours, unit=unit
            )
