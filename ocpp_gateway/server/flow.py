"""Backpressure in both directions: nobody's buffer grows because somebody else is slow."""

import asyncio
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]

# Waiting input of one socket, over and under which its reading is paused and resumed. One station
# may wait; hundreds of them with a megabyte each may not take the process's memory.
INBOX_HIGH = 256 * 1024
INBOX_LOW = 64 * 1024
MESSAGE_OVERHEAD = 4 * 1024


def cost(message: Message) -> int:
    """Count what a waiting message holds: its payload, and that small ones are not free."""
    content = message.get("text") or message.get("bytes") or message.get("body") or b""
    return MESSAGE_OVERHEAD + len(content)


class Inbox(asyncio.Queue[Message]):
    """What an application has yet to receive; says when there is too much of it."""

    def __init__(self, *, on_full: Callable[[], None], on_drained: Callable[[], None]) -> None:
        super().__init__()
        self._on_full = on_full
        self._on_drained = on_drained
        self._held = 0
        self.is_full = False

    def let_go(self) -> None:
        """Say nothing any more: whoever was told has gone."""
        self._on_full = self._on_drained = _say_nothing

    def _put(self, item: Message) -> None:
        super()._put(item)
        self._held += cost(item)
        if not self.is_full and self._held >= INBOX_HIGH:
            self.is_full = True
            self._on_full()

    def _get(self) -> Message:
        item = super()._get()
        self._held -= cost(item)
        if self.is_full and self._held <= INBOX_LOW:
            self.is_full = False
            self._on_drained()
        return item


def _say_nothing() -> None:
    """There is nobody to be told."""


class WriteGate:
    """Holds senders back while the peer does not read: a push producer, in Twisted's words."""

    def __init__(self) -> None:
        self._reopened: asyncio.Event | None = None

    @property
    def is_open(self) -> bool:
        """Whether what is sent now goes out soon."""
        return self._reopened is None

    async def wait(self) -> None:
        """Wait until the peer reads again, or has gone."""
        if self._reopened is not None:
            await self._reopened.wait()

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name
        """Close the gate: the transport's buffer is full."""
        if self._reopened is None:
            self._reopened = asyncio.Event()

    def resumeProducing(self) -> None:  # noqa: N802
        """Open the gate: the transport's buffer is empty."""
        if self._reopened is not None:
            self._reopened.set()
            self._reopened = None

    def stopProducing(self) -> None:  # noqa: N802
        """Open the gate: the connection is gone, nobody needs to wait for it."""
        self.resumeProducing()
