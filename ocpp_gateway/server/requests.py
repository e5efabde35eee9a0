"""The HTTP side: daphne's requests, that wait for clients which read slowly."""

import asyncio
import logging
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

from ocpp_gateway.server.flow import WriteGate

logger = logging.getLogger("ocpp_gateway.server")

Message = dict[str, Any]


class Request(WebRequest):
    """One HTTP request and its response."""

    error_template = "<!doctype html><title>%(title)s</title><h1>%(title)s</h1><p>%(body)s</p>"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gate = WriteGate()

    @property
    def is_waiting(self) -> bool:
        """Whether the client still waits for (the rest of) its response."""
        return not self.finished and not self._disconnected

    def handle_reply(self, message: Message) -> None:
        """Pass a message of the application on to the client."""
        self.server.check_headers_type(message)
        starts = message["type"] == "http.response.start" and not self._response_started
        super().handle_reply(message)
        if starts and self.is_waiting:
            self.registerProducer(self.gate, True)  # noqa: FBT003  Twisted's order

    async def drain(self) -> None:
        """Wait for a client that does not read; cut it off when it has stopped reading."""
        try:
            await asyncio.wait_for(self.gate.wait(), self.server.options.stalled_response_s)
        except TimeoutError:
            logger.info("A response was left unread: connection cut.", extra={"path": self.path})
            self.cut_off()

    def finish(self) -> None:
        """End the response; the next request on this connection brings its own gate."""
        if self.producer is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        """Let go of whoever waits for this client to read."""
        self.gate.resumeProducing()
        super().connectionLost(reason)

    def handle_exception(self, exception: BaseException) -> None:
        """Answer 500, or break off a response that has begun so that it is not taken for whole."""
        if not self.is_waiting:
            return
        if self._response_started:
            self.cut_off()
        else:
            self.basic_error(500, b"Internal Server Error", "The server could not answer this.")

    def handle_return(self) -> None:
        """End a response that the application has not finished, and never will."""
        self.handle_exception(RuntimeError("The application returned without a whole response."))

    def say_goodbye(self) -> None:
        """Make this the connection's last response: the server stops."""
        if self.is_waiting:
            self.channel.persistent = False

    def cut_off(self) -> None:
        """Drop the connection, with what is still to be sent."""
        if self.channel is not None:
            self.channel.forceAbortClient()


class RequestFactory(HTTPFactory):
    """Makes the connections on which requests arrive."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802  Twisted's name
        """As daphne's, with our requests."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel
