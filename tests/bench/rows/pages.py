"""The list of chargers, beside the raw SQL it needs."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.scale import FULL
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground, scale = bench.ground, bench.scale
    url = ground.copy()
    how = ["--chargers", str(scale.chargers), *(["--all"] if scale is FULL else [])]
    figures = run_apart("tests.bench.probes.pages", *how, env=ground.env(url))
    ground.discard(url)
    for view, figure in figures.items():
        yield Row(
            what=bench.named(f"list of {scale.chargers:,} chargers, {view}; its raw SQL"),
            ours=figure["ms"],
            reference=figure["raw_ms"],
            unit="ms",
            target=target("page"),
            note=f"{figure['queries']} queries",
        )
    yield Row(
        what=bench.named(f"list of {scale.chargers:,} chargers, the slowest view"),
        ours=max(figure["ms"] for figure in figures.values()),
        unit="ms",
        target=target("page-time"),
    )
    yield Row(
        what=bench.named("list of chargers, queries at most"),
        ours=max(figure["queries"] for figure in figures.values()),
        unit="",
        target=target("page-queries"),
    )
