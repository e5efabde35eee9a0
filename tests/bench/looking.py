"""People who look at a page, each look timed: what they notice of whatever else goes on."""

import asyncio
from time import perf_counter

from tests.bench.http import Browser
from tests.bench.scripts import Answer, quantile

PEOPLE, EVERY_S = 2, 1.0


class Looks:
    """Some people look at a page each second, whether the one before has come or not.

    A look's time counts from when it was due: who waits does not look less often for it.
    """

    def __init__(self) -> None:
        self._taken_ms: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, *, port: int, page: str, cookies: dict[str, str]) -> None:
        self._taken_ms = []
        self._tasks = [
            asyncio.create_task(self._look(Browser(port, cookies), page, place * EVERY_S / PEOPLE))
            for place in range(PEOPLE)
        ]

    async def _look(self, browser: Browser, page: str, first_s: float) -> None:
        due = perf_counter() + first_s
        while True:
            await asyncio.sleep(due - perf_counter())
            try:
                status = await browser.get(page)
                assert status == 200, f"{page} answered {status}"
            finally:  # also one that has taken so long by the end
                self._taken_ms.append((perf_counter() - due) * 1000)
            due += EVERY_S

    async def end(self) -> Answer:
        """How long the looks took, those that are under way so far."""
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise ended
        return {"looks": len(self._taken_ms), "p95_ms": quantile(self._taken_ms, 0.95)}
