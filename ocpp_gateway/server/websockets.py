"""The WebSocket side: daphne's sockets with the whole of ASGI, backpressure and polite endings."""

# ruff: noqa: FBT001, FBT002, FBT003, N802, N803, N815
# The names and signatures of what is overridden are Twisted's and autobahn's.

import asyncio
import logging
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from http.client import responses as phrases
from typing import Any

from autobahn.websocket.protocol import WebSocketProtocol as AutobahnProtocol
from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.interfaces import IDelayedCall

from ocpp_gateway.server.flow import Inbox, WriteGate

logger = logging.getLogger("ocpp_gateway.server")

Message = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
# Takes a message at once; False when it has to wait its turn.
Take = Callable[[str | bytes], bool]

TEXT, BINARY = 1, 2
MAX_REASON_BYTES = 123  # RFC 6455 §5.5: a close frame holds 125 bytes, two of them the code
NO_CODE = 1005  # RFC 6455 §7.1.5: the peer's close frame had none


def close_reason(text: str) -> bytes:
    """Cut the reason to what fits into a close frame, between characters."""
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore").encode()


class Socket(WebSocketProtocol):
    """One WebSocket, from its handshake to its end."""

    muted: bool
    message_data: list[bytes] | None
    autoPingTimeoutCall: Any
    autoPingPending: bytes | None
    ponged_at: float | None = None
    take: Take | None = None
    handshake_deferred: Any
    CONFIG_ATTRS: Sequence[str] = ()

    def _connectionMade(self) -> None:
        """As autobahn's, without debug messages: to format them takes as long as all the rest."""
        for name in WebSocketProtocol.CONFIG_ATTRS:
            setattr(self, name, getattr(self.factory, name))
        AutobahnProtocol._connectionMade(self)  # noqa: SLF001  of which this is one
        self.factory.countConnections += 1

    def onConnect(self, request: Any) -> Any:
        """Start the application for a handshake that is well formed."""
        self.gate = WriteGate()
        self._refusal: tuple[int, Headers, bytearray] | None = None
        if self.factory.server_class.is_stopping:
            self._hear_the_transport()
            raise ConnectionDeny(503)
        accepted = super().onConnect(request)
        self._let_the_kernel_watch()
        self._hear_the_transport()
        return accepted

    def _hear_the_transport(self) -> None:
        """The HTTP connection this one grew out of still asks for the transport's signals."""
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.gate, True)

    @property
    def target(self) -> bytes:
        """The path as it was sent. autobahn's own drops `;…`, which an identity may contain."""
        sent: str = self.http_request_uri
        path: str = sent.partition("?")[0] if sent.startswith("/") else self.http_request_path
        return path.encode("latin1")

    def new_inbox(self) -> Inbox:
        """Make the queue between this socket and its application."""
        return Inbox(on_full=self._pause_reading, on_drained=self._resume_reading)

    # -- from the peer

    def dataReceived(self, data: bytes) -> None:
        """As autobahn's, without a debug message formatted for every packet."""
        self._dataReceived(data)

    def onMessageEnd(self) -> None:
        """As autobahn's, without futures for listeners that daphne does not have."""
        if not self.failedByMe:
            self.onMessage(b"".join(self.message_data or ()), self.message_is_binary)
        self.message_data = None

    def onOpen(self) -> None:
        """Nothing to tell: the application opened it."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Give the application a message, unless one of us has said goodbye."""
        if self.state != self.STATE_OPEN or self.muted:
            return
        content = payload if isBinary else payload.decode()
        # None overtakes those that wait in the queue.
        if self.take is not None and self.application_queue.empty() and self.take(content):
            return
        key = "bytes" if isBinary else "text"
        self.application_queue.put_nowait({"type": "websocket.receive", key: content})

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """Tell the application that the socket is gone, if there ever was one."""
        tell = partial(self._tell_disconnect, NO_CODE if code is None else code, reason or "")
        if hasattr(self, "server"):
            self.server.socket_closed(self, tell)
        else:
            tell()

    def _tell_disconnect(self, code: int, reason: str) -> None:
        if hasattr(self, "application_queue") and not self.muted:
            self.muted = True
            self.application_queue.put_nowait(
                {"type": "websocket.disconnect", "code": code, "reason": reason}
            )

    def _pause_reading(self) -> None:
        self.transport.pauseProducing()
        # Pongs are not read either: a peer is not dead because our application is slow.
        if self.autoPingTimeoutCall is not None:
            self._cancelAutoPingTimeoutCall()

    def _resume_reading(self) -> None:
        self.transport.resumeProducing()

    def _sendAutoPing(self) -> None:
        super()._sendAutoPing()
        if self.application_queue.is_full:
            self._cancelAutoPingTimeoutCall()

    def _let_the_kernel_watch(self) -> None:
        """Have TCP give up when our pings are not even acknowledged.

        It also finds those who are gone among the peers that never pong (mobilityhouse 350).
        """
        unanswered_s = self.factory.autoPingInterval + self.factory.autoPingTimeout
        if hasattr(socket, "TCP_USER_TIMEOUT") and unanswered_s:
            self.transport.getHandle().setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unanswered_s * 1000)
            )

    def onAutoPong(self, *_ping: Any) -> None:
        """Note a peer that pongs: from now on it is expected to."""
        self.ponged_at = time.time()

    def onAutoPingTimeout(self) -> None:
        """Drop a peer that used to pong. One that never did may be alive all the same."""
        if self.ponged_at is not None:
            super().onAutoPingTimeout()
            return
        self.autoPingTimeoutCall = self.autoPingPending = None
        self.autoPingPendingCall = self.factory._batched_timer.call_later(  # noqa: SLF001
            self.autoPingInterval, self._sendAutoPing
        )

    # -- from the application

    def handle_reply(self, message: Message) -> None:
        """Do what the application says."""
        if self.state == self.STATE_CONNECTING:
            self._answer_handshake(message)
        elif message["type"] == "websocket.send":
            self._send_message(message)
        elif message["type"] == "websocket.close":
            self.close(message.get("code") or 1000, message.get("reason") or "")
        else:
            raise ValueError(f"{message['type']!r} cannot be sent after the handshake.")

    def hear(self, take: Take) -> None:
        """From now on offer each message to the application as it arrives."""
        self.take = take

    def say(self, text: str) -> bool:
        """Send a text at once; False when the application has to wait for the peer."""
        if self.state != self.STATE_OPEN or not self.gate.is_open:
            return False
        self.sendFrame(TEXT, text.encode())
        return True

    async def drain(self) -> None:
        """Wait for a peer that does not read; pings find out whether it ever will."""
        await self.gate.wait()

    def _answer_handshake(self, message: Message) -> None:
        match message["type"]:
            case "websocket.accept":
                self._accept(message.get("subprotocol"), message.get("headers") or ())
            case "websocket.close":
                self.refuse(403, [], (message.get("reason") or "").encode())
            case "websocket.http.response.start":
                self._refusal = message["status"], list(message.get("headers") or ()), bytearray()
            case "websocket.http.response.body" if self._refusal is not None:
                self._refusal[2].extend(message.get("body") or b"")
                if not message.get("more_body"):
                    self.refuse(*self._refusal)
            case unexpected:
                raise ValueError(f"{unexpected!r} cannot be sent before the socket is accepted.")

    def _accept(self, subprotocol: str | None, headers: Any) -> None:
        if subprotocol is not None and subprotocol not in self.websocket_protocols:
            raise ValueError(f"The client did not offer the subprotocol {subprotocol!r}.")
        by_name: dict[str, list[str]] = defaultdict(list)
        for name, value in checked(headers):
            by_name[name.decode("latin1")].append(value.decode("latin1"))
        self.handshake_deferred.callback((subprotocol, by_name))
        del self.handshake_deferred

    def _send_message(self, message: Message) -> None:
        if self.state != self.STATE_OPEN:
            return
        text = message.get("text")
        if text is None:
            self.sendFrame(BINARY, message.get("bytes") or b"")
        else:
            self.sendFrame(TEXT, text.encode())

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """As autobahn's, without its debug message and its means of testing."""
        self.transport.write(data)

    # -- endings

    def refuse(self, status: int, headers: Headers, body: bytes | bytearray) -> None:
        """Answer the handshake with an HTTP response, and be done with it."""
        own = (b"content-length", b"connection", b"transfer-encoding")
        kept = [(name, value) for name, value in checked(headers) if name.lower() not in own]
        kept += [(b"Content-Length", b"%d" % len(body)), (b"Connection", b"close")]
        head = [f"HTTP/1.1 {status} {phrases.get(status, '')}".encode()]
        head += [name + b": " + value for name, value in kept]
        self.sendData(b"\r\n".join([*head, b"", bytes(body)]))
        self.wasNotCleanReason = f"handshake refused with {status}"
        self.dropConnection()

    def failHandshake(
        self,
        reason: str,
        code: int = 400,
        responseHeaders: Any = None,
    ) -> None:
        """Refuse a handshake that autobahn finds wrong, saying what is."""
        headers = [(n.encode(), str(v).encode()) for n, v in responseHeaders or ()]
        body = reason if code < 500 else phrases[code]
        self.refuse(
            code, [*headers, (b"Content-Type", b"text/plain; charset=utf-8")], body.encode()
        )

    def onOpenHandshakeTimeout(self) -> None:
        """Refuse: the application has not made up its mind. The client may try again."""
        self.openHandshakeTimeoutCall = None
        if self.state == self.STATE_CONNECTING:
            logger.warning("The application took too long to answer a handshake.")
            self.refuse(503, [(b"Retry-After", b"30")], b"The server is busy. Try again later.")

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame; the connection ends when the peer answers it, or does not."""
        self.sendCloseFrame(code=code, reasonUtf8=close_reason(reason) or None)

    def handle_exception(self, exception: BaseException) -> None:
        """Say that the application broke: 500 or 1011."""
        if self.state == self.STATE_CONNECTING:
            self.failHandshake("", 500)
        else:
            self.close(1011, "Internal error")

    def handle_return(self) -> None:
        """End what the application left open when it returned."""
        if self.state == self.STATE_CONNECTING:
            logger.error("The application returned without an answer to the handshake.")
            self.failHandshake("", 500)
        else:
            self.close(1000)

    def say_goodbye(self) -> None:
        """Close with 1001, and let the application clean up at once: the server stops."""
        reason = "The server is shutting down."
        if self.state == self.STATE_CONNECTING:
            self.refuse(503, [(b"Retry-After", b"5")], reason.encode())
        else:
            self.close(1001, reason)
        self._tell_disconnect(1001, reason)

    def dropConnection(self, abort: bool = False) -> None:
        """Drop TCP: in good order after a clean close, yet soon if the peer does not read."""
        if self.state == self.STATE_CLOSED:
            return
        super().dropConnection(abort=abort and not self.wasClean)
        self._cut: IDelayedCall | None = self.factory.reactor.callLater(
            self.closeHandshakeTimeout, self.transport.abortConnection
        )

    def connectionLost(self, reason: Any) -> None:
        """Let go of whoever waits for this socket; else as autobahn's, without debug messages."""
        cut = getattr(self, "_cut", None)
        if cut is not None and cut.active():
            cut.cancel()
        if hasattr(self, "gate"):
            self.gate.resumeProducing()
        self.take = None
        AutobahnProtocol._connectionLost(self, reason)  # noqa: SLF001  of which this is one
        self.factory.countConnections -= 1
        # What refers to itself in a circle is left to the collector, which stops the process.
        self.is_open = self.is_closed = self.handshake_deferred = None
        if hasattr(self, "application_queue"):
            self.application_queue.let_go()

    def check_timeouts(self) -> None:
        """None of daphne's: autobahn pings, and a socket lives as long as it likes."""


def checked(headers: Any) -> Headers:
    """Return the application's headers, unless one of them would end its line early."""
    pairs = [(bytes(name), bytes(value)) for name, value in headers]
    for name, value in pairs:
        if any(byte in name + value for byte in b"\r\n"):
            raise ValueError(f"The header {name!r} holds a line break.")
    return pairs


class SocketFactory(WebSocketFactory):
    """Makes the sockets."""

    protocol = Socket

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # autobahn's own timer rounds down to whole seconds: 1 s may be over at once.
        self._batched_timer = asyncio.get_running_loop()
