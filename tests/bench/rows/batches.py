"""One click on very many: how fast it goes, and what others notice of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

from tests.bench import machine, servers
from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.servers import Served
from tests.bench.table import Row, target

PROBE = "tests.bench.probes.batch"
CLICKED = 100  # stations beside the batch, for somebody who clicks meanwhile
WARMUPS = 3
LOOK_S = 0.005  # the frame is what counts: looking all the time would take the database's core


def measure(bench: Bench) -> Rows:
    with prepared(bench) as ours:
        stations = bench.scale.batch_runs // 2
        ours.connect(stations + CLICKED, arrives=True)
        ours.load.do("obey")
        status = ours.talk(
            "status",
            sockets=min(bench.scale.sockets, stations),
            warmup_s=bench.scale.warmup_s,
            seconds=bench.scale.seconds,
        )
        submitted = probe(bench, ours.database_url, "submit", stations)
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(probe, bench, ours.database_url, "wait", submitted["batch"])
            clicks = click_until(bench, ours, ended.done)
            seen = ended.result()
        yield from told(bench, submitted, seen, status["per_s"])
        yield clicked(bench, clicks)
    yield swept(bench)


def told(
    bench: Bench, submitted: dict[str, Any], seen: dict[str, Any], status_per_s: float
) -> Rows:
    size = submitted["size"]
    yield Row(
        what=bench.named(f"submit a batch of {size:,}"),
        ours=submitted["seconds"],
        unit="s",
        target=target("batch-submit"),
        size=bench.scale.batch_runs,
    )
    yield Row(
        what=bench.named(f"batch of {size:,} availability changes; StatusNotifications"),
        ours=size / seen["seconds"],
        reference=status_per_s,
        unit="/s",
        target=target(f"batch-{bench.ground.kind.lower()}"),
        size=bench.scale.batch_runs,
        note=f"{seen['seconds']:.1f} s, to {size // 2:,} stations",
    )
    yield Row(
        what=bench.named("open at a time, most by the records"),
        ours=seen["most_open"],
        unit="runs",
        target=target("batch-open"),
        size=bench.scale.batch_runs,
    )
    yield Row(
        what=bench.named("not done in the end"),
        ours=seen["not_done"],
        unit="runs",
        target=target("batch-settled"),
        size=bench.scale.batch_runs,
        note=", ".join(f"{word} {number:,}" for word, number in seen["statuses"].items()),
    )


def click_until(bench: Bench, ours: Served, is_over: Any) -> list[dict[str, float]]:
    """Unlock connectors of stations beside the batch, a few at a time, while it goes on."""
    scale, ground = bench.scale, bench.ground
    first = scale.batch_runs // 2
    numbers = count()
    rounds = []
    while not is_over():
        places = [first + next(numbers) % CLICKED for _ in range(WARMUPS + 20)]
        paths = [
            (
                place,
                ground.first_station + place,
                f"/operations/connectors/{ground.first_connector + place}/ask/unlock/",
            )
            for place in places
        ]
        rounds.append(
            ours.load.do(
                "click",
                port=ours.port,
                paths=paths,
                database_url=ours.database_url,
                cookies=ground.cookies,
                warmups=WARMUPS,
                pause_s=LOOK_S,
            )
        )
    return rounds[:-1] or rounds


def clicked(bench: Bench, rounds: list[dict[str, float]]) -> Row:
    worst = max(each["frame_p95_ms"] for each in rounds)
    middle = sorted(each["frame_p50_ms"] for each in rounds)[len(rounds) // 2]
    return Row(
        what=bench.named("a single click reaches its station meanwhile, p95"),
        ours=worst,
        unit="ms",
        target=target("batch-click"),
        size=bench.scale.batch_runs,
        note=f"p50 {middle:.0f} ms; {len(rounds)} rounds of 20, the worst of them",
    )


def swept(bench: Bench) -> Row:
    url = bench.ground.copy()
    figure = probe(bench, url, "sweep", bench.scale.closed_runs)
    bench.ground.discard(url)
    return Row(
        what=bench.named(f"sweep with {bench.scale.closed_runs:,} closed runs"),
        ours=figure["ms"],
        unit="ms",
        target=target("sweep"),
        size=bench.scale.closed_runs,
    )


def probe(bench: Bench, url: str, what: str, number: int) -> dict[str, Any]:
    """Who only looks does so from the other core."""
    cores = machine.OTHER_CORES if what == "wait" else machine.SERVER_CORES
    return run_apart(PROBE, what, str(number), env=bench.ground.env(url), cores=cores)


@contextmanager
def prepared(bench: Bench) -> Iterator[Served]:
    """The portal on a copy of the database in which stations have two connectors."""
    url = bench.ground.copy()
    probe(bench, url, "prepare", bench.scale.batch_runs // 2)
    with servers.started(servers.portal_command("daphne"), bench.ground, url) as served:
        if bench.ground.is_sqlite:
            yield served
        else:
            with servers.celery(bench.ground, url):
                yield served
    bench.ground.discard(url)
