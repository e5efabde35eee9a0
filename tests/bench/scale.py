"""How much is measured: a glance (--quick), the whole, or the whole at its largest (--large)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Numbers of stations, seconds and rounds; a measurement of several rounds is their median."""

    name: str
    sockets: int  # that talk at once when messages per second are counted
    warmup_s: float
    seconds: float
    session_s: float  # longer: stations that began together stay in step
    rounds: int
    few_stations: int
    many_stations: int
    clicks: int
    clicked_stations: int
    batch_runs: int  # to half as many stations
    closed_runs: int
    pruned: int
    fetchers: int  # stations that download an image of 20 MB at once
    upload_mib: int
    chargers: int
    looks_everywhere: bool  # at each filter and sort of the lists; else at some
    messages: int  # of the log
    overview_stations: int
    tokens: int
    garbage: int
    codec_s: float
    starts: int
    presses: int  # of each kind, at the demo
    fleets: tuple[int, ...]  # the last of them is extrapolated from the first two
    said_per_s: float  # messages of each of their stations
    lived_s: float
    idle_s: float
    day_stations: int
    day_s: float  # in which they live a whole day
    servers: tuple[str, ...]
    distributed: tuple[str, ...]  # on PostgreSQL, for the rows that are about many stations


QUICK = Scale(
    name="quick",
    sockets=300,
    warmup_s=0.3,
    seconds=1.0,
    session_s=2.0,
    rounds=1,
    few_stations=100,
    many_stations=1_000,
    clicks=100,
    clicked_stations=500,
    batch_runs=500,
    closed_runs=50_000,
    pruned=20_000,
    fetchers=100,
    upload_mib=100,
    chargers=10_000,
    looks_everywhere=False,
    messages=50_000,
    overview_stations=10_000,
    tokens=20_000,
    garbage=20_000,
    codec_s=0.2,
    starts=1,
    presses=5,
    fleets=(100, 200, 400),
    said_per_s=1.0,
    lived_s=4.0,
    idle_s=1.0,
    day_stations=20,
    day_s=12.0,
    servers=("daphne",),
    distributed=("daphne",),
)
FULL = Scale(
    name="full",
    sockets=500,
    warmup_s=0.3,
    seconds=1.2,
    session_s=3.0,
    rounds=2,
    few_stations=300,
    many_stations=1_500,
    clicks=120,
    clicked_stations=1_000,
    batch_runs=2_500,
    closed_runs=200_000,
    pruned=100_000,
    fetchers=200,
    upload_mib=300,
    chargers=100_000,
    looks_everywhere=True,
    messages=500_000,
    overview_stations=100_000,
    tokens=100_000,
    garbage=100_000,
    codec_s=0.5,
    starts=2,
    presses=6,
    fleets=(200, 400, 800),
    said_per_s=0.2,
    lived_s=5.0,
    idle_s=3.0,
    day_stations=60,
    day_s=20.0,
    servers=("daphne", "uvicorn"),
    distributed=("daphne",),
)
LARGE = Scale(
    name="large",
    sockets=500,
    warmup_s=1.0,
    seconds=3.0,
    session_s=6.0,
    rounds=3,
    few_stations=1_000,
    many_stations=10_000,
    clicks=500,
    clicked_stations=1_000,
    batch_runs=10_000,
    closed_runs=1_000_000,
    pruned=1_000_000,
    fetchers=200,
    upload_mib=2_048,
    chargers=1_000_000,
    looks_everywhere=True,
    messages=20_000_000,
    overview_stations=100_000,
    tokens=1_000_000,
    garbage=1_000_000,
    codec_s=2.0,
    starts=3,
    presses=40,
    fleets=(500, 1_000, 2_000),
    said_per_s=0.1,
    lived_s=15.0,
    idle_s=10.0,
    day_stations=250,
    day_s=150.0,
    servers=("daphne", "uvicorn"),
    distributed=("daphne", "uvicorn"),
)
