"""The calls of a run as they go out: each with its id, and its row in the message log."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime

from operations import masking
from operations.commands.base import Params, Payload, Request
from operations.models import CommandRun, OcppMessage
from operations.services import rows


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call to send: its frame's parts and the message log's row."""

    unique_id: str
    action: str
    payload: Payload
    may_break_schema: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is now ours to send, with its calls in order."""

    run_pk: int
    command: str
    calls: tuple[OutgoingCall, ...]
    answer_timeout_s: int
    is_nudge: bool = False


@dataclass(frozen=True, slots=True)
class Over:
    """A run that an answer has ended, for good: whatever its station tells, nobody need look."""

    run_pk: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Calls, and the rows of the log that an answer finds its run by."""

    messages: list[OcppMessage]
    calls: tuple[OutgoingCall, ...]

    def keep(self) -> None:
        """Write the log's rows."""
        rows.insert(OcppMessage, self.messages)


def word(
    run: CommandRun, requests: tuple[Request, ...], *, connection_pk: int | None, at: datetime
) -> Outgoing:
    """What is about to be sent, and the log's rows: an answer finds its run whatever happens."""
    calls = tuple(
        OutgoingCall(_new_id(), request.action, request.payload, request.may_break_schema)
        for request in requests
    )
    messages = [
        OcppMessage(
            station_id=run.station_id,
            connection_id=connection_pk,
            run=run,
            is_from_station=False,
            action=call.action,
            unique_id=call.unique_id,
            call=masking.frame([2, call.unique_id, call.action, call.payload]),
            called_at=at,
        )
        for call in calls
    ]
    return Outgoing(messages, calls)


def _new_id() -> str:
    """Unlike any other; need not be hard to guess.

    Asking the system gives the interpreter to a busy loop, and it may take 5 ms to get it back.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def with_request_id(run: CommandRun) -> Params:
    """What was asked, with the run's number: OCPP's `requestId`, by which stations report back."""
    return {**run.params, "request_id": run.pk}
