"""A central system in miniature for the simulator's tests: answers, asks, checks every frame."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Self
from urllib.parse import unquote

from jsonschema_rs import Draft4Validator
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from operations.versions import VERSIONS, OcppVersion, by_subprotocol

DEADLINE_S = 30.0
CALL, CALLRESULT, CALLERROR = 2, 3, 4
TOKEN_OK = {"status": "Accepted"}


@dataclass
class Frame:
    """One frame of a station, in the order of arrival; an answer carries its call's action."""

    identity: str
    kind: int
    unique_id: Any
    action: str
    payload: Any
    socket: int


@dataclass
class ToyCentralSystem:
    """Answers whatever stations say; `answers` may be changed by a test."""

    interval: float = 300.0
    # So many handshakes are refused before the first is admitted.
    refuses_first: int = 0
    frames: list[Frame] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Calls of these actions are answered with a CALLERROR of this code.
    errors: dict[str, str] = field(default_factory=dict)
    sockets: list[tuple[str, ServerConnection]] = field(default_factory=list)
    closed: list[tuple[str, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = {
            "Authorize": {"idTagInfo": TOKEN_OK, "idTokenInfo": TOKEN_OK},
            "BootNotification": {"status": "Accepted", "interval": self.interval},
        } | self.answers
        self._changed = asyncio.Condition()
        self._ids = (f"ask-{number}" for number in itertools.count(1))
        self._asked: dict[str, str] = {}
        self._transaction_ids = itertools.count(1)
        self._server: Server | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls, **settings: Any) -> AsyncIterator[Self]:
        system = cls(**settings)
        names = [Subprotocol(version.subprotocol) for version in VERSIONS]
        async with serve(
            system._serve,
            "127.0.0.1",
            0,
            subprotocols=names,
            process_request=system._admit,
        ) as server:
            system._server = server
            yield system

    @property
    def url(self) -> str:
        assert self._server
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}/ocpp"

    async def until(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Wait until the condition holds, and give what it gave."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._changed:
                return await self._changed.wait_for(condition)
        except TimeoutError:
            last = [(frame.kind, frame.action, frame.payload) for frame in self.frames[-8:]]
            raise AssertionError(f"{what or condition} did not come true; last: {last}") from None

    def said(self, action: str, *, since: int = 0, **fields: Any) -> list[dict[str, Any]]:
        """The payloads of stations' calls of one action with these fields."""
        return [
            frame.payload
            for frame in self.frames[since:]
            if frame.kind == CALL
            and frame.action == action
            and all(frame.payload.get(key) == value for key, value in fields.items())
        ]

    async def hears(self, action: str, *, since: int = 0, **fields: Any) -> dict[str, Any]:
        """The first call of this action with these fields, said or yet to be said."""
        said = await self.until(
            lambda: self.said(action, since=since, **fields), f"{action} {fields}"
        )
        payload: dict[str, Any] = said[0]
        return payload

    async def tell(self, identity: str, action: str, payload: dict[str, Any]) -> str:
        """Make a call to a station without waiting for the answer; its id."""
        unique_id = next(self._ids)
        self._asked[unique_id] = action
        socket = next(each for name, each in reversed(self.sockets) if name == identity)
        await socket.send(json.dumps([CALL, unique_id, action, payload]))
        return unique_id

    async def ask(self, identity: str, action: str, payload: dict[str, Any]) -> Any:
        """Make a call to a station; the answer's payload, or the error's code."""
        unique_id = await self.tell(identity, action, payload)
        answer = (await self.until(lambda: self.answers_to(unique_id), f"answer to {action}"))[0]
        return answer.payload

    def answers_to(self, unique_id: str) -> list[Frame]:
        return [f for f in self.frames if f.kind != CALL and f.unique_id == unique_id]

    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        if self.refuses_first == 0:
            return None
        self.refuses_first -= 1
        return socket.respond(HTTPStatus.UNAUTHORIZED, "not now")

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request
        assert socket.subprotocol
        version = by_subprotocol(socket.subprotocol)
        assert version
        identity = unquote(socket.request.path.rsplit("/", 1)[1])
        self.sockets.append((identity, socket))
        number = len(self.sockets)
        with suppress(ConnectionClosed):
            async for raw in socket:
                frame = self._read(identity, number, json.loads(raw))
                self._check(version, frame)
                if frame.kind == CALL:
                    await socket.send(json.dumps(self._answer(frame)))
                async with self._changed:
                    self.frames.append(frame)
                    self._changed.notify_all()
        async with self._changed:
            self.closed.append((identity, socket.close_code))
            self._changed.notify_all()

    def _read(self, identity: str, socket: int, frame: list[Any]) -> Frame:
        kind, unique_id = frame[:2]
        action = frame[2] if kind == CALL else self._asked[unique_id]
        return Frame(identity, kind, unique_id, action, frame[3 if kind == CALL else 2], socket)

    def _answer(self, frame: Frame) -> list[Any]:
        if code := self.errors.get(frame.action):
            return [CALLERROR, frame.unique_id, code, "", {}]
        payload = self.answers.get(frame.action, {})
        if frame.action == "StartTransaction" and not payload:
            payload = {"transactionId": next(self._transaction_ids), "idTagInfo": TOKEN_OK}
        return [CALLRESULT, frame.unique_id, payload]

    def _check(self, version: OcppVersion, frame: Frame) -> None:
        if frame.kind == CALLERROR:
            return
        direction = "Request" if frame.kind == CALL else "Response"
        for error in schema(version.slug, frame.action, direction).iter_errors(frame.payload):
            self.violations.append(f"{version} {frame.action}{direction}: {error.message}")


@cache
def schema(slug: str, action: str, direction: str) -> Draft4Validator:
    # The 1.6 requests go without the word.
    suffix = "" if (slug, direction) == ("v16", "Request") else direction
    text = files("ocpp").joinpath(slug, "schemas", f"{action}{suffix}.json").read_text("utf-8-sig")
    return Draft4Validator(json.loads(text), validate_formats=True)
