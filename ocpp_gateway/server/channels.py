"""HTTP connections: they give clients a while to say what they want, and end politely."""

import logging
from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from ocpp_gateway.server.requests import Request

logger = logging.getLogger("ocpp_gateway.server")

LINGER_S = 2.0


class Channel(HTTPChannel):
    """One connection, with one request after another."""

    transport: Any

    def __init__(self) -> None:
        super().__init__()
        self._head_timer: Any = None
        self._is_leaving = False

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        """Take in what the client sends; a head that drips in is cut off."""
        if self._is_leaving:
            return
        if self._head_timer is None and self.line_mode:
            seconds = self.factory.server.options.head_s
            self._head_timer = self.callLater(seconds, self._head_is_late)
        super().dataReceived(data)

    def allHeadersReceived(self) -> None:  # noqa: N802
        """The head is whole: what follows has a pace of its own."""
        self._forget_head_timer()
        super().allHeadersReceived()

    def loseConnection(self) -> None:  # noqa: N802
        """Close; with a body still coming, only after its sender had time to read our answer.

        A socket that is closed with unread data resets the connection, and the answer is lost.
        """
        if self._transferDecoder is None or self._is_leaving:
            super().loseConnection()
            return
        self._is_leaving = True
        self.setTimeout(None)
        self._networkProducer.unregisterProducer()
        self.transport.resumeProducing()
        self.transport.loseWriteConnection()
        self._head_timer = self.callLater(LINGER_S, self.transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802
        """The connection is gone."""
        self._forget_head_timer()
        super().connectionLost(reason)

    def _forget_head_timer(self) -> None:
        if self._head_timer is not None and self._head_timer.active():
            self._head_timer.cancel()
        self._head_timer = None

    def _head_is_late(self) -> None:
        logger.info("A request did not come to its point: connection cut.")
        self.transport.abortConnection()


class RequestFactory(HTTPFactory):
    """Makes the connections on which requests arrive."""

    protocol = Channel

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802  Twisted's name
        """As daphne's, but with our requests."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel
