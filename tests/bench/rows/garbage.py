"""Garbage through the link."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground, frames = bench.ground, bench.scale.garbage
    said = run_apart(
        "tests.bench.probes.garbage", "--frames", str(frames), env=ground.env(ground.url)
    )
    yield Row(
        what=f"exceptions out of the link, {frames:,} frames of garbage",
        ours=said["exceptions"],
        unit="",
        target=target("garbage-exceptions"),
        size=bench.scale.garbage,
        note="; ".join(said["first"]),
    )
    yield Row(
        what=f"memory grown after the first fifth of {frames:,} frames of garbage",
        ours=said["grown_kib"] / 1024,
        unit="MiB",
        target=target("garbage-memory"),
        size=bench.scale.garbage,
    )
