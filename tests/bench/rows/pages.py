"""The lists of chargers and of stations, beside the raw SQL they need."""

from tests.bench.bench import Bench, Rows
from tests.bench.probes import CHARGERS_PER_STATION
from tests.bench.rows import beside_sql
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    scale = bench.scale
    how = ["--chargers", str(scale.chargers), *(["--all"] if scale.looks_everywhere else [])]
    lists = beside_sql.looked_at(bench, "pages", *how)
    stations = scale.chargers // CHARGERS_PER_STATION
    for name, count in (("charger", scale.chargers), ("station", stations)):
        yield from of_list(bench, f"list of {count:,} {name}s", lists[f"{name}-list"])


def of_list(bench: Bench, what: str, figures: dict[str, dict[str, float]]) -> Rows:
    yield from beside_sql.views(bench, what, figures, "list", size=bench.scale.chargers)
    slowest = max(figures, key=lambda view: figures[view]["ms"])
    yield Row(
        what=bench.named(f"{what}, the slowest view"),
        ours=figures[slowest]["ms"],
        unit="ms",
        target=target("page-time"),
        size=bench.scale.chargers,
        note=slowest,
    )
    yield Row(
        what=bench.named(f"{what}, queries at most"),
        ours=max(figure["queries"] for figure in figures.values()),
        unit="",
        target=target("page-queries"),
        size=bench.scale.chargers,
    )
