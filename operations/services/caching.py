"""Authorization caches: where they had better be off, and where something may be left in them."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from operations import variables
from operations.known_settings.authorization import BY_FIELD
from operations.models import CommandRun, Organisation, SettingChange, Station, Token
from operations.models.settings import ChangeOutcome, Switch
from operations.models.tokens import PaymentKind
from operations.statuses import RunStatus

SWITCH_KEYS = tuple(key for keys in BY_FIELD["cache_enabled"].keys.values() for key in keys)


def _pre_paid() -> QuerySet[Token]:
    """Tokens whose holders pay beforehand: a cache does not ask whether they still have funds."""
    return Token.objects.filter(payment=PaymentKind.PRE_PAID)


def with_pre_paid(organisation_pks: Collection[int | None]) -> set[int | None]:
    """Of these organisations (None: of nobody) those at whose stations pre-paid tokens charge."""
    if _pre_paid().filter(organisation=None).exists():  # they charge everywhere
        return set(organisation_pks)
    of_one = _pre_paid().filter(organisation=OuterRef("pk"))
    known = [pk for pk in organisation_pks if pk is not None]
    found = Organisation.objects.filter(Exists(of_one), pk__in=known)
    return set(found.values_list("pk", flat=True))


def at_risk(stations: QuerySet[Station]) -> QuerySet[Station]:
    """Those whose cache may let pre-paid tokens charge without asking for funds."""
    on = stations.filter(authorization__cache_enabled=Switch.ON)
    if _pre_paid().filter(organisation=None).exists():
        return on
    of_one = _pre_paid().filter(organisation=OuterRef("pk"))
    return on.filter(organisation__in=Organisation.objects.filter(Exists(of_one)))


def uncleared(station_pks: Collection[int]) -> set[int]:
    """Of these stations those whose cache was turned off here, and not cleared since.

    Some stations keep what is in it, and use it when it is on again.
    """
    turned = SettingChange.objects.filter(
        station__in=station_pks,
        key__in=SWITCH_KEYS,
        attribute=variables.ACTUAL,
        outcome__in=[ChangeOutcome.CONFIRMED, ChangeOutcome.ACCEPTED, ChangeOutcome.REBOOT],
    )
    is_off = Q(new_value__iexact="false")
    changes = (
        turned.order_by().values("station").annotate(off=Max("at", filter=is_off), last=Max("at"))
    )
    off: dict[int, datetime] = {
        row["station"]: row["off"] for row in changes if row["off"] and row["off"] == row["last"]
    }
    if not off:
        return set()
    clears = CommandRun.objects.filter(
        station__in=off, command="clear-cache", status=RunStatus.DONE
    )
    cleared = clears.order_by().values("station").annotate(cleared_at=Max("closed_at"))
    last = dict(cleared.values_list("station", "cleared_at"))
    return {pk for pk, at in off.items() if pk not in last or last[pk] < at}
