"""The messages of OCPP-J, as they come out of the codec."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from ocpp_gateway.findings import Finding

Payload: TypeAlias = dict[str, Any]
# OCPP wants text; some stations count in numbers, and their number is what they look for.
MessageId: TypeAlias = str | int | float


# Made for every message, so not frozen: that alone would cost a tenth of handling a Heartbeat.
@dataclass(slots=True)
class Call:
    """A request. `raw_id` is the id as it came, to be echoed; `unique_id` the same as text."""

    unique_id: str
    raw_id: MessageId
    action: str
    payload: Payload
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """A 2.1 message that is told and never answered."""

    unique_id: str
    action: str
    payload: Payload
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a call."""

    unique_id: str
    payload: Payload
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CallError:
    """The refusal of a call."""

    unique_id: str
    code: str
    description: str
    details: Payload
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CallResultError:
    """2.1: the other side could not use the answer to its call."""

    unique_id: str
    code: str
    description: str
    details: Payload
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Garbled:
    """A frame that is no message; `reply` is the CALLERROR to send, None when none is due."""

    reply: str | None
    unique_id: str | None
    code: str
    detail: str


Frame: TypeAlias = Call | CallResult | CallError | CallResultError | Send | Garbled
