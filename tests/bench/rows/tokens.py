"""Authorising among very many tokens, and importing a file of them."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target

FEW = 1_000
IMPORTED = 100_000


def measure(bench: Bench) -> Rows:
    ground, many = bench.ground, bench.scale.tokens
    url = ground.copy()
    how = ["--tokens", str(many), "--rows", str(IMPORTED)]
    figures = run_apart("tests.bench.probes.tokens", *how, env=ground.env(url))
    ground.discard(url)
    yield Row(
        what=bench.named(f"judge one of {many:,} tokens; its raw SQL"),
        ours=figures["us"],
        reference=figures["raw_us"],
        unit="µs",
        target=target("token"),
        size=bench.scale.tokens,
    )
    yield Row(
        what=bench.named(f"judge one of {many:,} tokens; of {FEW:,}"),
        ours=figures["us"],
        reference=figures["few_us"],
        unit="µs",
        target=target("token-growth"),
        size=bench.scale.tokens,
    )
    yield Row(
        what=bench.named(f"check a file of {IMPORTED:,} tokens"),
        ours=figures["upload_s"] + figures["check_s"],
        unit="s",
        target=target("token-check"),
        note=f"upload {figures['upload_s']:.1f} s; then {figures['turns']:.0f} turns",
    )
    yield Row(
        what=bench.named(f"import {IMPORTED:,} tokens in one transaction"),
        ours=figures["apply_s"],
        unit="s",
        target=target("token-import"),
    )
