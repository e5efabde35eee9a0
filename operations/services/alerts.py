"""Alerts: rules are looked at every few seconds; what they find opens, lasts, and closes again."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import sealing
from operations.models import Alert, AlertDelivery, AlertRule, Station, User
from operations.models.alerts import AlertKind
from operations.models.audit import Deed
from operations.services import auditing, conditions, delivering, following_up
from operations.services.live import Changes, publishing

# Two workers must not look at the same rule at once; Celery calls each 15 s.
LOOK_EVERY = timedelta(seconds=10)
CHUNK = 500  # rows one statement names
MOST_A_LOOK = 5_000  # that open; the worker that looks also sweeps each second
Event = AlertDelivery.Event
Key = TypeVar("Key", int, int | None)


def watch() -> None:
    """Look at every rule that is on."""
    now = timezone.now()
    for rule in AlertRule.objects.filter(is_enabled=True).select_related("organisation"):
        if _is_ours(rule, now):
            look(rule, now=now)


def _is_ours(rule: AlertRule, now: datetime) -> bool:
    """Whether no other worker looks at it at this moment."""
    due = Q(evaluated_at=None) | Q(evaluated_at__lte=now - LOOK_EVERY)
    return bool(AlertRule.objects.filter(due, pk=rule.pk).update(evaluated_at=now))


def look(rule: AlertRule, *, now: datetime) -> None:
    """Compare what the rule finds with what is open; writes only what differs.

    In chunks, each its own transaction: where a whole fleet goes offline at once, its messages
    must not wait for the alerts. What a look that died has left is the next one's to do.
    """
    found = conditions.holds_for(rule, now=now)
    known = {row.station_pk: row for row in _open_ones(rule)}
    back, settling, over = [], [], []
    for row in known.values():
        if row.station_pk in found:
            back += [row.pk] if row.calm_since is not None else []
        elif (row.calm_since or now) <= now - timedelta(minutes=rule.calm_minutes):
            over.append(row.pk)
        else:
            settling += [row.pk] if row.calm_since is None else []
    fresh = {pk: began_at for pk, began_at in found.items() if pk not in known}
    _open(rule, fresh, now)
    _update(back, calm_since=None, last_seen_at=now, count=F("count") + 1)
    _update(settling, calm_since=now, last_seen_at=now)
    _announce_opened(rule, now)
    _close(rule, over, now)


class _OpenOne(NamedTuple):
    """What a look needs to know of an alert that is open."""

    pk: int
    station_pk: int | None
    calm_since: datetime | None


def _open_ones(rule: AlertRule) -> Iterator[_OpenOne]:
    rows = rule.alerts.open().order_by().values_list("pk", "station_id", "calm_since")
    return (_OpenOne(*row) for row in rows.iterator())


def _open(rule: AlertRule, fresh: conditions.Found, now: datetime) -> None:
    words = str(conditions.CONDITIONS[AlertKind(rule.kind)].sentence(rule))[:300]
    # None, the portal itself, is no station's key.
    for chunk in _chunks(sorted(fresh, key=lambda pk: pk or 0)[:MOST_A_LOOK]):
        pks = [pk for pk in chunk if pk is not None]
        known = set(Station.objects.filter(pk__in=pks).values_list("pk", flat=True))
        with publishing() as changes:
            alerts = Alert.objects.bulk_create(
                Alert(
                    rule=rule,
                    station_id=pk,
                    severity=rule.severity,
                    summary=words,
                    began_at=fresh[pk],
                    opened_at=now,
                    last_seen_at=now,
                )
                for pk in chunk
                if pk is None or pk in known
            )
            for alert in alerts:
                _note(changes, alert.pk, alert.station_id)


def _announce_opened(rule: AlertRule, now: datetime) -> None:
    """Tell of what is open and was not told of yet; ask what the rule asks then."""
    waiting = Alert.objects.filter(rule=rule, announced_at=None)
    alerts = list(waiting.select_related("station").order_by("pk"))
    if not alerts:
        return
    with transaction.atomic():
        waiting.filter(pk__lte=alerts[-1].pk).update(announced_at=now)
        delivering.announce(rule=rule, alerts=alerts, event=Event.OPENED, at=now)
        following_up.follow_up(rule=rule, alerts=alerts, now=now)


def _close(rule: AlertRule, over: Sequence[int], now: datetime) -> None:
    for chunk in _chunks(over):
        with transaction.atomic():
            _update(chunk, is_open=False, closed_at=now)
            if delivering.tells_anybody(rule):
                told = Alert.objects.filter(pk__in=chunk).select_related("station")
                delivering.announce(rule=rule, alerts=list(told), event=Event.CLOSED, at=now)


def _update(pks: Sequence[int], **fields: Any) -> None:
    for chunk in _chunks(pks):
        with publishing() as changes:
            found = Alert.objects.filter(pk__in=chunk)
            found.update(**fields)
            for pk, station_pk in found.values_list("pk", "station_id"):
                _note(changes, pk, station_pk)


def _note(changes: Changes, pk: int, station_pk: int | None) -> None:
    """Its row, and its station's page."""
    changes.add("alert", pk)
    if station_pk is not None:
        changes.add("station-alerts", station_pk)


def _chunks(pks: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(pks), CHUNK):
        yield pks[start : start + CHUNK]


def acknowledge(*, alerts: QuerySet[Alert], user: User, note: str = "") -> int:
    """Say that somebody looks after these; returns how many nobody had yet."""
    now = timezone.now()
    with transaction.atomic():
        unseen = list(alerts.filter(acknowledged_at=None).select_related("station", "rule"))
        fields = {"acknowledged_at": now, "acknowledged_by": user, "note": note[:500]}
        _update([alert.pk for alert in unseen], **fields)
        one = unseen[0] if len(unseen) == 1 else None
        if unseen:
            name = title(one) if one else _("%(count)d alerts") % {"count": len(unseen)}
            auditing.note(Deed.ACKNOWLEDGED, one, name=name, detail=note)
    return len(unseen)


def title(alert: Alert) -> str:
    """An alert in a line: "Offline for too long: Quay 1"."""
    who = alert.station.name if alert.station else _("the portal")
    return _("%(rule)s: %(who)s") % {"rule": alert.rule.name, "who": who}


@transaction.atomic
def save_rule(*, rule: AlertRule, secret: str = "") -> AlertRule:
    """Keep a rule; what is switched off has nothing open. A secret replaces the old one."""
    before = auditing.stored(rule)
    if secret:
        rule.webhook_secret = sealing.seal({"secret": secret})
    rule.evaluated_at = None
    rule.save()
    changes = auditing.difference(before, rule)
    if before is None or changes:
        auditing.note(Deed.CREATED if before is None else Deed.CHANGED, rule, changes=changes)
    if not rule.is_enabled:
        _close_all(rule)
    return rule


def _close_all(rule: AlertRule) -> None:
    """Quietly: nobody is told that what they switched off is over."""
    pks = list(rule.alerts.open().values_list("pk", flat=True))
    now = timezone.now()
    _update(pks, is_open=False, closed_at=now, announced_at=now)


@transaction.atomic
def delete_rule(*, rule: AlertRule) -> None:
    """With its alerts and notifications; the audit log remembers it."""
    auditing.note(Deed.DELETED, rule, changes=auditing.difference(rule, None))
    rule.delete()


@transaction.atomic
def try_out(*, rule: AlertRule) -> int:
    """Send a test to the rule's addresses; returns to how many."""
    now = timezone.now()
    delivering.announce(rule=rule, alerts=(), event=Event.TEST, at=now)
    return len(delivering.addresses(rule)) + bool(rule.webhook_url)
