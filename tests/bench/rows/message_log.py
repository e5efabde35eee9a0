"""The message log with very many messages: each of its filters, beside the raw SQL it needs."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground, messages = bench.ground, bench.scale.messages
    url = ground.copy()
    how = ("--messages", str(messages))
    figures = run_apart("tests.bench.probes.message_log", *how, env=ground.env(url))
    ground.discard(url)
    for view, figure in figures.items():
        yield Row(
            what=bench.named(f"log of {messages:,} messages, {view}; its raw SQL"),
            ours=figure["ms"],
            reference=figure["raw_ms"],
            unit="ms",
            target=target("message-log"),
            note=f"{figure['queries']} queries",
        )
