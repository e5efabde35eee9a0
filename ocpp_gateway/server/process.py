"""The process: listens, runs one application task per connection, and stops in good order."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast
from urllib.parse import unquote

from daphne.server import Server
from twisted.internet import reactor as installed_reactor
from twisted.internet.error import CannotListenError
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from ocpp_gateway.server.arriving import Listener, Turns
from ocpp_gateway.server.channels import RequestFactory
from ocpp_gateway.server.lifespan import Lifespan, StartupFailedError
from ocpp_gateway.server.options import Options
from ocpp_gateway.server.requests import Request
from ocpp_gateway.server.websockets import Socket, SocketFactory

logger = logging.getLogger("ocpp_gateway.server")
reactor: Any = installed_reactor

Message = dict[str, Any]
Scope = dict[str, Any]
Protocol = Request | Socket

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# After an outage, all stations come back in the same second. The system caps it (somaxconn).
BACKLOG = 65_535
FAREWELL_S = 1.0  # for peers to answer a close frame before the process is gone


class ServerProcess(Server):
    """daphne's server, with its life rewritten: no polling, and an ending."""

    def __init__(
        self,
        application: Any,
        *,
        host: str,
        port: int,
        options: Options,
        drain: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(application, endpoints=[f"{host}:{port}"], server_name="")
        self.host = host
        self.port = port
        self.options = options
        self.connections: dict[Protocol, asyncio.Task[None] | None] = {}
        self.turns = Turns()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lifespan = Lifespan(application)
        self._drain = drain
        self._failure: str | BaseException | None = None

    # -- life

    def run(self, on_ready: Callable[[int], None] | None = None) -> None:
        """Serve until a signal; end the process with a sentence when it cannot."""
        loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop  # noqa: SLF001
        asyncio.set_event_loop(loop)
        log_errors()
        reactor.callWhenRunning(self._begin, loop, on_ready)
        reactor.run(installSignalHandlers=False)
        if isinstance(self._failure, BaseException):
            raise self._failure
        if self._failure is not None:
            sys.exit(self._failure)

    def _begin(
        self, loop: asyncio.AbstractEventLoop, on_ready: Callable[[int], None] | None
    ) -> None:
        self._stop_asked, self._emptied = asyncio.Event(), asyncio.Event()
        for signum in SIGNALS:
            signal.signal(signum, partial(self._ask_to_stop, loop))
        self._life = loop.create_task(self._live(on_ready))
        self._life.add_done_callback(self._end)

    def _ask_to_stop(self, loop: asyncio.AbstractEventLoop, *_: object) -> None:
        # The next signal ends the process at once, even if the loop hangs: that is why these
        # handlers are not the loop's.
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_DFL)
        loop.call_soon_threadsafe(self._stop_asked.set)

    @property
    def is_stopping(self) -> bool:
        """Whether sockets are let in no more; a proxy may still bring them."""
        return self._stop_asked.is_set()

    def _end(self, life: asyncio.Task[None]) -> None:
        self._failure = self._failure or life.exception()
        reactor.stop()

    async def _live(self, on_ready: Callable[[int], None] | None) -> None:
        try:
            await self._lifespan.startup()
        except StartupFailedError as error:
            self._failure = f"The application did not start: {error}"
            return
        try:
            if not self._stop_asked.is_set():
                await self._serve(on_ready)
        except CannotListenError as error:
            self._failure = (
                f"Cannot listen on {self.host}:{self.port}: {error.socketError}. "
                "Choose another port, or stop what uses it."
            )
        finally:
            await self._lifespan.shutdown(timeout_s=self.options.grace_s)

    async def _serve(self, on_ready: Callable[[int], None] | None) -> None:
        listener = self._listen()
        port: int = listener.getHost().port
        logger.info("Listening on %s:%s", self.host, port)
        try:
            if on_ready is not None:
                on_ready(port)
            await self._stop_asked.wait()
        finally:
            listener.stopListening()
            try:
                if self._drain is not None:
                    await self._drain()
            finally:
                await self._close_connections()

    def _listen(self) -> Any:
        options = self.options
        self.http_factory = RequestFactory(self)
        self.ws_factory = SocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            allowNullOrigin=True,
            autoPingInterval=options.ping_interval_s,
            autoPingTimeout=options.ping_timeout_s,
            closeHandshakeTimeout=options.close_s,
            failByDrop=False,
            maxFramePayloadSize=options.max_message_bytes,
            maxMessagePayloadSize=options.max_message_bytes,
            openHandshakeTimeout=options.handshake_s,
        )
        crowd = b"GET " + options.crowd_path
        listener = Listener(self.port, self.http_factory, BACKLOG, self.host, reactor, crowd=crowd)
        listener.startListening()
        return listener

    async def _close_connections(self) -> None:
        logger.info("Stopping: %s connections open.", len(self.connections))
        for protocol in list(self.connections):
            protocol.say_goodbye()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.options.grace_s)
            for task in late:
                task.cancel()
            if late:
                logger.warning("%s connections were cut short.", len(late))
                await asyncio.wait(late, timeout=1)
        if self.connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), FAREWELL_S)

    # -- what daphne's protocols call

    def protocol_connected(self, protocol: Protocol) -> None:
        """Note a connection whose application is about to start."""
        self.connections[protocol] = None
        self._emptied.clear()

    def protocol_disconnected(self, protocol: Protocol) -> None:
        """Forget a connection; its application has a while to notice."""
        self._allow_a_while(self._forget(protocol))

    def socket_closed(self, closed: Socket, tell: Callable[[], None]) -> None:
        """Forget a socket, and have its application told; in turn where thousands go at once."""
        task = self._forget(closed)

        def tell_now() -> None:
            tell()
            self._allow_a_while(task)

        if closed.target.startswith(self.options.crowd_path):
            self.turns.wait(tell_now)
        else:
            tell_now()

    def _forget(self, protocol: Protocol) -> asyncio.Task[None] | None:
        task = self.connections.pop(protocol, None)
        if not self.connections:
            self._emptied.set()
        return task

    def _allow_a_while(self, task: asyncio.Task[None] | None) -> None:
        if task is not None and not task.done():
            timer = task.get_loop().call_later(self.options.abandoned_s, self._abandon, task)
            task.add_done_callback(lambda _: timer.cancel())

    def create_application(self, protocol: Protocol, scope: Scope) -> asyncio.Queue[Message] | None:
        """Start the application for a connection, and return its inbox."""
        if protocol not in self.connections:
            return None
        if self.is_stopping:
            protocol.say_goodbye()  # with this response
        self._complete_scope(protocol, scope)
        inbox = protocol.new_inbox()
        send = partial(self.handle_reply, protocol)
        body = protocol.body if isinstance(protocol, Request) else None
        receive = inbox.get if body is None else body.next
        task = asyncio.ensure_future(self.application(scope, receive, send))
        self.connections[protocol] = task
        self._tasks.add(task)
        task.add_done_callback(partial(self._application_ended, protocol))
        return inbox if body is None else None

    async def handle_reply(self, protocol: Protocol, message: Message) -> None:
        """Pass on what the application sends; returns when the peer keeps up."""
        if protocol not in self.connections:
            return
        protocol.handle_reply(message)
        if not protocol.gate.is_open:
            await protocol.drain()

    def _application_ended(self, protocol: Protocol, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            logger.error("The application failed for %r.", protocol, exc_info=error)
        if protocol not in self.connections:
            return
        if error is not None:
            protocol.handle_exception(error)
        else:
            protocol.handle_return()

    def _abandon(self, task: asyncio.Task[None]) -> None:
        logger.warning("The application went on after its client had left: cancelled.")
        task.cancel()

    # -- what the application is told

    def _complete_scope(self, protocol: Protocol, scope: Scope) -> None:
        scope["asgi"] = {"version": "3.0", "spec_version": "2.3"}
        scope["root_path"] = ""  # daphne believes any client that sends Daphne-Root-Path
        secure = protocol.isSecure() if isinstance(protocol, Request) else False
        if self.options.proxy_headers:
            secure = believe_proxy(scope, secure=secure)
        if isinstance(protocol, Socket):
            scope["scheme"] = "wss" if secure else "ws"
            scope["extensions"] = {
                "websocket.http.response": {},
                # Ours: when the peer last answered a ping, seconds since 1970, None for never.
                "evcharge.pong": {"at": lambda: protocol.ponged_at},
                # Ours: messages without the queue and the task between, while none waits there.
                "evcharge.direct": {"hear": protocol.hear, "say": protocol.say},
            }
            scope["raw_path"] = protocol.target
            scope["path"] = unquote(protocol.target.decode("latin1"))
        else:
            scope["scheme"] = "https" if secure else "http"


def log_errors() -> None:
    """Let Twisted's errors into our log, and nothing else: it tells of every connection."""
    stdlib: Any = STDLibLogObserver("ocpp_gateway.server")
    threshold: Any = LogLevelFilterPredicate(LogLevel.error)
    observer: Any = FilteringLogObserver(stdlib, [threshold])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def believe_proxy(scope: Scope, *, secure: bool) -> bool:
    """Take the client from the proxy's headers; return whether it came to the proxy by TLS.

    The last address is the one our own proxy saw; those before it may be anyone's invention.
    """
    headers = dict(cast("list[tuple[bytes, bytes]]", scope["headers"]))
    address = headers.get(b"x-forwarded-for", b"").decode("latin1").rpartition(",")[2].strip()
    if address:
        scope["client"] = [address, 0]
    scheme = headers.get(b"x-forwarded-proto", b"").decode("latin1").rpartition(",")[2].strip()
    return scheme in {"https", "wss"} if scheme else secure
