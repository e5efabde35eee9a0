"""A request's body on its way: no faster than it is read, no slower than is allowed."""

import asyncio
import logging
from typing import TYPE_CHECKING

from ocpp_gateway.server.flow import Inbox, Message

if TYPE_CHECKING:
    from ocpp_gateway.server.requests import Request

logger = logging.getLogger("ocpp_gateway.server")


class Body:
    """What has come of it and was not read yet, and whether more of it comes in time."""

    def __init__(self, request: "Request") -> None:
        self._channel = request.channel
        self._options = request.server.options
        self.inbox = Inbox(on_full=lambda: None, on_drained=self._resume)
        self.is_whole = False
        self.is_to_be_asked_for = False
        self._arrived_bytes = 0
        self._was_paused = False
        self._watch: asyncio.TimerHandle | None = None
        self._look_again()

    def add(self, data: bytes) -> None:
        """A piece has come."""
        self._arrived_bytes += len(data)
        self.inbox.put_nowait({"type": "http.request", "body": data, "more_body": True})
        if self.inbox.is_full:
            # Twisted reads again of its own accord when a response has been sent.
            self._pause()

    def end(self) -> None:
        """The last piece has come."""
        self.is_whole = True
        self.close()
        self.inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def next(self) -> Message:
        """The next piece, which a client that waits to be asked is asked for."""
        if self.is_to_be_asked_for:
            self.is_to_be_asked_for = False
            self._channel.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return await self.inbox.get()

    def close(self) -> None:
        """Nobody waits for more of it."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _pause(self) -> None:
        self._was_paused = True
        # The client is not idle because our application is slow.
        self._channel.setTimeout(None)
        self._channel._networkProducer.pauseProducing()  # noqa: SLF001  Twisted's own way

    def _resume(self) -> None:
        if self._watch is not None:
            self._channel.setTimeout(self._channel.timeOut)
            self._channel._networkProducer.resumeProducing()  # noqa: SLF001

    def _look_again(self) -> None:
        self._arrived_bytes = 0
        self._was_paused = self.inbox.is_full
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._options.body_window_s, self._look)

    def _look(self) -> None:
        """Cut off a client that drips, unless it was us who did not read."""
        waits = self._was_paused or self.is_to_be_asked_for
        if waits or self._arrived_bytes >= self._options.body_window_bytes:
            self._look_again()
            return
        logger.info("A request's body dripped in: connection cut.")
        self._channel.forceAbortClient()
