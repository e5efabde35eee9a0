"""Tokens that stations presented and that may not charge: counted, a row each."""

from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Lower

from operations.models import RejectedToken
from operations.models.tokens import RejectionReason

# A station may make up tokens for ever; the ones it presented last are kept.
MOST_OF_STATION = 200


def note(*, station_pk: int, token: str, kind: str, reason: RejectionReason, at: datetime) -> None:
    """One more time this station presented this token."""
    of_station = RejectedToken.objects.filter(station=station_pk)
    same = of_station.annotate(key=Lower("token")).filter(key=Lower(Value(token)))
    if same.update(count=F("count") + 1, last_at=at, reason=reason):
        return
    if of_station.count() >= MOST_OF_STATION:
        oldest = of_station.order_by("last_at", "pk").values_list("pk", flat=True)[:1]
        RejectedToken.objects.filter(pk__in=list(oldest)).delete()
    RejectedToken.objects.create(
        station_id=station_pk,
        token=token[:255],
        type=kind[:20],
        reason=reason,
        first_at=at,
        last_at=at,
    )


def forget(*, keys: Any) -> None:
    """Somebody looked after these tokens; `keys`, a list or a query: identifiers in lower case."""
    RejectedToken.objects.annotate(key=Lower("token")).filter(key__in=keys).delete()
