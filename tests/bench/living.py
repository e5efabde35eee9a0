"""Stations of the load generator that live a part of their day in compressed time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter

from tests.bench.days import Calendar, StationDay, Told
from tests.bench.http import Browser
from tests.bench.scripts import Answer, quantile
from tests.bench.sockets import StationSocket

TICK_S = 0.005
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.5


class Lives:
    """All stations that are connected, from `begin` to `end`; `reopen` has one connect again."""

    def __init__(
        self,
        sockets: Mapping[int, StationSocket],
        reopen: Callable[[int], Awaitable[bool]],
    ) -> None:
        self._sockets = sockets
        self._reopen = reopen
        self._told = Told()
        self._days: list[StationDay] = []
        self._living: asyncio.Task[None] | None = None
        self._returning: set[asyncio.Task[None]] = set()
        self._took_s = 0.0

    def begin(self, *, seconds: float, first_s: float, last_s: float) -> None:
        """From now on live the day from one second of it to the other, in so many seconds."""
        told = self._told = Told()
        sockets = list(self._sockets.values())
        self._days = [StationDay(socket, told, self._cut) for socket in sockets]
        for day in self._days:
            day.socket.script = day
        shares = (number / len(sockets) for number in range(len(sockets)))
        calendar = Calendar(shares, first_s=first_s, last_s=last_s)
        speed = (last_s - first_s) / seconds
        self._living = asyncio.create_task(self._live(calendar, first_s, speed))

    async def _live(self, calendar: Calendar, first_s: float, speed: float) -> None:
        began = perf_counter()
        while not calendar.is_over:
            for number, step in calendar.until(first_s + (perf_counter() - began) * speed):
                self._days[number].happens(step)
            await asyncio.sleep(TICK_S)
        self._took_s = perf_counter() - began

    def _cut(self, day: StationDay) -> None:
        """The line is cut, and the station comes again."""
        task = asyncio.create_task(self._come_back(day))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _come_back(self, day: StationDay) -> None:
        number = day.socket.number
        day.socket.script = None
        day.socket.transport.abort()
        while not await self._reopen(number):
            pass
        day.is_back(self._sockets[number])

    async def end(self) -> Answer:
        """The day is over, and what was said in it is answered, or never will be."""
        assert self._living is not None
        await self._living
        deadline = perf_counter() + PATIENCE_S
        while self._unanswered() and perf_counter() < deadline:  # noqa: ASYNC110  counted, not told
            await asyncio.sleep(TICK_S)
        told = self._told
        return {
            "unanswered": self._unanswered(),
            "sent": dict(told.sent),
            "answered": dict(told.answered),
            "wrong": told.wrong[:3],
            "late_s": told.late_s,
            "p99_ms": quantile(told.taken_ms, 0.99) if told.taken_ms else 0.0,
            "seconds": self._took_s,
        }

    def _unanswered(self) -> int:
        return sum(not day.is_idle for day in self._days)


class Operator:
    """Somebody at work all day: looks at a page, has a connector unlocked, and so on."""

    def __init__(self) -> None:
        self._working: asyncio.Task[None] | None = None
        self.looks = 0
        self.clicks = 0

    def begin(self, *, port: int, cookies: dict[str, str], page: str, paths: list[str]) -> None:
        self.looks = self.clicks = 0
        self._working = asyncio.create_task(self._work(Browser(port, cookies), page, paths))

    async def _work(self, browser: Browser, page: str, paths: list[str]) -> None:
        while True:
            for path in paths:
                assert await browser.get(page) == 200, page
                self.looks += 1
                assert await browser.post(path) == 200, path
                self.clicks += 1
                await asyncio.sleep(LOOK_EVERY_S)

    async def end(self) -> Answer:
        """Go home; raises whatever went wrong on the way."""
        assert self._working is not None
        self._working.cancel()
        await asyncio.wait({self._working})
        if not self._working.cancelled() and (error := self._working.exception()):
            raise error
        return {"looks": self.looks, "clicks": self.clicks}
