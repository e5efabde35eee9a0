"""Messages per second: ours, a bare echo on the same server, and the usual way."""

from contextlib import ExitStack
from typing import Any

from tests.bench import servers
from tests.bench.bench import Bench, Rows, Samples
from tests.bench.ground import run_apart
from tests.bench.servers import Served
from tests.bench.table import Row, target

ECHOED = ("heartbeat", "status", "meters")
KINDS = (*ECHOED, "session")
TITLES = {
    "heartbeat": "Heartbeat",
    "status": "StatusNotification, committed before the answer",
    "meters": "MeterValues with 10 values, stored before the answer",
    "session": "messages of whole sessions",
}
USUAL_TARGETS = {"status": "status-usual", "meters": "meters-usual", "session": "session-usual"}


def measure(bench: Bench) -> Rows:
    fastest_echo = 0.0
    storage = raw_inserts(bench)
    with servers.usual_way(bench.ground) as usual:
        usual.connect(bench.scale.sockets, arrives=True)
        for server in bench.scale.servers:
            samples = Samples()
            take_all(bench, server, usual, samples)
            fastest_echo = max(fastest_echo, samples["echo heartbeat"])
            yield from echo_rows(bench, server, samples)
            yield from usual_rows(bench, server, samples)
            yield Row(
                what=bench.named("MeterValues stored; raw batched inserts", server),
                ours=samples["ours meters"],
                reference=storage,
                unit="/s",
            )
    yield generator_row(bench, fastest_echo)


def take_all(bench: Bench, server: str, usual: Served, samples: Samples) -> None:
    """All three side by side, in turns, so that a disturbance hits all."""
    with ExitStack() as stack:
        echo = stack.enter_context(servers.echo(bench.ground, server))
        ours = stack.enter_context(servers.portal(bench.ground, server))
        echo.connect(bench.scale.sockets, echoes=True)
        ours.connect(bench.scale.sockets, arrives=True)
        for _round in range(bench.scale.rounds):
            for kind in KINDS:
                if kind in ECHOED:
                    take(bench, echo, "echo", kind, samples, echoes=True)
                take(bench, ours, "ours", kind, samples)
                take(bench, usual, "usual", kind, samples)


def take(bench: Bench, served: Served, who: str, kind: str, samples: Samples, **how: Any) -> None:
    scale = bench.scale
    seconds = scale.session_s if kind == "session" else scale.seconds
    answer = served.talk(
        kind, sockets=scale.sockets, warmup_s=scale.warmup_s, seconds=seconds, **how
    )
    samples.add(f"{who} {kind}", answer["per_s"])
    samples.add(f"{who} {kind} cpu", answer["cpu_us"])
    samples.add(f"{who} {kind} generator", answer["generator_share"])


def echo_rows(bench: Bench, server: str, samples: Samples) -> Rows:
    targets = {
        "heartbeat": "heartbeat-echo",
        "status": f"status-echo-{bench.ground.kind.lower()}",
        "meters": "meters-echo",
    }
    for kind in ECHOED:
        yield Row(
            what=bench.named(f"{TITLES[kind]}; bare echo", server),
            ours=samples[f"ours {kind}"],
            reference=samples[f"echo {kind}"],
            unit="/s",
            target=target(targets[kind]),
            note=costs(samples, kind, "echo"),
        )


def usual_rows(bench: Bench, server: str, samples: Samples) -> Rows:
    for kind in KINDS:
        name = USUAL_TARGETS.get(kind)
        yield Row(
            what=bench.named(f"{TITLES[kind]}; the usual way", server),
            ours=samples[f"ours {kind}"],
            reference=samples[f"usual {kind}"],
            unit="/s",
            target=target(name) if name else None,
            note=costs(samples, kind, "usual"),
        )


def costs(samples: Samples, kind: str, other: str) -> str:
    """What a message cost the servers, and how busy the generator was at most."""
    ours, theirs = samples[f"ours {kind} cpu"], samples[f"{other} {kind} cpu"]
    busy = max(samples[f"ours {kind} generator"], samples[f"{other} {kind} generator"])
    return f"CPU {ours:,.0f} / {theirs:,.0f} µs, generator {busy:.0%} busy"


def generator_row(bench: Bench, fastest_echo: float) -> Row:
    """The generator is not what is measured: an echo without framework answers it faster."""
    scale, samples = bench.scale, Samples()
    with servers.bare_echo(bench.ground) as bare:
        bare.connect(scale.sockets, echoes=True)
        for _round in range(scale.rounds):
            take(bench, bare, "bare", "heartbeat", samples, echoes=True)
    return Row(
        what=bench.named("load generator on an echo without framework; fastest bare echo"),
        ours=samples["bare heartbeat"],
        reference=fastest_echo,
        unit="/s",
        target=target("generator"),
        note=f"generator {samples['bare heartbeat generator']:.0%} busy",
    )


def raw_inserts(bench: Bench) -> float:
    """The rows of a MeterValues per second, by whoever has nothing else to do."""
    scale, ground = bench.scale, bench.ground
    url = ground.copy()
    said = run_apart(
        "tests.bench.probes.storage",
        *("--seconds", str(scale.seconds), "--batch", str(scale.sockets)),
        env=ground.env(url),
    )
    ground.discard(url)
    return float(said["per_s"])
