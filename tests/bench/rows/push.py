"""From a station's frame to the browsers that show its charger."""

from tests.bench import servers
from tests.bench.bench import Bench, Rows
from tests.bench.rows.clicks import bare_round_trip
from tests.bench.table import Row, target

BROWSERS = 50
PER_S = 500.0
SECONDS = 6.0


def measure(bench: Bench) -> Rows:
    for server in bench.servers:
        bare = bare_round_trip(bench, server)
        with servers.portal(bench.ground, server) as ours:
            ours.connect(bench.scale.clicked_stations, arrives=True)
            shown = ours.load.do(
                "show",
                port=ours.port,
                cookies=bench.ground.cookies,
                browsers=BROWSERS,
                first_charger=bench.ground.first_charger,
                per_s=PER_S,
                seconds=SECONDS,
            )
        yield Row(
            what=bench.named(
                f"frame → {BROWSERS} browsers show it, p95; bare round trip, p99", server
            ),
            ours=shown["p95_ms"],
            reference=bare["p99_ms"],
            unit="ms",
            target=target("push"),
            note=f"p50 {shown['p50_ms']:.0f} ms; {shown['sent_per_s']:,.0f} frames/s, "
            f"{shown['shown']:,} changes shown, {shown['missing']:,} not",
        )
