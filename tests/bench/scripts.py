"""What the sockets of the load generator do: talk in a closed loop, arrive, charge cars."""

import asyncio
import re
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from tests.bench import frames
from tests.bench.sockets import StationSocket

TRANSACTION = re.compile(rb'"transactionId": ?(\d+)')
METERS = 10
# Authorize, StartTransaction, MeterValues, StopTransaction.
STEPS = METERS + 3


class Tally:
    """What was answered, while it counts."""

    def __init__(self, *, expects: bytes) -> None:
        self.expects = expects
        self.is_over = False
        self.answers = 0
        self.sessions = 0
        self.wrong: list[str] = []
        self.in_flight = 0

    def note(self, text: bytes) -> None:
        self.answers += 1
        if not text.startswith(self.expects):
            self.wrong.append(text[:200].decode(errors="replace"))


class Talk:
    """One kind of message, over and over: the next as soon as the last was answered.

    Goes on in the pool where the socket's last talk ended: repeats would be answered from memory.
    """

    __slots__ = ("_pool", "_tally")

    def __init__(self, pool: Sequence[bytes], tally: Tally) -> None:
        self._pool = pool
        self._tally = tally

    def begin(self, socket: StationSocket) -> None:
        self._tally.in_flight += 1
        socket.said = (socket.said + 1) % len(self._pool)
        socket.send(self._pool[socket.said])

    def answered(self, socket: StationSocket, text: bytes) -> None:
        self._tally.note(text)
        self._tally.in_flight -= 1
        if not self._tally.is_over:
            self.begin(socket)


class Pace:
    """As Talk, but only when told: for a load below what the server can take."""

    __slots__ = ("_talk", "_tally", "is_waiting")

    def __init__(self, pool: Sequence[bytes], tally: Tally) -> None:
        self._talk = Talk(pool, tally)
        self._tally = tally
        self.is_waiting = False

    def begin(self, socket: StationSocket) -> None:
        self.is_waiting = True
        self._talk.begin(socket)

    def answered(self, _socket: StationSocket, text: bytes) -> None:
        self._tally.note(text)
        self._tally.in_flight -= 1
        self.is_waiting = False


class Charge:
    """Whole sessions, one after the other."""

    __slots__ = ("_number", "_step", "_tally", "_transaction_id")

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._number = 0
        self._step = 0
        self._transaction_id = 0

    def begin(self, socket: StationSocket) -> None:
        self._tally.in_flight += 1
        self._number += 1
        socket.send(frames.masked(self._text()))

    def _text(self) -> bytes:
        match self._step:
            case 0:
                return frames.authorize(self._number)
            case 1:
                return frames.start(self._number)
            case step if step < STEPS - 1:
                return frames.meters(self._number, self._transaction_id)
            case _:
                return frames.stop(self._number, self._transaction_id)

    def answered(self, socket: StationSocket, text: bytes) -> None:
        self._tally.note(text)
        self._tally.in_flight -= 1
        if self._step == 1 and (found := TRANSACTION.search(text)) is not None:
            self._transaction_id = int(found[1])
        self._step = (self._step + 1) % STEPS
        self._tally.sessions += self._step == 0
        if not self._tally.is_over:
            self.begin(socket)


class Arrive:
    """Frames in order, each after the answer to the one before; `done` when all are answered."""

    __slots__ = ("_at", "_frames", "done")

    def __init__(self, texts: Sequence[bytes]) -> None:
        self._frames = texts
        self._at = 0
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def begin(self, socket: StationSocket) -> None:
        socket.send(self._frames[0])

    def answered(self, socket: StationSocket, text: bytes) -> None:
        self._at += 1
        socket.last = text[:200]
        if self._at < len(self._frames) and text.startswith(b"[3,"):
            socket.send(self._frames[self._at])
        elif not self.done.done():
            self.done.set_result(text.startswith(b"[3,"))


async def drained(tally: Tally, timeout_s: float = 30.0) -> None:
    """All that was sent is answered: the next measurement starts clean."""
    deadline = perf_counter() + timeout_s
    while tally.in_flight > 0 and perf_counter() < deadline:  # noqa: ASYNC110  counted, not told
        await asyncio.sleep(0.02)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


Answer = dict[str, Any]
