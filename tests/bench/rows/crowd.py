"""Many stations on one process: what they weigh, how they come back, what a message costs then."""

import time
from contextlib import closing
from typing import Any

from tests.bench import machine, servers
from tests.bench.bench import Bench, Rows
from tests.bench.servers import Served
from tests.bench.table import Row, target

SETTLED_S = 2.0  # for what is written after the last answer
PAGE = "/operations/chargers/"
COSTED = ("heartbeat", "status")


def measure(bench: Bench) -> Rows:
    for server in bench.servers:
        accepts_s = bare_accepts(bench, server)
        with servers.portal(bench.ground, server) as ours:
            yield weigh(bench, server, ours)
            dear = {kind: cost_us(bench, ours, kind) for kind in COSTED}
            yield from come_back(bench, server, ours, accepts_s)
        with servers.portal(bench.ground, server) as ours:
            ours.connect(bench.scale.few_stations, arrives=True)
            cheap = {kind: cost_us(bench, ours, kind) for kind in COSTED}
        yield from costs(bench, server, dear, cheap)


def bare_accepts(bench: Bench, server: str) -> float:
    """How long the server takes to accept them all, with nothing to look up."""
    many = bench.scale.many_stations
    with servers.echo(bench.ground, server) as echo:
        echo.connect(many, at_once=many, echoes=True)
        echo.load.do("drop")
        time.sleep(SETTLED_S)
        seconds: float = echo.connect(many, at_once=many, echoes=True)["seconds"]
        return seconds


def weigh(bench: Bench, server: str, ours: Served) -> Row:
    many = bench.scale.many_stations
    empty = machine.memory_kib(ours.pid)
    connecting = ours.connect(many, arrives=True)
    time.sleep(SETTLED_S)
    return weighed(bench, server, empty, machine.memory_kib(ours.pid), connecting["seconds"])


def weighed(bench: Bench, server: str, empty: float, full: float, seconds: float) -> Row:
    many = bench.scale.many_stations
    return Row(
        what=bench.named(f"memory per idle station, {many:,} connected", server),
        ours=(full - empty) / many,
        unit="KiB",
        target=target("memory"),
        size=bench.scale.many_stations,
        note=f"{empty / 1024:.0f} → {full / 1024:.0f} MiB; connected in {seconds:.1f} s",
    )


def cost_us(bench: Bench, ours: Served, kind: str) -> float:
    """Server CPU of a message; on as many sockets whatever the number connected."""
    scale = bench.scale
    answer = ours.talk(
        kind,
        sockets=min(scale.few_stations, scale.sockets),
        warmup_s=scale.warmup_s,
        seconds=scale.seconds,
    )
    return float(answer["cpu_us"])


def costs(bench: Bench, server: str, dear: dict[str, float], cheap: dict[str, float]) -> Rows:
    scale = bench.scale
    for kind in COSTED:
        yield Row(
            what=bench.named(
                f"CPU per {kind} message, {scale.many_stations:,} connected; "
                f"{scale.few_stations:,}",
                server,
            ),
            ours=dear[kind],
            reference=cheap[kind],
            unit="µs",
            target=target("crowd"),
            size=bench.scale.many_stations,
        )


def come_back(bench: Bench, server: str, ours: Served, accepts_s: float) -> Rows:
    """All lost at once, and all back at once, while somebody looks at a page."""
    many = bench.scale.many_stations
    ours.load.do("drop")
    # From a process of their own: the one that opens all those sockets has no time for them.
    with closing(servers.Load()) as people:
        people.do("look", port=ours.port, page=PAGE, cookies=bench.ground.cookies)
        back = ours.connect(many, at_once=many, arrives=True)
        looked = people.do("looked")
    yield from came_back(bench, server, back, looked, accepts_s)


def came_back(
    bench: Bench, server: str, back: dict[str, Any], looked: dict[str, Any], accepts_s: float
) -> Rows:
    many = bench.scale.many_stations
    yield Row(
        what=bench.named(f"{many:,} reconnect (auth, boot, 2 statuses); bare accepts", server),
        ours=back["seconds"],
        reference=accepts_s,
        unit="s",
        target=target("reconnect"),
        size=bench.scale.many_stations,
    )
    yield Row(
        what=bench.named(f"dropped or refused while {many:,} come back", server),
        ours=back["retries"] + back["lost"],
        unit="",
        target=target("reconnect-dropped"),
        size=bench.scale.many_stations,
    )
    yield Row(
        what=bench.named(f"the list of chargers while {many:,} come back, p95", server),
        ours=looked["p95_ms"],
        unit="ms",
        target=target("reconnect-pages"),
        size=bench.scale.many_stations,
        note=f"{looked['looks']} looks",
    )
