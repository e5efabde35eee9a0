"""What the simulator says and hears: messages, calls, answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

Payload = dict[str, Any]
Effect = Callable[[], Awaitable[object]]


class Message(NamedTuple):
    """One call a station is about to make."""

    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class HeardCall:
    """One call of the central system, as it arrived."""

    unique_id: str | int
    action: str
    payload: Payload
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What to reply, and what happens once that is said."""

    payload: Payload
    effect: Effect | None = None


class CallRefusedError(Exception):
    """A call ends in a CALLERROR, ours or theirs."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description


class ConnectionLostError(Exception):
    """The socket went away before the conversation was over."""


class NoAnswerError(Exception):
    """The central system let a call of ours run out of time."""
