"""From the click to the run that is answered, with many stations connected."""

from itertools import count

from tests.bench import frames, servers
from tests.bench.bench import Bench, Rows
from tests.bench.servers import Served
from tests.bench.table import Row, target

WARMUPS = 10
BUSY_SOCKETS = 100


def measure(bench: Bench) -> Rows:
    for server in bench.servers:
        bare = bare_round_trip(bench, server)
        yield from clicks(bench, server, bare)


def bare_round_trip(bench: Bench, server: str) -> dict[str, float]:
    """Request, layer, frame, answer, response; nothing looked up, nothing kept."""
    scale = bench.scale
    with servers.echo(bench.ground, server) as echo:
        echo.connect(scale.clicked_stations, echoes=True)
        numbers = range(min(scale.clicks + WARMUPS, scale.clicked_stations))
        paths = [(number, f"/press/{frames.identity(number)}") for number in numbers]
        return echo.load.do("press", port=echo.port, paths=paths, warmups=WARMUPS)


def clicks(bench: Bench, server: str, bare: dict[str, float]) -> Rows:
    scale = bench.scale
    with servers.portal(bench.ground, server) as ours:
        ours.connect(scale.clicked_stations, arrives=True)
        numbers = count()
        idle = click(bench, ours, numbers)
        note = f"frame {idle['frame_p50_ms']:.1f} ms, response {idle['page_p50_ms']:.1f} ms"
        for share, note_of in (("p50", note), ("p99", "")):
            yield Row(
                what=bench.named(
                    f"click → frame → answer → run updated, {share}; bare round trip", server
                ),
                ours=idle[f"{share}_ms"],
                reference=bare[f"{share}_ms"],
                unit="ms",
                target=target(f"click-{share}"),
                size=bench.scale.clicked_stations,
                note=note_of,
            )
        busy, per_s = click_at_half_capacity(bench, ours, numbers)
        yield Row(
            what=bench.named("the same at half of capacity, p99; bare round trip", server),
            ours=busy["p99_ms"],
            reference=bare["p99_ms"],
            unit="ms",
            target=target("click-p99-busy"),
            size=bench.scale.clicked_stations,
            note=f"p50 {busy['p50_ms']:.1f} ms; {per_s:,.0f} StatusNotifications/s meanwhile",
        )


def click(bench: Bench, ours: Served, numbers: "count[int]") -> dict[str, float]:
    """Unlock connectors, each of another station, until all were; then the first again."""
    scale, ground = bench.scale, bench.ground
    clicked = scale.clicked_stations - BUSY_SOCKETS
    places = [next(numbers) % clicked for _ in range(scale.clicks + WARMUPS)]
    paths = [
        (
            place,
            ground.first_station + place,
            f"/operations/connectors/{ground.first_connector + place}/ask/unlock/",
        )
        for place in places
    ]
    return ours.load.do(
        "click",
        port=ours.port,
        paths=paths,
        database_url=ours.database_url,
        cookies=ground.cookies,
        warmups=WARMUPS,
    )


def click_at_half_capacity(
    bench: Bench, ours: Served, numbers: "count[int]"
) -> tuple[dict[str, float], float]:
    scale = bench.scale
    most = ours.talk(
        "status", sockets=scale.sockets, warmup_s=scale.warmup_s, seconds=scale.seconds
    )
    per_s = most["per_s"] / 2
    ours.load.do("hum", kind="status", sockets=BUSY_SOCKETS, per_s=per_s)
    figures = click(bench, ours, numbers)
    ours.load.do("hum", kind="status", sockets=0, per_s=0)
    return figures, per_s
