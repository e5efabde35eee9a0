"""What goes once it is old, other than the big tables: a line for each table that grows with time.

Nothing goes that something open still needs: what runs, waits, is watched or was not looked after.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from operations.models import (
    Alert,
    AlertDelivery,
    AuditEntry,
    CommandBatch,
    CommandRun,
    Connection,
    MeterReading,
    ReceivedFile,
    RejectedToken,
    Session,
    SettingChange,
    StationEvent,
    StationList,
    StationReport,
)
from operations.models.alerts import DeliveryStatus
from operations.services import chunks
from operations.services.chunks import Delete, Doomed
from operations.statuses import SessionStatus

REJECTED_TOKENS_DAYS = 90  # a station has few of them
SESSIONS_AT_ONCE = 1_000  # in one run, of those that still have readings


@dataclass(frozen=True, slots=True)
class Ageing:
    """A table of which the old rows go: which these are, and how."""

    days: Callable[[], int]  # 0: they stay for ever
    doomed: Callable[[datetime], Doomed]
    delete: Callable[[datetime], Delete]


def forget(ends_at: float) -> bool:
    """Delete what is too old; whether more is left when the time is over."""
    return any(chunks.delete(doomed, let_go, ends_at=ends_at) for doomed, let_go in _due())


def _due() -> Iterator[tuple[Doomed, Delete]]:
    now = timezone.now()
    for table in TABLES:
        if days := table.days():
            limit = now - timedelta(days=days)
            yield table.doomed(limit), table.delete(limit)


def _rows(model: type[Model]) -> Callable[[datetime], Delete]:
    def delete(pks: Sequence[int]) -> object:
        return model._default_manager.filter(pk__in=pks).delete()

    return lambda _limit: delete


def _entries(limit: datetime) -> Delete:
    return lambda pks: AuditEntry.objects.forget(pks, before=limit)


def by_time(rows: QuerySet[Any], field: str, limit: datetime) -> Doomed:
    """The oldest by an index; those that something needs are passed by once, not for each chunk."""
    old = rows.filter(**{f"{field}__lt": limit}).order_by(field, "pk")
    reached: datetime | None = None

    def find(most: int) -> list[int]:
        nonlocal reached
        left = old.filter(**{f"{field}__gte": reached}) if reached else old
        found = list(left.values_list("pk", field)[:most])
        if found:
            reached = found[-1][1]
        return [pk for pk, _at in found]

    return find


def by_key(rows: QuerySet[Any], field: str, limit: datetime) -> Doomed:
    """In the order they were written, for times of our own clock: it takes no index by time."""

    def find(most: int) -> list[int]:
        oldest = rows.order_by("pk").values_list("pk", field)[:most]
        return [pk for pk, _at in takewhile(lambda row: row[1] < limit, oldest)]

    return find


def _connections(limit: datetime) -> Doomed:
    waiting = CommandRun.objects.open().filter(connection__isnull=False).values("connection")
    return by_time(Connection.objects.exclude(pk__in=waiting), "closed_at", limit)


def _deliveries(limit: datetime) -> Doomed:
    """Those that are through, and tell of nothing that still holds."""
    telling = AlertDelivery.alerts.through.objects.filter(
        alertdelivery=OuterRef("pk"), alert__is_open=True
    )
    through = AlertDelivery.objects.exclude(status=DeliveryStatus.WAITING)
    return by_time(through.exclude(Exists(telling)), "created_at", limit)


def _alerts(limit: datetime) -> Doomed:
    return by_time(Alert.objects.filter(is_open=False), "opened_at", limit)


def _runs(limit: datetime) -> Doomed:
    """Those that are closed, of batches that are over too; a kept file keeps its request."""
    of_run = {"run": OuterRef("pk")}
    needed = (
        Exists(Alert.objects.filter(follow_up_run=OuterRef("pk")))
        | Exists(ReceivedFile.objects.filter(**of_run))
        | Exists(StationList.objects.filter(**of_run))
    )
    alone = Q(batch=None) | Q(batch__ended_at__lt=limit)
    return by_time(CommandRun.objects.filter(alone).exclude(needed), "closed_at", limit)


def _batches(limit: datetime) -> Doomed:
    """Those whose requests are gone."""
    runs = CommandRun.objects.filter(batch=OuterRef("pk"))
    return by_time(CommandBatch.objects.exclude(Exists(runs)), "ended_at", limit)


def _readings_of_sessions(limit: datetime) -> Doomed:
    """Before their sessions: one may have thousands, which would go in one transaction."""
    oldest = _old_sessions(limit).order_by("ended_at", "pk").values_list("pk", flat=True)
    pks = list(oldest[:SESSIONS_AT_ONCE])
    readings = MeterReading.objects.filter(session__in=pks).order_by().values_list("pk", flat=True)
    return lambda most: list(readings[:most])


def _sessions(limit: datetime) -> Doomed:
    readings = MeterReading.objects.filter(session=OuterRef("pk"))
    return by_time(_old_sessions(limit).exclude(Exists(readings)), "ended_at", limit)


def _old_sessions(limit: datetime) -> QuerySet[Session]:
    """By our clock too: some stations' stand in 1970."""
    heard = Q(heard_at=None) | Q(heard_at__lt=limit)
    ended = Session.objects.filter(status=SessionStatus.ENDED)
    return ended.filter(heard, ended_at__lt=limit)


TABLES = (
    Ageing(lambda: settings.EVCHARGE_CONNECTIONS_DAYS, _connections, _rows(Connection)),
    Ageing(lambda: settings.EVCHARGE_DELIVERIES_DAYS, _deliveries, _rows(AlertDelivery)),
    Ageing(lambda: settings.EVCHARGE_ALERTS_DAYS, _alerts, _rows(Alert)),
    Ageing(lambda: settings.EVCHARGE_REQUESTS_DAYS, _runs, _rows(CommandRun)),
    Ageing(lambda: settings.EVCHARGE_REQUESTS_DAYS, _batches, _rows(CommandBatch)),
    Ageing(lambda: settings.EVCHARGE_SESSIONS_DAYS, _readings_of_sessions, _rows(MeterReading)),
    Ageing(lambda: settings.EVCHARGE_SESSIONS_DAYS, _sessions, _rows(Session)),
    Ageing(
        lambda: settings.EVCHARGE_EVENTS_DAYS,
        lambda limit: by_key(StationEvent.objects.all(), "heard_at", limit),
        _rows(StationEvent),
    ),
    Ageing(
        lambda: settings.EVCHARGE_EVENTS_DAYS,
        lambda limit: by_key(StationReport.objects.all(), "started_at", limit),
        _rows(StationReport),
    ),
    Ageing(
        lambda: REJECTED_TOKENS_DAYS,
        lambda limit: by_time(RejectedToken.objects.all(), "last_at", limit),
        _rows(RejectedToken),
    ),
    Ageing(
        lambda: settings.EVCHARGE_AUDIT_DAYS,
        lambda limit: by_time(AuditEntry.objects.all(), "at", limit),
        _entries,
    ),
    Ageing(
        lambda: settings.EVCHARGE_AUDIT_DAYS,
        lambda limit: by_key(SettingChange.objects.all(), "at", limit),
        _rows(SettingChange),
    ),
)
