"""Deletes many rows a little at a time: whoever writes meanwhile waits for a moment at most."""

import time
from collections.abc import Callable
from typing import Any

FIRST_CHUNK = 50  # rows of the first transaction
LEAST_CHUNK, MOST_CHUNK = 20, 5_000
CHUNK_S = 0.01  # what a transaction should take: the next one has as many rows as that allows
PAUSE_S = 0.01  # between two transactions: SQLite has one writer at a time

Doomed = Callable[[int], list[int]]  # the keys of at most so many rows that may go
Delete = Callable[[list[int]], Any]


def delete(doomed: Doomed, let_go: Delete, *, ends_at: float) -> bool:
    """Let go of the doomed in chunks; True when the time was over before the last one."""
    size = FIRST_CHUNK
    while pks := doomed(size):
        began_at = time.monotonic()
        if began_at > ends_at:
            return True
        let_go(pks)
        took_s = max(time.monotonic() - began_at, 1e-6)
        size = int(len(pks) * min(2.0, CHUNK_S / took_s))
        size = max(LEAST_CHUNK, min(MOST_CHUNK, size))
        time.sleep(PAUSE_S)
    return False
