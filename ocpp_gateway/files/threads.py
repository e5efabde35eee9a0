"""Where files are read and written, and their rows: off the loop that answers heartbeats."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")

# Of their own: a disk that hangs keeps files waiting, not pages.
POOL = ThreadPoolExecutor(max_workers=8, thread_name_prefix="files")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call what does queries, or waits for a disk."""
    call = database_sync_to_async(function, thread_sensitive=False, executor=POOL)
    result: R = await call(*args, **kwargs)
    return result
