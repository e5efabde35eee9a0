"""Has the engine look at a batch as soon as one of its runs has moved on."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

GATHER_S = 0.02  # what happens to a batch meanwhile makes one look

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
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._gather, batch_pk)

    def _gather(self, batch_pk: int) -> None:
        self._due.add(batch_pk)
        if not self._is_looking and self._loop is not None:
            self._is_looking = True
            self._loop.call_later(GATHER_S, self._look_now)

    def _look_now(self) -> None:
        due, self._due = self._due, set()
        if self._look is not None:
            self._look(due, self._looked)

    def _looked(self, again: Any) -> None:
        self._is_looking = False
        if not isinstance(again, set):
            return  # it failed; the sweeper looks
        for pk in again | self._due:
            self._gather(pk)


pacer = Pacer()
