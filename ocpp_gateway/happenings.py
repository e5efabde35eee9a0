"""What a received frame amounts to: the link's words to whoever owns the socket."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.frames import Call, CallError, CallResult, CallResultError, Garbled, Payload, Send


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of ours. `item` is what the owner put in the outbox, given back with the answer."""

    unique_id: str
    action: str
    payload: Payload
    timeout_s: float
    item: Any = None


# Made for every message, like the Call it holds.
@dataclass(slots=True)
class Heard:
    """The station asks: `link.answer` or `link.refuse` is due, once."""

    call: Call
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The station says something that is not answered (2.1 SEND)."""

    send: Send
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The link's own answer, to be sent right away.

    `why` says what was wrong; None when the station asked the same again and gets the same answer.
    """

    frame: str
    why: Violation | Garbled | None
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The station's answer to a call of ours; `late` when its time was over."""

    asked: Asked
    answer: CallResult | CallError
    latency_s: float
    late: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Stray:
    """An answer to nothing we asked, or a second one."""

    message: CallResult | CallError


@dataclass(frozen=True, slots=True)
class Disputed:
    """The station could not use our answer to its call (2.1 CALLRESULTERROR)."""

    error: CallResultError


@dataclass(frozen=True, slots=True)
class Noted:
    """Nothing to send; worth a log line and a finding."""

    why: Violation | Garbled


Happening: TypeAlias = Heard | Told | Reply | Answered | Stray | Disputed | Noted
