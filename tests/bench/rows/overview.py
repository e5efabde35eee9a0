"""The overview of a large fleet: counted anew, and as everybody else gets it."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground, stations = bench.ground, bench.scale.overview_stations
    url = ground.copy()
    how = ("--stations", str(stations))
    figures = run_apart("tests.bench.probes.overview", *how, env=ground.env(url))
    ground.discard(url)
    for view, figure in figures.items():
        yield Row(
            what=bench.named(f"overview of {stations:,} stations, {view}; its raw SQL"),
            ours=figure["ms"],
            reference=figure["raw_ms"],
            unit="ms",
            target=target("overview"),
            note=f"{figure['queries']} queries",
        )
