"""The fleet's authorization settings, local lists and caches, beside the raw SQL they need."""

from tests.bench.bench import Bench, Rows
from tests.bench.rows import beside_sql

PAGES = {
    "authorization-list": "authorization",
    "local-authorization": "local lists",
    "authorization-cache-list": "caches",
}


def measure(bench: Bench) -> Rows:
    stations = bench.scale.chargers // 10
    pages = beside_sql.looked_at(bench, "authorization", "--stations", str(stations))
    for page, figures in pages.items():
        what = f"{PAGES[page]} of {stations:,} stations"
        yield from beside_sql.views(bench, what, figures, "page")
