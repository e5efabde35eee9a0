"""Finds a page of messages among millions, newest first, without counting and without long waits.

A page lies before or after a message's key, so it stays the same page while new messages come. A
filter that no index answers is tried on a stretch of the log at a time, and given up after a
second: then the page says how far it looked, and leads on from there.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet

from operations.models import OcppMessage

PATIENCE_S = 1.0
QUICK_S = 0.1
FIRST_STRETCH = 50_000  # keys; some tenths of a second where every row must be read
GROWTH = 8
# Messages get their keys when they are logged, which may be some seconds after they were made.
SLACK = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: before a key, after one, or (neither) at the newest message."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """When the messages were made; narrows down where to look."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, and where the log goes on."""

    messages: list[OcppMessage]
    older_than: int | None = None  # older ones lie before this key; None where there are none
    newer_than: int | None = None
    gave_up: bool = False  # the search took too long: there may be more


def find(matching: QuerySet[OcppMessage], *, place: Place, period: Period, most: int) -> Found:
    """The messages of one page, of those that match."""
    if place.after is None:
        return _older(matching, place.before, period, most)
    found = _newer(matching, place.after, period, most)
    # A page that is not full at the end of the log would be an odd one out.
    return found if found.newer_than else _older(matching, None, period, most)


def _older(matching: QuerySet[OcppMessage], before: int | None, period: Period, most: int) -> Found:
    last = _last_key(period) if before is None else min(before - 1, _last_key(period))
    rows, reached = _collect(matching, _first_key(period), last, most + 1, newest_first=True)
    page = rows[:most]
    older = page[-1].pk if len(rows) > most else reached
    newer = None if before is None else page[0].pk if page else before - 1
    return Found(page, older, newer, gave_up=reached is not None)


def _newer(matching: QuerySet[OcppMessage], after: int, period: Period, most: int) -> Found:
    first = max(after + 1, _first_key(period))
    rows, reached = _collect(matching, first, _last_key(period), most + 1, newest_first=False)
    page = rows[:most][::-1]
    newer = page[0].pk if len(rows) > most else reached
    older = page[-1].pk if page else after + 1
    return Found(page, older, newer, gave_up=reached is not None)


def _collect(
    matching: QuerySet[OcppMessage], first: int, last: int, most: int, *, newest_first: bool
) -> tuple[list[OcppMessage], int | None]:
    """Rows between two keys, and the key up to which it looked if it gave up."""
    gives_up_at = time.monotonic() + PATIENCE_S
    rows: list[OcppMessage] = []
    width = FIRST_STRETCH
    while first <= last and len(rows) < most:
        began_at = time.monotonic()
        if began_at > gives_up_at:
            return rows, last + 1 if newest_first else first - 1
        low = max(first, last - width + 1) if newest_first else first
        high = last if newest_first else min(last, first + width - 1)
        stretch = matching.filter(pk__gte=low, pk__lte=high)
        rows += stretch.order_by("-pk" if newest_first else "pk")[: most - len(rows)]
        first, last = (first, low - 1) if newest_first else (high + 1, last)
        if time.monotonic() - began_at < QUICK_S:
            width *= GROWTH
    return rows, None


def _first_key(period: Period) -> int:
    if period.since is None:
        return 1
    made = OcppMessage.objects.filter(called_at__gte=period.since).order_by("called_at")
    pk: int | None = made.values_list("pk", flat=True).first()
    return _last_key(Period()) + 1 if pk is None else pk - SLACK


def _last_key(period: Period) -> int:
    if period.until is None:
        return OcppMessage.objects.aggregate(last=Max("pk"))["last"] or 0
    made = OcppMessage.objects.filter(called_at__lte=period.until).order_by("-called_at")
    pk: int | None = made.values_list("pk", flat=True).first()
    return 0 if pk is None else pk + SLACK
