"""The load generator: a process of its own that does what it is told, line by line, in JSON."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter, process_time
from typing import Any

import uvloop

from tests.bench import frames, obedience
from tests.bench.beats import Beats
from tests.bench.clicks import Clicks
from tests.bench.living import Lives, Operator
from tests.bench.looking import Looks
from tests.bench.pushes import Pushes
from tests.bench.scripts import Answer, Arrive, Charge, Pace, Talk, Tally, drained
from tests.bench.sockets import StationSocket

# A station's own patience with a server that is busy, and ours with all of them.
STATION_PATIENCE_S = 60.0
PATIENCE_S = 240.0
ATTEMPTS = 500
RETRY_S = 0.1
BEAT_S = 0.005


class Generator:
    """All sockets to one server."""

    def __init__(self) -> None:
        self.port = 0
        self.sockets: dict[int, StationSocket] = {}
        self.lost = 0
        self.why = ""  # the last station was not let in
        self._clicks = Clicks(self.sockets)
        self._beats = Beats()
        self._lives = Lives(self.sockets, self._return)
        self._operator = Operator()
        self._looks = Looks()
        self._background: asyncio.Task[None] | None = None
        self._background_tally: Tally | None = None

    # -- connecting

    async def connect(
        self,
        *,
        port: int,
        first: int = 0,
        count: int,
        at_once: int = 200,
        arrives: bool = False,
        echoes: bool = False,
    ) -> Answer:
        """Open sockets, at most `at_once` under way; with `arrives` each boots and reports."""
        self.port = port
        self.lost = 0
        began = perf_counter()
        gate = asyncio.Semaphore(at_once)
        retries = 0
        texts = frames.arrival()

        async def one(number: int) -> int:
            nonlocal retries
            async with gate:
                while not await self._open(number, texts if arrives else None, echoes=echoes):
                    retries += 1
                    if self._is_hopeless(retries, perf_counter() - began):
                        return 0
                return 1

        opened = await asyncio.gather(*(one(number) for number in range(first, first + count)))
        return {
            "seconds": perf_counter() - began,
            "opened": sum(opened),
            "retries": retries,
            "lost": self.lost,
            "why": self.why,
        }

    def _is_hopeless(self, retries: int, seconds: float) -> bool:
        """Nobody gets in, or not all ever will."""
        return (not self.sockets and retries > ATTEMPTS) or seconds > PATIENCE_S

    async def _open(self, number: int, texts: list[bytes] | None, *, echoes: bool) -> bool:
        try:
            _transport, socket = await asyncio.get_running_loop().create_connection(
                lambda: StationSocket(number, self.port, self._lose), "127.0.0.1", self.port
            )
        except OSError as error:
            self.why = str(error)
            await asyncio.sleep(RETRY_S)
            return False
        socket.heard = None if echoes else _answer_only
        if await _is_served(socket, texts):
            self.sockets[number] = socket
            return True
        self.why = f"the answer was {socket.last.decode(errors='replace')!r}"
        socket.transport.abort()
        await asyncio.sleep(RETRY_S)
        return False

    async def _return(self, number: int) -> bool:
        """A station whose line was cut comes again."""
        self.sockets.pop(number, None)
        return await self._open(number, frames.arrival(), echoes=False)

    def _lose(self, socket: StationSocket) -> None:
        if self.sockets.get(socket.number) is socket:
            del self.sockets[socket.number]
            self.lost += 1

    async def drop(self) -> Answer:
        """Cut all sockets, as an outage does."""
        sockets = list(self.sockets.values())
        self.sockets.clear()
        for socket in sockets:
            socket.transport.abort()
        await asyncio.sleep(0)
        return {}

    # -- talking

    async def talk(
        self, *, kind: str, sockets: int, warmup_s: float, seconds: float, echoes: bool = False
    ) -> Answer:
        """A closed loop on some of the sockets; what is counted is what was answered."""
        tally = Tally(expects=b"[2," if echoes else b"[3,")
        pool = [] if kind == "session" else frames.pool(kind)
        talkers = list(self.sockets.values())[:sockets]
        for socket in talkers:
            script = Charge(tally) if kind == "session" else Talk(pool, tally)
            socket.script = script
            script.begin(socket)
        await asyncio.sleep(warmup_s)
        began, busy, before, sessions = self._now(tally)
        await asyncio.sleep(seconds)
        ended, busy_after, after, sessions_after = self._now(tally)
        tally.is_over = True
        await drained(tally)
        return {
            "per_s": (after - before) / (ended - began),
            "sessions_per_s": (sessions_after - sessions) / (ended - began),
            "answers": tally.answers,
            "generator_share": (busy_after - busy) / (ended - began),
            "wrong": tally.wrong[:3],
            "unanswered": tally.in_flight,
        }

    @staticmethod
    def _now(tally: Tally) -> tuple[float, float, int, int]:
        return perf_counter(), process_time(), tally.answers, tally.sessions

    # -- a steady load behind what is measured

    async def hum(self, *, kind: str, sockets: int, per_s: float) -> Answer:
        """From now on send that many messages per second; 0 ends it."""
        if self._background is not None:
            self._background.cancel()
            self._background = None
        if self._background_tally is not None:
            await drained(self._background_tally)
        if per_s > 0:
            tally = Tally(expects=b"[3,")
            # The last sockets: the first are those that are clicked.
            talkers = list(self.sockets.values())[-sockets:]
            self._background_tally = tally
            self._background = asyncio.create_task(_hum(talkers, frames.pool(kind), tally, per_s))
        return {}

    async def beat(self, *, sockets: int, per_s: float) -> Answer:
        """From now on send heartbeats, and note how long their answers take."""
        self._beats.begin(list(self.sockets.values())[:sockets], per_s)
        return {}

    async def beaten(self) -> Answer:
        """Enough; how long they took."""
        return await self._beats.end()

    async def live(self, **how: Any) -> Answer:
        """From now on all stations live a part of their day."""
        self._lives.begin(**how)
        return {}

    async def lived(self) -> Answer:
        """Once that part of the day is over: what was said and answered."""
        return await self._lives.end()

    async def work(self, **how: Any) -> Answer:
        """From now on somebody looks at a page and clicks."""
        self._operator.begin(port=self.port, **how)
        return {}

    async def worked(self) -> Answer:
        """Enough; how often."""
        return await self._operator.end()

    async def look(self, **how: Any) -> Answer:
        """From now on some people look at a page."""
        self._looks.begin(**how)
        return {}

    async def looked(self) -> Answer:
        """Enough; how long they waited."""
        return await self._looks.end()

    async def obey(self) -> Answer:
        """From now on do as told: an availability change is followed by its status."""
        for socket in self.sockets.values():
            socket.follows = obedience.follow
        return {}

    async def click(self, **how: Any) -> Answer:
        """Clicks, from the request to the run that is answered."""
        return await self._clicks.click(**how)

    async def show(self, **how: Any) -> Answer:
        """Reports, from the frame to the browsers that show them."""
        return await Pushes(self.sockets).show(**how)

    async def press(self, **how: Any) -> Answer:
        """The same through a bare layer: no portal, no database."""
        return await self._clicks.press(**how)


async def _is_served(socket: StationSocket, texts: list[bytes] | None) -> bool:
    """Whether the station is let in, and its first messages are answered, while it waits."""
    try:
        async with asyncio.timeout(STATION_PATIENCE_S):
            if not await socket.accepted:
                return False
            if texts is None:
                return True
            socket.script = arrival = Arrive(texts)
            arrival.begin(socket)
            return await arrival.done
    except TimeoutError:
        return False


def _answer_only(_unique_id: bytes) -> None:
    """The portal asks by itself; nobody times that."""


async def _hum(talkers: list[StationSocket], pool: list[bytes], tally: Tally, per_s: float) -> None:
    scripts = [(socket, Pace(pool, tally)) for socket in talkers]
    for socket, script in scripts:
        socket.script = script
    began, sent, at = perf_counter(), 0, 0
    while True:
        due = int((perf_counter() - began) * per_s)
        for _ in range(min(due - sent, len(scripts))):
            socket, script = scripts[at]
            at = (at + 1) % len(scripts)
            if not script.is_waiting:
                script.begin(socket)
        sent = due
        await asyncio.sleep(BEAT_S)


async def serve() -> None:
    """Read a command a line, write its answer a line."""
    generator = Generator()
    commands: dict[str, Callable[..., Awaitable[Answer]]] = {
        "connect": generator.connect,
        "drop": generator.drop,
        "talk": generator.talk,
        "hum": generator.hum,
        "beat": generator.beat,
        "beaten": generator.beaten,
        "live": generator.live,
        "lived": generator.lived,
        "work": generator.work,
        "worked": generator.worked,
        "look": generator.look,
        "looked": generator.looked,
        "obey": generator.obey,
        "click": generator.click,
        "show": generator.show,
        "press": generator.press,
    }
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        answer = await commands[order.pop("do")](**order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve())
