"""Finds a page of messages among millions, newest first, without counting and without long waits.

A page lies before or after a message's key, so it stays the same page while new messages come. A
filter that no index answers is tried on a stretch of the log at a time, and given up after a
second: then the page says how far back it looked, and leads on from there.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, QuerySet

from operations.models import OcppMessage

PATIENCE_S = 1.0
QUICK_S = 0.1
FIRST_STRETCH = 50_000  # keys; some tenths of a second where every row must be read
GROWTH = 8
# Calls are numbered when they are logged, which may be some seconds after they were made.
SLACK = 10_000

Messages = QuerySet[OcppMessage]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of messages, and where the log goes on."""

    messages: list[OcppMessage]
    older_than: int | None  # older ones lie before this key; None where there are none
    newer_than: int | None
    gave_up: bool  # there may be more: the search took too long


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: before a key, after one, or (neither) at the newest message."""

    before: int | None = None
    after: int | None = None


def find(
    matching: Messages,
    *,
    place: Place,
    most: int,
    since: datetime | None = None,
    until: datetime | None = None,
    now: Clock = time.monotonic,
) -> Found:
    """The messages of one page. `since` and `until` tell where to look; `matching` has them too."""
    first, last = _bounds(since, until)
    search = _Search(matching, now() + PATIENCE_S, now)
    if place.after is not None:
        rows = search.take(most + 1, _upwards(max(first, place.after + 1), last, search))
        page = rows[:most][::-1]
        is_more = len(rows) > most or search.gave_up
        return Found(
            page,
            older_than=page[0].pk if not page else page[-1].pk,
            newer_than=page[0].pk if page and is_more else None,
            gave_up=search.gave_up,
        )
    top = last if place.before is None else min(last, place.before - 1)
    rows = search.take(most + 1, _downwards(first, top, search))
    page = rows[:most]
    older = page[-1].pk if len(rows) > most else search.reached if search.gave_up else None
    newer = (page[0].pk if page else place.before) if place.before is not None else None
    return Found(page, older_than=older, newer_than=newer, gave_up=search.gave_up)
