"""Work that would hold the loop up, in a thread that ends with the task that waits for it."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class AbandonedError(Exception):
    """Nobody waits for the work any more."""


async def in_thread(work: Callable[[threading.Event], T]) -> T:
    """Run `work` in a thread of its own; it is told by the event when nobody waits any more.

    Not the loop's pool: a fleet has more transfers than that has threads, and a program that
    ends would wait for all of them.
    """
    loop, abandoned = asyncio.get_running_loop(), threading.Event()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work(abandoned)
        except Exception as raised:  # noqa: BLE001 - travels on to whoever waits
            error = raised
        if not abandoned.is_set():
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=run, name="transfer", daemon=True).start()
    try:
        return await future
    finally:
        abandoned.set()
