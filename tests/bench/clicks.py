"""Clicks: a form is posted, a frame reaches the station, its answer reaches the database."""

import asyncio
from collections.abc import Awaitable, Mapping
from time import perf_counter

from tests.bench.http import Browser
from tests.bench.scripts import Answer, quantile
from tests.bench.sockets import StationSocket
from tests.bench.watching import Watcher

PATIENCE_S = 10.0


class Clicks:
    """One person who clicks, and looks closely at what happens."""

    def __init__(self, sockets: Mapping[int, StationSocket]) -> None:
        self._sockets = sockets
        self._heard_at = 0.0

    async def click(
        self,
        *,
        port: int,
        paths: list[tuple[int, int, str]],
        database_url: str,
        cookies: dict[str, str],
        warmups: int,
        pause_s: float | None = None,
    ) -> Answer:
        """Click on each of (socket, station's key, path); times in ms from the request on.

        With `pause_s` the database is looked at that seldom: for who asks about frames alone.
        """
        browser, watcher = Browser(port, cookies), Watcher(database_url)
        times: list[tuple[float, float, float]] = []
        for number, station_pk, path in paths:
            self._sockets[number].heard = self._note
            before = watcher.answered_runs(station_pk)
            began = perf_counter()
            page = asyncio.create_task(_timed(browser.post(path)))
            async with asyncio.timeout(PATIENCE_S):
                # Seen from outside, by looking: whatever told us would be a part of the server.
                while watcher.answered_runs(station_pk) == before:
                    if page.done():
                        status, page_at = page.result()
                        assert status == 200, f"{path} answered {status}"
                    await asyncio.sleep(watcher.pause_s if pause_s is None else pause_s)
            done = perf_counter()
            status, page_at = await page
            assert status == 200, f"{path} answered {status}"
            times.append((done - began, self._heard_at - began, page_at - began))
        watcher.close()
        times = times[warmups:]
        done_ms, heard_ms, page_ms = (
            [each * 1000 for each in column] for column in zip(*times, strict=True)
        )
        return {
            "p50_ms": quantile(done_ms, 0.5),
            "p99_ms": quantile(done_ms, 0.99),
            "frame_p50_ms": quantile(heard_ms, 0.5),
            "frame_p95_ms": quantile(heard_ms, 0.95),
            "page_p50_ms": quantile(page_ms, 0.5),
        }

    def _note(self, _unique_id: bytes) -> None:
        self._heard_at = perf_counter()

    async def press(self, *, port: int, paths: list[tuple[int, str]], warmups: int) -> Answer:
        """The round trip alone: request, layer, frame, answer, response."""
        browser = Browser(port, {})
        times = []
        for number, path in paths:
            self._sockets[number].heard = self._note
            began = perf_counter()
            status = await browser.post(path)
            times.append((perf_counter() - began) * 1000)
            assert status == 200, f"{path} answered {status}"
        times = times[warmups:]
        return {"p50_ms": quantile(times, 0.5), "p99_ms": quantile(times, 0.99)}


async def _timed(response: Awaitable[int]) -> tuple[int, float]:
    return await response, perf_counter()
