"""Views of one page, each beside the raw SQL it needs."""

from typing import Any

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def looked_at(bench: Bench, probe: str, *how: str) -> dict[str, Any]:
    """What a probe says of a copy of the database."""
    url = bench.ground.copy()
    figures = run_apart(f"tests.bench.probes.{probe}", *how, env=bench.ground.env(url))
    bench.ground.discard(url)
    return figures


def views(
    bench: Bench,
    what: str,
    figures: dict[str, dict[str, float]],
    goal: str,
    *,
    size: int | None = None,
) -> Rows:
    """A row for each."""
    for view, figure in figures.items():
        yield Row(
            what=bench.named(f"{what}, {view}; its raw SQL"),
            ours=figure["ms"],
            reference=figure["raw_ms"],
            unit="ms",
            target=target(goal),
            size=size,
            note=f"{figure['queries']} queries",
        )
