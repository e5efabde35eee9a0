"""The message log with very many messages: each of its filters, beside the raw SQL it needs."""

from tests.bench.bench import Bench, Rows
from tests.bench.rows import beside_sql


def measure(bench: Bench) -> Rows:
    messages = bench.scale.messages
    figures = beside_sql.looked_at(bench, "message_log", "--messages", str(messages))
    yield from beside_sql.views(
        bench, f"log of {messages:,} messages", figures, "message-log", size=messages
    )
