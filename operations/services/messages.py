"""The message log: every frame, written in batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from prometheus_client import Counter, Histogram

from operations import masking, metrics, schemas
from operations.models import OcppMessage
from operations.services import rows
from operations.services.traffic import traffic
from operations.versions import VERSIONS


@dataclass(slots=True)
class Exchange:
    """A call and its answer, as texts; the columns of OcppMessage without the cost of one."""

    station_id: int
    connection_id: int | None
    is_from_station: bool
    action: str
    unique_id: str
    call: str
    called_at: datetime
    answer: str = ""
    answered_at: datetime | None = None
    error_code: str = ""
    run_id: int | None = None


def log(exchanges: Sequence[Exchange]) -> None:
    """Write finished exchanges; texts are masked and cleaned here, the last place before disk."""
    for each in exchanges:
        each.call = clean(masking.raw_frame(each.call))
        each.answer = clean(masking.raw_frame(each.answer))
        each.unique_id = clean(each.unique_id)[:255]
        if each.action not in _known_actions():
            each.action = clean(each.action)[:50]
        if each.error_code:
            each.error_code = clean(each.error_code)[:50]
    count(exchanges)
    rows.insert(OcppMessage, exchanges)


def count(exchanges: Iterable[Exchange | OcppMessage]) -> None:
    """Count finished exchanges among the figures of this process."""
    alike: dict[tuple[str, str, str], int] = {}
    for each in exchanges:
        by = "station" if each.is_from_station else "portal"
        action = each.action if each.action in _known_actions() else metrics.OTHER
        outcome = "error" if each.error_code else "answered"
        if each.answered_at is None:
            outcome = "unanswered"
        else:
            seconds = (each.answered_at - each.called_at).total_seconds()
            _answer_seconds(by).observe(seconds)
        kind = (by, action, outcome)
        alike[kind] = alike.get(kind, 0) + 1
        traffic.count(each.station_id)
    for kind, number in alike.items():
        _messages(*kind).inc(number)


@cache  # looking a label up takes longer than counting
def _answer_seconds(by: str) -> Histogram:
    return metrics.answer_seconds.labels(by)


@cache
def _messages(by: str, action: str, outcome: str) -> Counter:
    return metrics.messages.labels(by, action, outcome)


@cache
def _known_actions() -> frozenset[str]:
    return frozenset().union(*(schemas.actions(version) for version in VERSIONS))


def clean(text: str) -> str:
    """Without what a database refuses: NUL characters and halves of surrogate pairs."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
