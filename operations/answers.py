"""What we answer a station, in the portal's words; the dialects spell it for each version."""

from dataclasses import dataclass
from datetime import datetime

from operations.statuses import Registration


@dataclass(frozen=True, slots=True)
class BootAnswer:
    """Whether the station may work, and how often it shall send heartbeats."""

    registration: Registration
    interval_s: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Whether a token may charge: Accepted, Blocked, Expired, Invalid, ConcurrentTx."""

    status: str
    expires_at: datetime | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """The session's transaction id, and the token's answer where one was presented."""

    transaction_id: str
    token: TokenAnswer | None = None


Answer = BootAnswer | TokenAnswer | SessionAnswer | None
