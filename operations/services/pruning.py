"""Lets go of old messages, a little at a time: nobody who writes waits for it."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from operations.models import OcppMessage

CHUNK = 2_000  # rows a transaction; some ten milliseconds
BUDGET_S = 1.0  # a run; the same worker sweeps deadlines each second
PAUSE_S = 0.01  # between two transactions: SQLite has one writer at a time


def prune() -> bool:
    """Delete what is too old or too much; whether more is left for another run at once."""
    limit = _first_kept()
    ends_at = time.monotonic() + BUDGET_S
    while (first := _oldest()) is not None and first < limit:
        if time.monotonic() > ends_at:
            return True
        last = min(first + CHUNK, limit)
        OcppMessage.objects.filter(pk__gte=first, pk__lt=last).delete()
        time.sleep(PAUSE_S)
    return False


def _oldest() -> int | None:
    first: int | None = OcppMessage.objects.aggregate(first=Min("pk"))["first"]
    return first


def _first_kept() -> int:
    """The key of the oldest message that stays.

    Keys rise with time but for a few seconds, so one key parts old from young. How many messages
    there are is taken from the keys too: counting millions each minute costs more than it tells.
    """
    newest: int = OcppMessage.objects.aggregate(newest=Max("pk"))["newest"] or 0
    too_many: int = newest + 1 - settings.EVCHARGE_MESSAGES_MAX
    since = timezone.now() - timedelta(days=settings.EVCHARGE_MESSAGES_DAYS)
    young = OcppMessage.objects.filter(called_at__gte=since).order_by("called_at")
    first_young: int | None = young.values_list("pk", flat=True).first()
    too_old = newest + 1 if first_young is None else first_young
    return max(too_many, too_old)
