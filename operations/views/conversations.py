"""OCPP messages as people read them: direction, timing, and the frames laid out."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from operations import masking
from operations.commands.spans import duration
from operations.models import OcppMessage

# A page with fifty frames of a megabyte each helps nobody.
LONGEST_FRAME = 20_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer."""

    pk: int
    action: str
    unique_id: str
    is_from_station: bool
    at: datetime
    latency: str
    error_code: str
    call: str
    answer: str


def exchanges(messages: Iterable[OcppMessage], *, longest: int = LONGEST_FRAME) -> list[Exchange]:
    """These messages, laid out and masked."""
    return [
        Exchange(
            pk=message.pk,
            action=message.action or _("No OCPP message"),
            unique_id=message.unique_id,
            is_from_station=message.is_from_station,
            at=message.called_at,
            latency=duration(message.latency_ms),
            error_code=message.error_code,
            call=lay_out(message.call, longest=longest),
            answer=lay_out(message.answer, longest=longest),
        )
        for message in messages
    ]


def lay_out(frame: str, *, longest: int = LONGEST_FRAME) -> str:
    """A frame with its payload indented; text that is no JSON as it came."""
    # Masked when it was written; once more, for rows that came another way.
    masked = masking.shown(frame)
    try:
        parts = json.loads(masked)
    except (ValueError, RecursionError):
        pretty = masked
    else:
        pretty = json.dumps(parts, indent=2, ensure_ascii=False)
    if len(pretty) <= longest:
        return pretty
    return _("%(start)s\n… %(more)d more characters") % {
        "start": pretty[:longest],
        "more": len(pretty) - longest,
    }
