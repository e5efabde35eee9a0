"""Lets go of what is old, the big tables' rows first: nobody who writes waits for it.

On PostgreSQL they lie in parts, which go as a whole once all in them is old. Row by row is deleted
there only what outlives its time by a part's usual length: a part of a quiet network spans weeks.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Max, Model
from django.utils import timezone

from operations.models import MeterReading, OcppMessage
from operations.services import ageing, chunks, partitions, storekeeping
from operations.services.chunks import Doomed
from operations.services.partitions import Part

BUDGET_S = 1.0  # a run; the same worker sweeps deadlines each second
READ_TOGETHER = 500  # readings, whose stations' clocks are believed together
PARTS_OF_MOST = 10  # parts of as many messages as are kept at most
DAYS_OF_READINGS = 7  # that a part of them has
NOTHING_BEFORE = datetime(1, 2, 1, tzinfo=UTC)


def prune() -> bool:
    """Delete what is too old or too much; whether more is left for another run at once."""
    ends_at = time.monotonic() + BUDGET_S
    old_messages, old_readings = _ages()
    slack = timedelta()
    if partitions.is_in_parts(OcppMessage):
        _tend_parts(old_messages, old_readings)
        slack = timedelta(days=1)
    return (
        _delete(OcppMessage, _messages_before(old_messages - slack), ends_at)
        or _delete(OcppMessage, _messages_too_many, ends_at)
        or _delete(MeterReading, _readings_before(old_readings - slack * DAYS_OF_READINGS), ends_at)
        or ageing.forget(ends_at)
        or storekeeping.tidy(ends_at)
    )


def _ages() -> tuple[datetime, datetime]:
    """What messages and what readings from before then are too old."""
    now = timezone.now()
    messages, readings = [
        now - timedelta(days=days) if days else NOTHING_BEFORE
        for days in (settings.EVCHARGE_MESSAGES_DAYS, settings.EVCHARGE_READINGS_DAYS)
    ]
    return messages, readings


def _tend_parts(old_messages: datetime, old_readings: datetime) -> None:
    """A part has a day's messages, or a week's readings; it goes when all of it is too old."""
    day = partitions.keys_of_a_day()
    most = settings.EVCHARGE_MESSAGES_MAX
    partitions.make_ahead(OcppMessage, keys=min(day, most // PARTS_OF_MOST))
    partitions.make_ahead(MeterReading, keys=day * DAYS_OF_READINGS)
    last_too_many = _newest_key() - most

    def has_old_messages(part: Part) -> bool:
        rows = OcppMessage.objects.filter(pk__gte=part.first, pk__lt=part.end)
        is_too_many = part.end - 1 <= last_too_many
        return is_too_many or not rows.filter(called_at__gte=old_messages).exists()

    def has_old_readings(part: Part) -> bool:
        rows = MeterReading.objects.filter(pk__gte=part.first, pk__lt=part.end).order_by("-pk")
        times = rows.values_list("at", flat=True)[:READ_TOGETHER]
        return _old_at_first([at < old_readings for at in reversed(times)]) == len(times)

    partitions.drop_old(OcppMessage, has_old_messages)
    partitions.drop_old(MeterReading, has_old_readings)


def _messages_before(since: datetime) -> Doomed:
    rows = OcppMessage.objects.filter(called_at__lt=since).order_by("called_at")
    return lambda most: list(rows.values_list("pk", flat=True)[:most])


def _messages_too_many(most: int) -> list[int]:
    """How many there are is taken from their keys: counting millions each minute costs too much."""
    last = _newest_key() - settings.EVCHARGE_MESSAGES_MAX
    rows = OcppMessage.objects.filter(pk__lte=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:most])


def _newest_key() -> int:
    return OcppMessage.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _readings_before(since: datetime) -> Doomed:
    """In the order they came, until most are newer: some stations' clocks stand in 1970 or 2099."""

    def find(most: int) -> list[int]:
        found = MeterReading.objects.order_by("pk").values_list("pk", "at")[:READ_TOGETHER]
        rows = list(found)
        return [pk for pk, _ in rows[: _old_at_first([at < since for _, at in rows])]][:most]

    return find


def _old_at_first(are_old: Iterable[bool]) -> int:
    """Where to cut between the old and the others, with the fewest on the wrong side."""
    cut = wrong = least = 0
    for number, is_old in enumerate(are_old, start=1):
        wrong += -1 if is_old else 1
        if wrong < least:
            cut, least = number, wrong
    return cut


def _delete(model: type[Model], doomed: Doomed, ends_at: float) -> bool:
    rows = model._default_manager
    return chunks.delete(doomed, lambda pks: rows.filter(pk__in=pks).delete(), ends_at=ends_at)
