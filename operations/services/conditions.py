"""What alert rules look for: for each kind one query over an index, whatever the fleet's size.

Adding a kind: a line in `AlertKind`, a function here that returns the stations it holds for and
since when, and a line in `CONDITIONS` with the sentence to show.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum
from django.utils.translation import ngettext_lazy

from operations.models import (
    AlertDelivery,
    AlertRule,
    CommandRun,
    Connection,
    Connector,
    ProtocolFinding,
    SettingDrift,
    Station,
)
from operations.models.alerts import AlertKind, DeliveryStatus
from operations.statuses import ChargingStatus, OperationalStatus, Registration, RunStatus

# How a request ends when something is wrong; refusals and cancellations are nobody's fault.
FAILURES = (
    RunStatus.FAILED,
    RunStatus.TIMED_OUT,
    RunStatus.CONNECTION_LOST,
    RunStatus.NOT_CONFIRMED,
)

# Of whom it holds, and since when: stations' keys, None for the portal itself.
Found = dict[int | None, datetime]
Rows = QuerySet[Connection] | QuerySet[CommandRun] | QuerySet[ProtocolFinding]


def holds_for(rule: AlertRule, *, now: datetime) -> Found:
    """Whom what the rule looks for is true of now, and when that began."""
    return CONDITIONS[AlertKind(rule.kind)].find(rule, now)


def watched(rule: AlertRule) -> Q:
    """The stations a rule is about, as seen from a row that has a station: not the discarded."""
    about = Q(
        station__registration=Registration.ACCEPTED,
    ) & ~Q(station__operational_status=OperationalStatus.CLOSED)
    if rule.organisation_id is not None:
        about &= Q(station__organisation=rule.organisation_id)
    return about


def _stations(rule: AlertRule) -> QuerySet[Station]:
    found = Station.objects.filter(registration=Registration.ACCEPTED).exclude(
        operational_status=OperationalStatus.CLOSED
    )
    return found if rule.organisation_id is None else found.filter(organisation=rule.organisation)


def _before(now: datetime, minutes: int) -> datetime:
    return now - timedelta(minutes=minutes)


def _offline(rule: AlertRule, now: datetime) -> Found:
    """Those that were connected once; one that never came is no news."""
    since = _before(now, rule.threshold)
    offline = _stations(rule).filter(connected_at__isnull=True, disconnected_at__lte=since)
    return _earliest(offline.order_by().values_list("pk", "disconnected_at"))


def _faulted(rule: AlertRule, now: datetime) -> Found:
    """A connector, or the station itself (connector 0 in 1.6)."""
    since = _before(now, rule.threshold)
    connectors = Connector.objects.filter(
        watched(rule), charging_status=ChargingStatus.FAULTED, status_at__lte=since
    ).exclude(operational_status=OperationalStatus.CLOSED)
    stations = _stations(rule).filter(main_status=ChargingStatus.FAULTED, main_status_at__lte=since)
    return _earliest(
        chain(
            connectors.order_by().values_list("station_id", "status_at"),
            stations.order_by().values_list("pk", "main_status_at"),
        )
    )


def _flapping(rule: AlertRule, now: datetime) -> Found:
    since = _before(now, rule.window_minutes)
    opened = Connection.objects.filter(watched(rule), opened_at__gte=since)
    return _at_least(rule.threshold, opened, "opened_at")


def _failed_runs(rule: AlertRule, now: datetime) -> Found:
    since = _before(now, rule.window_minutes)
    failed = CommandRun.objects.filter(watched(rule), closed_at__gte=since, status__in=FAILURES)
    return _at_least(rule.threshold, failed, "closed_at")


def _findings(rule: AlertRule, now: datetime) -> Found:
    """Different faults; one that is repeated for ever is one."""
    since = _before(now, rule.window_minutes)
    findings = ProtocolFinding.objects.filter(watched(rule), last_at__gte=since)
    return _at_least(rule.threshold, findings, "last_at")


def _unanswered(rule: AlertRule, now: datetime) -> Found:
    """Calls of requests (each attempt is one) since the station last answered one."""
    since = _before(now, rule.window_minutes)
    answered_since = CommandRun.objects.filter(
        station=OuterRef("station"), created_at__gte=since, answered_at__gt=OuterRef("sent_at")
    )
    unanswered = CommandRun.objects.filter(
        ~Exists(answered_since),
        watched(rule),
        closed_at__gte=since,
        status=RunStatus.TIMED_OUT,
        answered_at__isnull=True,
    )
    return _at_least(rule.threshold, unanswered, "sent_at", how_often=Sum("attempts"))


def _drift(rule: AlertRule, now: datetime) -> Found:
    """What nobody accepted; while a template is being applied it is no news."""
    since = _before(now, rule.threshold)
    drift = SettingDrift.objects.open().filter(watched(rule), since__lte=since)
    return _earliest(drift.order_by().values_list("station_id", "since"))


def _earliest(rows: Iterable[tuple[int, datetime | None]]) -> Found:
    """Each station once."""
    found: Found = {}
    for pk, at in rows:
        if at is not None:
            found[pk] = min(at, found.get(pk, at))
    return found


def _at_least(most: int, rows: Rows, at: str, *, how_often: Any = None) -> Found:
    """The stations of so many rows; it began with the first of them."""
    counted = rows.order_by().values("station").annotate(times=how_often or Count("pk"))
    often = counted.filter(times__gte=most).annotate(began_at=Min(at))
    return dict(often.values_list("station", "began_at"))


def _deliveries(rule: AlertRule, now: datetime) -> Found:
    dead = AlertDelivery.objects.filter(status=DeliveryStatus.DEAD)
    given_up = list(
        dead.order_by("-created_at").values_list("created_at", flat=True)[: rule.threshold]
    )
    return {None: given_up[-1]} if len(given_up) >= rule.threshold else {}


@dataclass(frozen=True, slots=True)
class Condition:
    """How a kind is looked for, and how it is said of one station."""

    find: Callable[[AlertRule, datetime], Found]
    words: Any  # in the singular and the plural of the rule's threshold
    counts: bool = True  # a number of times within a window; else minutes it must have lasted
    is_of_portal: bool = False
    may_follow_up: bool = True

    def sentence(self, rule: AlertRule) -> str:
        """What a rule finds, with its figures."""
        if not self.counts:
            return str(self.words % {"minutes": rule.threshold})
        return str(self.words % {"count": rule.threshold, "minutes": rule.window_minutes})


CONDITIONS: Final[Mapping[AlertKind, Condition]] = {
    AlertKind.OFFLINE: Condition(
        _offline,
        ngettext_lazy(
            "Offline for more than %(minutes)d minute.",
            "Offline for more than %(minutes)d minutes.",
            "minutes",
        ),
        counts=False,
        may_follow_up=False,  # who is offline can't be asked anything
    ),
    AlertKind.FAULTED: Condition(
        _faulted,
        ngettext_lazy(
            "Faulted for more than %(minutes)d minute.",
            "Faulted for more than %(minutes)d minutes.",
            "minutes",
        ),
        counts=False,
    ),
    AlertKind.FLAPPING: Condition(
        _flapping,
        ngettext_lazy(
            "Connected %(count)d time or more within %(minutes)d min.",
            "Connected %(count)d times or more within %(minutes)d min.",
            "count",
        ),
    ),
    AlertKind.FAILED_RUNS: Condition(
        _failed_runs,
        ngettext_lazy(
            "%(count)d request or more failed within %(minutes)d min.",
            "%(count)d requests or more failed within %(minutes)d min.",
            "count",
        ),
    ),
    AlertKind.FINDINGS: Condition(
        _findings,
        ngettext_lazy(
            "%(count)d different protocol fault or more within %(minutes)d min.",
            "%(count)d different protocol faults or more within %(minutes)d min.",
            "count",
        ),
    ),
    AlertKind.UNANSWERED: Condition(
        _unanswered,
        ngettext_lazy(
            "%(count)d call or more in a row unanswered within %(minutes)d min.",
            "%(count)d calls or more in a row unanswered within %(minutes)d min.",
            "count",
        ),
    ),
    AlertKind.DRIFT: Condition(
        _drift,
        ngettext_lazy(
            "Settings differ from their templates for more than %(minutes)d minute.",
            "Settings differ from their templates for more than %(minutes)d minutes.",
            "minutes",
        ),
        counts=False,
    ),
    AlertKind.DELIVERIES: Condition(
        _deliveries,
        ngettext_lazy(
            "%(count)d notification or more could not be delivered.",
            "%(count)d notifications or more could not be delivered.",
            "count",
        ),
        is_of_portal=True,
        may_follow_up=False,
    ),
}
