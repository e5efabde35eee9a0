"""Heartbeats at a steady pace, each timed: what stations notice of whatever else goes on."""

import asyncio
from time import perf_counter
from typing import Any

from tests.bench import frames
from tests.bench.scripts import quantile
from tests.bench.sockets import StationSocket

PATIENCE_S = 10.0
BEAT_S = 0.005


class Beat:
    """One station's heartbeats, one at a time."""

    __slots__ = ("_number", "_sent_at", "_taken_ms", "is_waiting")

    def __init__(self, taken_ms: list[float]) -> None:
        self._taken_ms = taken_ms
        self._number = 0
        self._sent_at = 0.0
        self.is_waiting = False

    def begin(self, socket: StationSocket) -> None:
        self._number += 1
        self._sent_at = perf_counter()
        self.is_waiting = True
        socket.send(frames.masked(frames.heartbeat(self._number)))

    def answered(self, _socket: StationSocket, text: bytes) -> None:
        assert text.startswith(b"[3,"), text[:200]
        self._taken_ms.append((perf_counter() - self._sent_at) * 1000)
        self.is_waiting = False


class Beats:
    """The heartbeats of some sockets, until told to end."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._taken_ms: list[float] = []
        self._beats: list[Beat] = []

    def begin(self, sockets: list[StationSocket], per_s: float) -> None:
        self._taken_ms = []
        self._beats = []
        for socket in sockets:
            socket.script = beat = Beat(self._taken_ms)
            self._beats.append(beat)
        self._task = asyncio.create_task(self._go_on(sockets, per_s))

    async def _go_on(self, sockets: list[StationSocket], per_s: float) -> None:
        began, sent = perf_counter(), 0
        while True:
            due = int((perf_counter() - began) * per_s)
            for number in range(sent, due):
                place = number % len(sockets)
                if not self._beats[place].is_waiting:
                    self._beats[place].begin(sockets[place])
            sent = due
            await asyncio.sleep(BEAT_S)

    async def end(self) -> dict[str, Any]:
        """All that were sent are answered, or never will be."""
        assert self._task is not None
        self._task.cancel()
        deadline = perf_counter() + PATIENCE_S
        while any(beat.is_waiting for beat in self._beats):
            if perf_counter() > deadline:
                break
            await asyncio.sleep(0.01)
        return {
            "beats": len(self._taken_ms),
            "p50_ms": quantile(self._taken_ms, 0.5),
            "p99_ms": quantile(self._taken_ms, 0.99),
            "unanswered": sum(beat.is_waiting for beat in self._beats),
        }
