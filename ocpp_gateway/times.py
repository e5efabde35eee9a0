"""Reads the times stations send, in all the ways they write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from ocpp_gateway.findings import Finding

# Further off than this, a clock was never set (1970, 0001) or is wrong.
BELIEVABLE: Final = timedelta(days=1)

# What datetime.fromisoformat does not take: lower case, a comma or any number of decimals,
# spaces, leap seconds.
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]+(\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)


def parse_time(
    text: object, received_at: datetime, path: str = ""
) -> tuple[datetime, Finding | None]:
    """Read a time as UTC; what can't be read is taken for the time of receipt.

    A time that is more than a day off is returned as it was sent, with a finding: it may be a
    wrong clock or a message that waited long, and only the caller can know (OCPP 1.6 §3.5).
    """
    sent = _read(text)
    if sent is None:
        return received_at, Finding("time-unreadable", path, "not a date and time")
    finding = None
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=UTC)
        finding = Finding("time-without-zone", path, "no time zone, taken for UTC")
    try:
        sent = sent.astimezone(UTC)
    except OverflowError:
        return received_at, Finding("time-unreadable", path, "outside the calendar")
    if abs(sent - received_at) > BELIEVABLE:
        finding = Finding("clock-off", path, "more than a day from when it was received")
    return sent, finding


def _read(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        match = _TIME.fullmatch(text.strip().upper())
    if match is None:
        return None
    day, minute, second, fraction, zone = match.groups()
    # A leap second is the minute's last for us: Python's clock has none.
    second = "59" if second == "60" else second or "00"
    zone = {None: "", "Z": "+00:00", "UTC": "+00:00"}.get(zone, zone)
    try:
        return datetime.fromisoformat(f"{day}T{minute}:{second}.{(fraction or '')[:6]:0<6}{zone}")
    except ValueError:
        return None
