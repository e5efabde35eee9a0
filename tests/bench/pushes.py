"""Browsers with a list of chargers open while stations report: how soon each change shows."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from time import perf_counter

from tests.bench import frames
from tests.bench.scripts import Answer, quantile
from tests.bench.sockets import StationSocket

ROWS = 25  # of a page of the list
CELL = re.compile(r"charger-(\d+)-")
PATIENCE_S = 10.0
SETTLED_S = 1.0  # for what pages are told when they begin to look
BEAT_S = 0.005

Heard = Callable[[str, str], None]  # an element's id, and what it shows now


class BrowserSocket(StationSocket):
    """A page's live socket."""

    def __init__(self, port: int, cookies: Mapping[str, str], heard: Heard) -> None:
        super().__init__(0, port, lambda _socket: None)
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._head = (
            "GET /live/ HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {pairs}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._patched = heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(self._head.encode())

    def watch(self, keys: list[str]) -> None:
        self.send(frames.masked(json.dumps({"watch": keys}).encode()))

    def _text(self, text: bytes) -> None:
        for patch in json.loads(text)["patches"]:
            self._patched(patch["id"], patch["html"])


class _Ignored:
    """The answers to what stations report here are not looked at."""

    def answered(self, socket: StationSocket, text: bytes) -> None: ...


class Report:
    """The last status a station sent, and which of its viewers have seen it."""

    def __init__(self, word: str, sent_at: float) -> None:
        self.word = word
        self.sent_at = sent_at
        self.seen_ms: dict[int, float] = {}


class Pushes:
    """Some stations that report at a steady pace, and browsers that show them."""

    def __init__(self, sockets: Mapping[int, StationSocket]) -> None:
        self._sockets = sockets
        self._last: dict[int, Report] = {}  # by charger
        self._viewers: dict[int, int] = {}  # how many look at a charger
        self._reports: list[tuple[Report, int]] = []

    async def show(
        self,
        *,
        port: int,
        cookies: dict[str, str],
        browsers: int,
        first_charger: int,
        per_s: float,
        seconds: float,
    ) -> Answer:
        """How long each report took to each browser that has its charger on the page."""
        stations = sorted(self._sockets)
        opened = []
        for number in range(browsers):
            rows = [stations[(number * ROWS + row) % len(stations)] for row in range(ROWS)]
            opened.append(await self._open(port, cookies, number, first_charger, rows))
        await asyncio.sleep(SETTLED_S)
        sent = await self._report(first_charger, per_s, seconds)
        await asyncio.sleep(SETTLED_S)
        for browser in opened:
            browser.transport.abort()
        return {"sent_per_s": sent / seconds, **self._figures()}

    async def _open(
        self, port: int, cookies: dict[str, str], number: int, first: int, rows: list[int]
    ) -> BrowserSocket:
        def heard(dom_id: str, html: str) -> None:
            cell = CELL.match(dom_id)
            report = self._last.get(int(cell[1])) if cell else None
            if report is not None and report.word in html:
                passed_ms = (perf_counter() - report.sent_at) * 1000
                report.seen_ms.setdefault(number, passed_ms)

        loop = asyncio.get_running_loop()
        _transport, browser = await loop.create_connection(
            lambda: BrowserSocket(port, cookies, heard), "127.0.0.1", port
        )
        async with asyncio.timeout(PATIENCE_S):
            assert await browser.accepted, browser.last
        for row in rows:
            self._viewers[first + row] = self._viewers.get(first + row, 0) + 1
        browser.watch([f"charger:{first + row}" for row in rows])
        return browser

    async def _report(self, first: int, per_s: float, seconds: float) -> int:
        """Each station in its turn, another status each time."""
        stations = sorted(self._sockets)
        for number in stations:
            self._sockets[number].script = _Ignored()
        began, sent = perf_counter(), 0
        while (passed := perf_counter() - began) < seconds:
            for count in range(sent, int(passed * per_s)):
                turn, place = divmod(count, len(stations))
                number = stations[place]
                report = Report("Preparing" if turn % 2 == 0 else "Available", perf_counter())
                self._last[first + number] = report
                self._reports.append((report, self._viewers.get(first + number, 0)))
                self._sockets[number].send(frames.masked(frames.status(turn + 1)))
                sent = count + 1
            await asyncio.sleep(BEAT_S)
        return sent

    def _figures(self) -> Answer:
        """What was never shown counts as having taken all the patience."""
        taken = [ms for report, _viewers in self._reports for ms in report.seen_ms.values()]
        wanted = sum(viewers for _report, viewers in self._reports)
        missing = wanted - len(taken)
        taken += [PATIENCE_S * 1000] * missing
        return {
            "p50_ms": quantile(taken, 0.5),
            "p95_ms": quantile(taken, 0.95),
            "shown": wanted - missing,
            "missing": missing,
        }
