"""The HTTP side: daphne's requests, with bodies and responses that nobody has to hold whole.

daphne calls the application when it has the whole body, however long that is and whoever sends it.
Here the application is called when the head is there, and says how fast the body comes by reading.
"""

import asyncio
import logging
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest

from ocpp_gateway.server.body import Body
from ocpp_gateway.server.flow import WriteGate
from operations import masking

logger = logging.getLogger("ocpp_gateway.server")

Message = dict[str, Any]


class Request(WebRequest):
    """One HTTP request and its response."""

    channel: Any
    error_template = "<!doctype html><title>%(title)s</title><h1>%(title)s</h1><p>%(body)s</p>"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gate = WriteGate()
        self.body: Body | None = None  # of a request that has one

    # -- from the client

    def gotLength(self, length: int | None) -> None:  # noqa: N802  Twisted's name
        """The head is here, and a body follows unless its length is 0: begin at once."""
        super().gotLength(0)
        if length == 0:
            return
        self.body = Body(self)
        channel = self.channel
        self.method, self.uri = channel._command, channel._path  # noqa: SLF001  Twisted's order
        self.clientproto, self.path = channel._version, self.uri.partition(b"?")[0]  # noqa: SLF001
        if self.requestHeaders.hasHeader(b"Upgrade"):
            self.basic_error(400, b"Bad Request", "No body belongs to a handshake.")
            return
        # Twisted would ask for the body at once; the application may want to refuse it.
        self.body.is_to_be_asked_for = self._takes_expectation()
        self.process()
        # `create_application` gave daphne none, so that it does not queue the body that it has not.
        self.application_queue = self.body.inbox

    def _takes_expectation(self) -> bool:
        expected = self.requestHeaders.getRawHeaders(b"Expect") or [b""]
        self.requestHeaders.removeHeader(b"Expect")
        return bool(expected[0].lower() == b"100-continue" and self.clientproto == b"HTTP/1.1")

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Hand a piece of the body on, unless nobody wants it any more."""
        if self.body is not None and self.is_waiting:
            self.body.add(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """The request is whole; one without a body begins now, or in its turn in a crowd."""
        if self.body is not None:
            self.body.end()
            return
        begin = partial(super().requestReceived, command, path, version)
        is_handshake = self.requestHeaders.hasHeader(b"Upgrade")
        if is_handshake and path.startswith(self.server.options.crowd_path):
            self.server.turns.wait(lambda: begin() if self.is_waiting else None)
        else:
            begin()

    def process(self) -> None:
        """Have it answered; the socket that a handshake becomes needs the HTTP side no more."""
        channel = self.channel
        super().process()
        if self.transport is None:
            channel.requests.clear()
            self.channel = None

    def new_inbox(self) -> asyncio.Queue[Message]:
        """Make the queue between this request and its application."""
        return asyncio.Queue() if self.body is None else self.body.inbox

    # -- to the client

    @property
    def is_waiting(self) -> bool:
        """Whether the client still waits for (the rest of) its response."""
        return not self.finished and not self._disconnected

    def handle_reply(self, message: Message) -> None:
        """Pass a message of the application on to the client."""
        self.server.check_headers_type(message)
        starts = message["type"] == "http.response.start" and not self._response_started
        if starts and self.body is not None and not self.body.is_whole and self.is_waiting:
            # The rest of the body would be taken for the next request.
            self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            self.channel.persistent = False
        super().handle_reply(message)
        if starts and self.is_waiting:
            self.registerProducer(self.gate, True)  # noqa: FBT003  Twisted's order

    async def drain(self) -> None:
        """Wait for a client that does not read; cut it off when it has stopped reading."""
        try:
            await asyncio.wait_for(self.gate.wait(), self.server.options.stalled_response_s)
        except TimeoutError:
            logger.info(
                "A response was left unread: connection cut.",
                extra={"path": masking.text(self.path.decode("latin1"))},
            )
            self.cut_off()

    def finish(self) -> None:
        """End the response; the next request on this connection brings its own gate."""
        if self.producer is not None:
            self.unregisterProducer()
        # Nothing more will be written, and nobody would say when the last of it is read.
        self.gate.resumeProducing()
        if self.body is not None:
            self.body.close()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  Twisted's name
        """Let go of whoever waits for this client to read."""
        self.gate.resumeProducing()
        if self.body is not None:
            self.body.close()
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
