"""The overview of a large fleet: counted anew, and as everybody else gets it."""

from tests.bench.bench import Bench, Rows
from tests.bench.rows import beside_sql


def measure(bench: Bench) -> Rows:
    stations = bench.scale.overview_stations
    figures = beside_sql.looked_at(bench, "overview", "--stations", str(stations))
    yield from beside_sql.views(
        bench, f"overview of {stations:,} stations", figures, "overview", size=stations
    )
