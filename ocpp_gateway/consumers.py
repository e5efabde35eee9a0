"""A station's socket: bytes in, bytes out. The only class here that knows Channels."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from random import uniform
from time import monotonic
from typing import Any, NoReturn
from uuid import uuid4

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from ocpp_gateway import handshake
from ocpp_gateway.conversation import Conversation
from ocpp_gateway.gateway import gateway
from ocpp_gateway.handshake import Arrival, Claim, Refused
from ocpp_gateway.pace import Pace
from operations.services.live import switchboard

logger = logging.getLogger(__name__)

INTERNAL_ERROR = 1011
REPLACED = 4001
DISCONNECTED = 4004
MOST_UNSENT = 100  # frames a station has not taken yet; then it is not read any further
BUSY_S = 0.05
LAYER_S = 1.0  # how long a handshake waits for the layer
LAYER_AWAY_S = 5.0  # before it is looked again whether the layer answers


class StationConsumer(AsyncWebsocketConsumer):
    """One station's socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._conversation: Conversation | None = None
        self._unsent: deque[str] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._is_hearing = False
        self._is_sending = False
        self._is_waiting = False  # a frame, for its turn
        self._say: Callable[[str], bool] | None = None
        self._pace = Pace()
        self._read_at = 0.0  # when the next frame may be read; monotonic

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; clean up however it ends, also where no disconnect is told.

        As Channels does, but the socket and the layer are read side by side: Channels makes two
        tasks for every message, to see which of the two speaks first.
        """
        self.scope, self.base_send = scope, send
        layer: Any = get_channel_layer(self.channel_layer_alias)
        self.channel_name = await _channel(layer)
        listening: asyncio.Task[Any] | None = None
        try:
            await self.dispatch(await receive())  # the handshake: nobody asks anything before
            listening = asyncio.create_task(self._listen(layer))
            while True:
                message = await receive()
                if message["type"] == "websocket.receive":
                    await self.websocket_receive(message)
                else:
                    await self.dispatch(message)
        except StopConsumer:
            pass
        finally:
            self._end(1006, "The socket ended without a word.")
            if listening is None:
                # Refused. The layer lets go of a channel when whoever reads it is cancelled.
                listening = asyncio.create_task(self._heard(layer))
                await asyncio.sleep(0)
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            self._conversation = None  # which knows us, too: left to itself, it goes at once

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the hop to a shared thread that Channels makes before each message."""
        await getattr(self, get_handler_name(message))(message)

    async def _listen(self, layer: Any) -> None:
        """Take what the portal says; a station it can't be said to comes again."""
        try:
            while True:
                await self.dispatch(await self._heard(layer))
        except Exception:
            logger.exception("the channel layer failed a socket")
            self._hang_up(INTERNAL_ERROR, "The portal can't reach this socket.")

    async def _heard(self, layer: Any) -> dict[str, Any]:
        """What the portal says next; while the layer is away only this process is heard."""
        while True:
            try:
                return await layer.receive(self.channel_name)  # type: ignore[no-any-return]
            except (RedisError, OSError):
                await _until_the_layer_answers()

    async def websocket_connect(self, message: Any) -> None:
        """Admit or refuse; a refusal says why in the HTTP answer."""
        claim = handshake.read(self.scope)
        if isinstance(claim, Refused):
            await self._deny(claim)
        try:
            async with gateway.admission:
                arrival = self._arrival(claim)
                opened = await gateway.writer.ask_together(handshake.let_in, arrival)
        except Exception:
            logger.exception("a station could not be admitted")
            await self._deny(Refused(503, "The portal can't look this up now. Try again soon."))
        if isinstance(opened, Refused):
            await self._deny(opened)
        self._conversation = Conversation(
            opened,
            claim.version,
            gateway.writer,
            gateway.faults,
            self._transmit,
            self._hang_up,
        )
        extensions: Any = self.scope.get("extensions") or {}
        pong = extensions.get("evcharge.pong")
        if pong is not None:
            self._conversation.ponged_at = pong["at"]
        gateway.add(self._conversation)
        switchboard.listen(self.channel_name, self._take)
        await self.accept(subprotocol=claim.subprotocol)
        direct = extensions.get("evcharge.direct")
        if direct is not None:
            self._say = direct["say"]
            # In this task's context: the log names the connection.
            in_context: Any = copy_context().run
            direct["hear"](partial(in_context, self._hear_at_once))

    def _arrival(self, claim: Claim) -> Arrival:
        client = self.scope.get("client") or ("",)
        return Arrival(claim, gateway.node, self.channel_name, str(client[0] or ""))

    async def _deny(self, refused: Refused) -> NoReturn:
        """End the handshake with an HTTP answer, where the server can send one."""
        logger.info("handshake refused", extra={"status": refused.status, "why": refused.reason})
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.close()
            raise StopConsumer
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        if refused.status == 401:
            headers.append((b"www-authenticate", b'Basic realm="OCPP", charset="UTF-8"'))
        send: Any = self.base_send
        start = {"type": "websocket.http.response.start", "status": refused.status}
        await send({**start, "headers": headers})
        body = refused.reason.encode() + b"\n"
        await send({"type": "websocket.http.response.body", "body": body})
        raise StopConsumer

    def _hear_at_once(self, raw: str | bytes) -> bool:
        """Take one frame as it arrives, where the server can tell; False when it has to wait."""
        if self._is_waiting or not self._may_read or monotonic() < self._read_at:
            return False
        self._hear(raw)
        return True

    async def websocket_receive(self, message: Any) -> None:
        """Take one frame when its turn has come; none is read beyond it until then."""
        text = message.get("text")
        self._is_waiting = True
        while not self._may_read:  # noqa: ASYNC110
            await asyncio.sleep(BUSY_S)
        wait_s = self._read_at - monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._is_waiting = False
        self._is_hearing = True
        self._hear(text if text is not None else message.get("bytes") or b"")
        self._is_hearing = False
        if self._unsent and not self._is_sending:
            self._is_sending = True
            await self._send_all()

    @property
    def _may_read(self) -> bool:
        """Whether too much is under way already."""
        conversation = self._conversation
        is_busy = conversation is not None and conversation.is_busy
        return not is_busy and len(self._unsent) <= MOST_UNSENT

    def _hear(self, raw: str | bytes) -> None:
        """Take one frame; a babbler has to wait before the next."""
        if self._conversation is None:
            return
        try:
            self._conversation.hear(raw)
        except Exception:
            # Nothing a station sends may end its socket; what went wrong is in the log.
            logger.exception("a frame could not be handled")
        wait_s = self._pace.wait_s()
        if wait_s > 0:
            self._read_at = monotonic() + wait_s

    async def websocket_disconnect(self, message: Any) -> None:
        """The socket closed."""
        self._end(message.get("code"), str(message.get("reason") or ""))
        raise StopConsumer

    def _end(self, code: int | None, reason: str) -> None:
        if self._conversation is not None:
            self._conversation.end(code, reason)
            switchboard.forget(self.channel_name)
            gateway.remove(self._conversation)
        if self._sender is not None:
            self._sender.cancel()

    def _hang_up(self, code: int, reason: str) -> None:
        self._closer = asyncio.create_task(self.close(code=code, reason=reason))
        self._end(code, reason)

    # --- What goes out, in order

    def _transmit(self, frame: str) -> None:
        is_next = not self._unsent and not self._is_sending
        if is_next and self._say is not None and self._say(frame):
            return
        self._unsent.append(frame)
        if not self._is_hearing and not self._is_sending:
            self._is_sending = True
            self._sender = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        send: Any = self.base_send
        try:
            while self._unsent:
                await send({"type": "websocket.send", "text": self._unsent.popleft()})
        except OSError:
            # The socket closed meanwhile; its disconnect is on the way.
            self._unsent.clear()
        finally:
            self._is_sending = False

    # --- Messages from the portal: of this process, or through the channel layer

    def _take(self, message: dict[str, Any]) -> None:
        """A message from this very process."""
        if message["type"] in {"command.run", "command.nudge"}:
            self._ask(message)
        else:
            self._closer = asyncio.create_task(self.dispatch(message))

    def _ask(self, message: dict[str, Any]) -> None:
        if self._conversation is None:
            return
        if message["type"] == "command.nudge":
            self._conversation.asking.nudge(message["run"])
        else:
            can_wait = message.get("can_wait", False)
            self._conversation.asking.ask(message["run"], can_wait=can_wait)

    async def command_run(self, message: dict[str, Any]) -> None:
        """A run waits for this station."""
        self._ask(message)

    async def command_nudge(self, message: dict[str, Any]) -> None:
        """A run wants the station to report again."""
        self._ask(message)

    async def station_replaced(self, message: dict[str, Any]) -> None:
        """A newer socket has the station now."""
        await self.close(code=REPLACED, reason="replaced by a newer connection")
        self._end(REPLACED, "Replaced by a newer connection.")

    async def station_disconnect(self, message: dict[str, Any]) -> None:
        """Somebody at the portal wants this socket closed."""
        self._end(DISCONNECTED, str(message.get("why", "")))
        await self.close(code=DISCONNECTED, reason="disconnected by an operator")


async def _channel(layer: Any) -> str:
    """A channel to be reached by; a layer that is away keeps nobody out, and hears of it later."""
    if not switchboard.is_failing:
        with suppress(RedisError, OSError):
            async with asyncio.timeout(LAYER_S):
                return str(await layer.new_channel())
    return f"station.{uuid4().hex}"


async def _until_the_layer_answers() -> None:
    """Not all sockets in the same instant, and none in vain while the process knows better."""
    while True:
        await asyncio.sleep(uniform(0.5, 1.5) * LAYER_AWAY_S)  # noqa: S311
        if not switchboard.is_failing:
            return
