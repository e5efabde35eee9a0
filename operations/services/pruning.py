"""Lets go of old messages, a little at a time: nobody who writes waits for it."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils import timezone

from operations.models import OcppMessage
from operations.services import storekeeping

CHUNK = 2_000  # rows a transaction; some ten milliseconds
BUDGET_S = 1.0  # a run; the same worker sweeps deadlines each second
PAUSE_S = 0.01  # between two transactions: SQLite has one writer at a time


def prune() -> bool:
    """Delete what is too old or too much; whether more is left for another run at once."""
    ends_at = time.monotonic() + BUDGET_S
    return (
        _delete(_too_old(), ends_at) or _delete(_too_many(), ends_at) or storekeeping.tidy(ends_at)
    )


def _too_old() -> QuerySet[OcppMessage]:
    since = timezone.now() - timedelta(days=settings.EVCHARGE_MESSAGES_DAYS)
    return OcppMessage.objects.filter(called_at__lt=since).order_by("called_at")


def _too_many() -> QuerySet[OcppMessage]:
    """How many there are is taken from their keys: counting millions each minute costs too much."""
    newest: int = OcppMessage.objects.aggregate(newest=Max("pk"))["newest"] or 0
    last: int = newest - settings.EVCHARGE_MESSAGES_MAX
    return OcppMessage.objects.filter(pk__lte=last).order_by("pk")


def _delete(doomed: QuerySet[OcppMessage], ends_at: float) -> bool:
    """Delete them in chunks; True when the time was over before the last one."""
    while pks := list(doomed.values_list("pk", flat=True)[:CHUNK]):
        if time.monotonic() > ends_at:
            return True
        OcppMessage.objects.filter(pk__in=pks).delete()
        time.sleep(PAUSE_S)
    return False
