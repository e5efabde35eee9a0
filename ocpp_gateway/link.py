"""The two conversations on one socket, theirs and ours: ids, repeats, late answers. No I/O.

The owner feeds frames in, sends the frames it gets, and keeps the timers: after `send` it calls
`expire` when the call's time is over. Nothing here raises for anything a station sends.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from uuid import uuid4

from ocpp_gateway.codec import decode, encode_call, encode_error, encode_result
from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.forgiving import repair
from ocpp_gateway.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    MessageId,
    Payload,
    Send,
)
from ocpp_gateway.happenings import (
    Answered,
    Asked,
    Disputed,
    Happening,
    Heard,
    Noted,
    Reply,
    Stray,
    Told,
)
from ocpp_gateway.schemas import REQUEST, RESPONSE, SEND, Part, actions, validator
from operations.versions import OcppVersion

__all__ = [
    "Answered",
    "Asked",
    "Disputed",
    "Happening",
    "Heard",
    "Link",
    "Noted",
    "Reply",
    "Stray",
    "Told",
    "new_id",
]

MAX_ANSWERS: Final = 32
MAX_PENDING: Final = 64
MAX_LATE: Final = 64

# A frame that comes again within this time is a repeat; later, a station whose ids start over.
REPEAT_S: Final = 600.0
# A call without content (Heartbeat) is soon worth a fresh answer: it asks what time it is.
EMPTY_REPEAT_S: Final = 10.0


Key = TypeVar("Key")
Value = TypeVar("Value")


def new_id() -> str:
    """Make an id for a call of ours."""
    return str(uuid4())


@dataclass(slots=True)
class _Given:
    """An answer of ours, kept for the case that the station did not get it."""

    fingerprint: int
    frame: str
    until: float


class Link:
    """What is under way on one socket.

    `may_call` is the owner's to set: a station wants its boot answered before it is asked anything.
    """

    def __init__(
        self,
        version: OcppVersion,
        now: Callable[[], float] = time.monotonic,
        outbox_limit: int = 50,
    ) -> None:
        self.version = version
        self.may_call = True
        self.strays = 0
        self.repeats = 0
        self._now = now
        self._outbox: deque[Any] = deque()
        self._outbox_limit = outbox_limit
        # Theirs, by their id: calls being handled, and the last answers.
        self._pending: dict[MessageId, tuple[int, Call]] = {}
        self._given: dict[MessageId, _Given] = {}
        # Ours: the one slot, and what was sent and when; the late ones wait for a late answer.
        self._is_reserved = False
        self._in_flight: Asked | None = None
        self._sent: dict[str, tuple[Asked, float]] = {}

    # Frames in

    def receive(self, raw: str | bytes) -> tuple[Happening, ...]:
        """Take a frame from the station."""
        frame = decode(self.version, raw)
        match frame:
            case Call():
                return self._hear(frame, hash(raw))
            case CallResult() | CallError():
                return (self._match(frame),)
            case Send():
                return (self._be_told(frame),)
            case CallResultError():
                return (Disputed(frame),)
            case _:
                return (Noted(frame) if frame.reply is None else Reply(frame.reply, frame),)

    def _hear(self, call: Call, fingerprint: int) -> tuple[Happening, ...]:
        pending = self._pending.get(call.raw_id)
        if pending is not None and pending[0] == fingerprint:
            self.repeats += 1  # answered once, when the first is
            return ()
        given = self._given.get(call.raw_id)
        # The same id on another frame is a counter that started over, not a repeat.
        if given and given.fingerprint == fingerprint and self._now() < given.until:
            self.repeats += 1
            return (Reply(given.frame, None, call),)
        checked = self._checked(call.action, call.payload, REQUEST)
        if isinstance(checked, Violation):
            frame = encode_error(call.raw_id, checked.code, str(checked))
            return (Reply(frame, checked, call),)
        payload, findings = checked
        if findings:
            call = replace(call, payload=payload)
        _keep(self._pending, call.raw_id, (fingerprint, call), MAX_PENDING)
        return (Heard(call, call.findings + findings),)

    def _be_told(self, send: Send) -> Happening:
        checked = self._checked(send.action, send.payload, SEND)
        if isinstance(checked, Violation):
            return Noted(checked)
        payload, findings = checked
        return Told(replace(send, payload=payload), send.findings + findings)

    def _checked(
        self, action: str, payload: Payload, part: Part
    ) -> tuple[Payload, tuple[Finding, ...]] | Violation:
        strict = validator(self.version, action, part)
        if strict is not None and strict.is_valid(payload):
            return payload, ()
        return repair(self.version, action, payload, part)

    def _match(self, answer: CallResult | CallError) -> Happening:
        # By id alone: some stations answer a minute late, with the next call under way
        # (evcc 26837).
        asked, sent_at = self._sent.pop(answer.unique_id, (None, 0.0))
        if asked is None:
            self.strays += 1
            return Stray(answer)
        is_late = self._in_flight is not asked
        if not is_late:
            self._in_flight = None
        findings = answer.findings
        if isinstance(answer, CallResult):
            answer, findings = self._understood(asked, answer)
        return Answered(asked, answer, self._now() - sent_at, is_late, findings)

    def _understood(
        self, asked: Asked, answer: CallResult
    ) -> tuple[CallResult, tuple[Finding, ...]]:
        """Check an answer; one that can't be mended is still the answer, with a finding."""
        if asked.action not in actions(self.version, RESPONSE):
            return answer, answer.findings
        checked = self._checked(asked.action, answer.payload, RESPONSE)
        if isinstance(checked, Violation):
            invalid = Finding("invalid-answer", checked.path, checked.text)
            return answer, (*answer.findings, invalid)
        payload, findings = checked
        return replace(answer, payload=payload), answer.findings + findings

    # Their calls, answered

    def answer(self, call: Call, payload: Payload) -> str:
        """Write the answer to a call that was heard, and remember it for repeats."""
        return self.give(call, encode_result(call.raw_id, payload))

    def refuse(self, call: Call, code: str, description: str = "") -> str:
        """Write a CALLERROR to a call that was heard, and remember it for repeats."""
        return self.give(call, encode_error(call.raw_id, code, description))

    def give(self, call: Call, frame: str) -> str:
        """Remember a frame, written elsewhere, as the answer to a call that was heard."""
        fingerprint, pending = self._pending.get(call.raw_id, (0, None))
        # Not this one: a newer call has taken over its id.
        if pending is call:
            del self._pending[call.raw_id]
            until = self._now() + (REPEAT_S if call.payload else EMPTY_REPEAT_S)
            _keep(self._given, call.raw_id, _Given(fingerprint, frame, until), MAX_ANSWERS)
        return frame

    def forget(self, call: Call) -> None:
        """Answer anew when it comes again: what was wrong may be mended until then."""
        self._given.pop(call.raw_id, None)

    # Our calls

    @property
    def in_flight(self) -> Asked | None:
        """The call that waits for its answer."""
        return self._in_flight

    @property
    def waiting(self) -> tuple[Any, ...]:
        """What is in the outbox, next first."""
        return tuple(self._outbox)

    def put(self, item: Any) -> bool:
        """Queue what stands for a call (not None); False when the outbox is full."""
        if len(self._outbox) >= self._outbox_limit:
            return False
        self._outbox.append(item)
        return True

    def put_first(self, item: Any) -> None:
        """Put back, or queue before all others, even when the outbox is full."""
        self._outbox.appendleft(item)

    def next(self) -> Any | None:
        """Take the next item and reserve the slot for it; None when nothing may be sent now."""
        if not self.may_call or self._is_reserved or self._in_flight or not self._outbox:
            return None
        self._is_reserved = True
        return self._outbox.popleft()

    def release(self) -> None:
        """Give the reserved slot back: the item needs no call after all."""
        self._is_reserved = False

    def send(self, asked: Asked) -> str:
        """Write our call, in the slot that `next` reserved; its time runs from now."""
        if not self._is_reserved:
            raise RuntimeError("send() without a slot reserved by next()")
        self._is_reserved = False
        self._in_flight = asked
        _keep(self._sent, asked.unique_id, (asked, self._now()), MAX_LATE + 1)
        return encode_call(asked.unique_id, asked.action, asked.payload)

    def expire(self, unique_id: str) -> bool:
        """Free the slot if this call still has it; its answer is still known when it comes."""
        if self._in_flight is None or self._in_flight.unique_id != unique_id:
            return False
        self._in_flight = None
        return True

    def close(self) -> tuple[Asked, ...]:
        """End both conversations; returns the call whose answer can't come any more."""
        lost = (self._in_flight,) if self._in_flight else ()
        self.may_call = False
        self._is_reserved = False
        self._in_flight = None
        return lost


def _keep(memory: dict[Key, Value], key: Key, value: Value, limit: int) -> None:
    """Remember as the newest, and forget the oldest beyond the limit."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > limit:
        del memory[next(iter(memory))]
