"""Frames through codec, link and dialect, against the library's route_message."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground = bench.ground
    figures = run_apart(
        "tests.bench.probes.codec",
        *("--seconds", str(bench.scale.codec_s)),
        env=ground.env(ground.url),
    )
    for action, per_s in figures.items():
        yield Row(
            what=f"{action} through codec, link and dialect; the library's route_message",
            ours=per_s["ours"],
            reference=per_s["library"],
            unit="/s",
            target=target("codec"),
        )
