"""Finds a page of messages among millions, newest first, without counting and without long waits.

A page lies before or after a message's key, so it stays the same page while new messages come. A
filter that no index answers is tried on a stretch of the log at a time, and given up soon: then
the page says that it looked at a part, and leads on from there. Who goes on has a second each time.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, QuerySet

from operations.models import OcppMessage

PATIENCE_S = 0.1
LONG_PATIENCE_S = 1.0
STRETCH_S = 0.04  # what a stretch should take
FIRST_STRETCH = 20_000  # keys; as long where every row must be read
GROWTH = 16
# Messages get their keys when they are logged, which may be some seconds after they were made.
SLACK = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: before a key, after one, or (neither) at the newest message."""

    before: int | None = None
    after: int | None = None
    is_patient: bool = False  # whoever goes on searching

    @property
    def patience_s(self) -> float:
        """How long a page is searched for."""
        return LONG_PATIENCE_S if self.is_patient else PATIENCE_S


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


@dataclass(slots=True)
class Keys:
    """The keys still to be looked at, from one end on."""

    first: int
    last: int
    newest_first: bool

    @property
    def are_over(self) -> bool:
        """Whether none is left."""
        return self.first > self.last

    @property
    def reached(self) -> int:
        """The last key that was looked at."""
        return self.last + 1 if self.newest_first else self.first - 1

    def next(self, width: int) -> tuple[int, int]:
        """A stretch of them: its first and its last key."""
        if self.newest_first:
            stretch = max(self.first, self.last - width + 1), self.last
            self.last = stretch[0] - 1
        else:
            stretch = self.first, min(self.last, self.first + width - 1)
            self.first = stretch[1] + 1
        return stretch


def find(matching: QuerySet[OcppMessage], *, place: Place, period: Period, most: int) -> Found:
    """The messages of one page, of those that match."""
    if place.after is None:
        return _older(matching, place, period, most)
    found = _newer(matching, place, place.after, period, most)
    # A page that is not full at the end of the log would be an odd one out.
    return found if found.newer_than else _older(matching, replace(place, after=None), period, most)


def _older(matching: QuerySet[OcppMessage], place: Place, period: Period, most: int) -> Found:
    before = place.before
    last = _last_key(period) if before is None else min(before - 1, _last_key(period))
    keys = Keys(_first_key(period), last, newest_first=True)
    rows, reached = _collect(matching, keys, most + 1, place.patience_s)
    page = rows[:most]
    older = page[-1].pk if len(rows) > most else reached
    newer = None if before is None else page[0].pk if page else before - 1
    return Found(page, older, newer, gave_up=reached is not None)


def _newer(
    matching: QuerySet[OcppMessage], place: Place, after: int, period: Period, most: int
) -> Found:
    keys = Keys(max(after + 1, _first_key(period)), _last_key(period), newest_first=False)
    rows, reached = _collect(matching, keys, most + 1, place.patience_s)
    page = rows[:most][::-1]
    newer = page[0].pk if len(rows) > most else reached
    older = page[-1].pk if page else after + 1
    return Found(page, older, newer, gave_up=reached is not None)


def _collect(
    matching: QuerySet[OcppMessage], keys: Keys, most: int, patience_s: float
) -> tuple[list[OcppMessage], int | None]:
    """Rows between two keys, and the key up to which it looked if it gave up."""
    gives_up_at = time.monotonic() + patience_s
    rows: list[OcppMessage] = []
    width = FIRST_STRETCH
    while not keys.are_over and len(rows) < most:
        began_at = time.monotonic()
        if began_at > gives_up_at:
            return rows, keys.reached
        stretch = matching.filter(pk__range=keys.next(width))
        rows += stretch.order_by("-pk" if keys.newest_first else "pk")[: most - len(rows)]
        took_s = time.monotonic() - began_at
        width = max(1, round(width * min(GROWTH, STRETCH_S / max(took_s, 1e-6))))
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
