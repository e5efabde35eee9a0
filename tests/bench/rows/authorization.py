"""The fleet's authorization settings, local lists and caches, beside the raw SQL they need."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target

PAGES = {
    "authorization-list": "authorization",
    "local-authorization": "local lists",
    "authorization-cache-list": "caches",
}


def measure(bench: Bench) -> Rows:
    ground, stations = bench.ground, bench.scale.chargers // 10
    url = ground.copy()
    probe = "tests.bench.probes.authorization"
    pages = run_apart(probe, "--stations", str(stations), env=ground.env(url))
    ground.discard(url)
    for page, figures in pages.items():
        for view, figure in figures.items():
            yield Row(
                what=bench.named(f"{PAGES[page]} of {stations:,} stations, {view}; its raw SQL"),
                ours=figure["ms"],
                reference=figure["raw_ms"],
                unit="ms",
                target=target("page"),
                note=f"{figure['queries']} queries",
            )
