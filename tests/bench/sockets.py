"""A station's socket, as lean as Python has it: a few bytes looked at, the next frame sent."""

import asyncio
import re
from collections.abc import Callable
from typing import Protocol, cast

from tests.bench import frames

CALL = re.compile(rb'\[2,"([^"]+)","(\w+)"')
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
LENGTH_BYTES = {126: 2, 127: 8}

# What a station answers when it is asked something.
ANSWERS = {b"UnlockConnector": b'{"status":"Unlocked"}', b"UpdateFirmware": b"{}"}
ACCEPTED = b'{"status":"Accepted"}'


class Script(Protocol):
    """What a socket does next."""

    def answered(self, socket: "StationSocket", text: bytes) -> None: ...


class StationSocket(asyncio.Protocol):
    """One client: handshake, frames, and calls answered."""

    def __init__(self, number: int, port: int, lost: Callable[["StationSocket"], None]) -> None:
        self.number = number
        self.script: Script | None = None
        self.said = 0  # how far it is in the pool of frames it talks from
        self.accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.last = b""  # what was heard while arriving, to say why a station did not get in
        self.heard: Callable[[bytes], None] | None = None
        # What the station says after it has answered a call: of this action, with this text.
        self.follows: Callable[[StationSocket, bytes, bytes], None] | None = None
        self.transport: asyncio.Transport
        self._port = port
        self._lost = lost
        self._rest = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(frames.handshake(self.number, self._port))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.accepted.done():
            self.accepted.set_result(False)
        self._is_open = False
        self._lost(self)

    def send(self, frame: bytes) -> None:
        self.transport.write(frame)

    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            self._shake_hands(data)
            return
        if self._rest:
            data = self._rest + data
        at = 0
        while (end := self._frame(data, at)) > at:
            at = end
        self._rest = data[at:] if at < len(data) else b""

    def _shake_hands(self, data: bytes) -> None:
        self._rest += data
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if not end:
            return
        self._rest = b""
        self.last = head[:200]
        self._is_open = head.startswith(b"HTTP/1.1 101")
        if not self.accepted.done():
            self.accepted.set_result(self._is_open)
        if rest:
            self.data_received(rest)

    def _frame(self, data: bytes, at: int) -> int:
        """Take the frame that begins here; returns where the next one does, or `at` again."""
        if len(data) < at + 2:
            return at
        size, begin = data[at + 1], at + 2
        if size > 125:
            begin += LENGTH_BYTES[size]
            size = int.from_bytes(data[at + 2 : begin])
        end = begin + size
        if len(data) < max(begin, end):
            return at
        opcode = data[at] & 15
        if opcode == TEXT:
            self._text(data[begin:end])
        else:
            self._control(opcode, data[begin:end])
        return end

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send(frames.masked(payload, PONG))
        elif opcode == CLOSE:
            self.transport.abort()

    def _text(self, text: bytes) -> None:
        if text.startswith(b"[2,") and self.heard is not None:
            self._answer(text)
        elif self.script is not None:
            self.script.answered(self, text)

    def _answer(self, text: bytes) -> None:
        """The portal asks."""
        found = CALL.match(text)
        assert found is not None
        assert self.heard is not None
        unique_id, action = found.groups()
        self.heard(unique_id)
        body = ANSWERS.get(action, ACCEPTED)
        self.send(frames.masked(b'[3,"%s",%s]' % (unique_id, body)))
        if self.follows is not None:
            self.follows(self, action, text)
