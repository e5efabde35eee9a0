"""A station's socket: opening it, our calls and their answers, their calls and our answers."""

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ocpp_gateway.simulator.frames import (
    CallRefusedError,
    ConnectionLostError,
    HeardCall,
    NoAnswerError,
    Payload,
)
from operations.versions import OcppVersion

CALL, CALLRESULT, CALLERROR = 2, 3, 4
OPEN_TIMEOUT_S = 30
ANSWER_TIMEOUT_S = 30
MAX_FRAME_BYTES = 1 << 20

# Errors travel as values: whoever waits may be gone by then, and nobody would retrieve them.
Outcome = Payload | CallRefusedError | ConnectionLostError

# The waiting slot of our one call in flight: its id and where its outcome goes.
Waiting = tuple[str, asyncio.Future[Outcome]]


class Wire:
    """One open WebSocket; at most one call of ours is in flight on it (OCPP-J §4.1.1)."""

    def __init__(self, socket: ClientConnection, ids: Iterator[str | int]) -> None:
        self._socket = socket
        self._ids = ids
        self._turn = asyncio.Lock()
        self._waiting: Waiting | None = None

    async def listen(self, heed: Callable[[HeardCall], None]) -> None:
        """Read until the socket closes; hand their calls on, match their answers by id."""
        try:
            async for raw in self._socket:
                self._sort(raw, heed)
        except ConnectionClosed:
            pass
        finally:
            self._give_up()

    async def call(self, action: str, payload: Payload) -> Payload:
        """Make a call and wait for its answer."""
        async with self._turn:
            unique_id = next(self._ids)
            future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._waiting = (str(unique_id), future)
            try:
                await self._send([CALL, unique_id, action, payload])
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    outcome = await future
            except TimeoutError as error:
                raise NoAnswerError(action) from error
            finally:
                self._waiting = None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def answer(self, call: HeardCall, payload: Payload) -> None:
        """Answer a call of theirs."""
        await self._send([CALLRESULT, call.unique_id, payload])

    async def refuse(self, call: HeardCall, code: str, description: str = "") -> None:
        """Answer a call of theirs with a CALLERROR."""
        await self._send([CALLERROR, call.unique_id, code, description, {}])

    async def close(self) -> None:
        """Say goodbye and close."""
        await self._socket.close(1001, "going away")

    def abort(self) -> None:
        """Cut the line, as a power loss does: no close frame."""
        self._socket.transport.abort()

    async def _send(self, frame: list[Any]) -> None:
        try:
            await self._socket.send(json.dumps(frame, separators=(",", ":")))
        except ConnectionClosed as error:
            raise ConnectionLostError from error

    def _sort(self, raw: str | bytes, heed: Callable[[HeardCall], None]) -> None:
        try:
            frame = json.loads(raw)
        except ValueError:
            return
        match frame:
            case [2, unique_id, str(action), dict(payload)]:
                heed(HeardCall(unique_id, action, payload, time.monotonic()))
            case [3, unique_id, dict(payload)]:
                if future := self._claim(unique_id):
                    future.set_result(payload)
            case [4, unique_id, str(code), *rest]:
                if future := self._claim(unique_id):
                    future.set_result(CallRefusedError(code, str(rest[0]) if rest else ""))

    def _claim(self, unique_id: object) -> asyncio.Future[Outcome] | None:
        if self._waiting and self._waiting[0] == str(unique_id) and not self._waiting[1].done():
            return self._waiting[1]
        return None

    def _give_up(self) -> None:
        if self._waiting and not self._waiting[1].done():
            self._waiting[1].set_result(ConnectionLostError())


async def open_wire(
    url: str,
    identity: str,
    version: OcppVersion,
    password: str | None,
    ids: Iterator[str | int],
) -> Wire:
    """Connect as `identity`; a refused handshake raises what websockets raises."""
    headers = {}
    if password is not None:
        credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {credentials}"
    socket = await connect(
        f"{url.rstrip('/')}/{quote(identity, safe='')}",
        subprotocols=[Subprotocol(version.subprotocol)],
        additional_headers=headers,
        user_agent_header=None,
        compression=None,
        proxy=None,
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=2,
        # Thousands of stations share a process: the central system's pings are enough.
        ping_interval=None,
        max_size=MAX_FRAME_BYTES,
    )
    return Wire(socket, ids)
