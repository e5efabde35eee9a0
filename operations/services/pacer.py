"""Has the engine look at a batch as soon as one of its runs has moved on."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

GATHER_S = 0.02  # what happens to a batch meanwhile makes one look
# A look waits behind all that this process has to write: the longer it took, the longer the next
# holds off, so that a busy process asks less of itself. At most so long.
HOLDS_OFF_S = 0.1

Done = Callable[[Any], None]
# Has these batches looked at (pacing.advance), and tells which are to be looked at again.
Look = Callable[[Collection[int], Done], None]


class Pacer:
    """Gathers nudges; one look at a time in each process.

    Bound in server processes alone: there runs are answered. Elsewhere, and for whatever gets
    lost, the sweeper looks each second.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: Look | None = None
        self._due: set[int] = set()
        self._is_looking = False
        self._began_at = 0.0
        self._gather_s = GATHER_S

    def bind(self, loop: asyncio.AbstractEventLoop, look: Look) -> None:
        """From now on look from this loop."""
        self._loop, self._look = loop, look
        self._due.clear()
        self._is_looking = False

    def unbind(self) -> None:
        """The loop is about to end."""
        self._loop = self._look = None

    def nudge(self, batch_pk: int) -> None:
        """Something happened to this batch; from any thread."""
        loop = self._loop
        # Those that are due are looked at after this, so once is enough.
        if loop is not None and not loop.is_closed() and batch_pk not in self._due:
            loop.call_soon_threadsafe(self._gather, batch_pk)

    def _gather(self, batch_pk: int) -> None:
        self._due.add(batch_pk)
        if not self._is_looking and self._loop is not None:
            self._is_looking = True
            self._loop.call_later(self._gather_s, self._look_now)

    def _look_now(self) -> None:
        due, self._due = self._due, set()
        if self._look is not None and self._loop is not None:
            self._began_at = self._loop.time()
            self._look(due, self._looked)

    def _looked(self, again: Any) -> None:
        self._is_looking = False
        if self._loop is not None:
            took_s = self._loop.time() - self._began_at
            self._gather_s = min(max(GATHER_S, took_s / 2), HOLDS_OFF_S)
        # Where it failed the sweeper looks.
        hungry = again if isinstance(again, set) else set()
        for pk in hungry | self._due:
            self._gather(pk)


pacer = Pacer()
