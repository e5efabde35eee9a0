"""A long local list for many stations: what has changed for each, and the messages to say it."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target

PROBE = "tests.bench.probes.local_lists"
SIZE = 50_000
STATIONS = 1_000


def measure(bench: Bench) -> Rows:
    url = bench.ground.copy()
    stations = min(STATIONS, bench.scale.many_stations)
    figure = run_apart(PROBE, str(SIZE), str(stations), env=bench.ground.env(url))
    bench.ground.discard(url)
    what = f"changes and messages of a list of {SIZE:,} for {stations:,} stations"
    yield Row(
        what=bench.named(what),
        ours=figure["seconds"],
        unit="s",
        target=target("local-lists-time"),
        note=f"{figure['messages']:,} messages",
    )
    yield Row(
        what=bench.named(f"{what}: memory"),
        ours=figure["mib"],
        unit="MiB",
        target=target("local-lists-memory"),
        note="the whole process at its most",
    )
