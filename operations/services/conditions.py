"""What alert rules look for: for each kind one query over an index, whatever the fleet's size.

Adding a kind: a line in `AlertKind`, a function here that returns the stations it holds for,
each with the sentence to show, and a line in `CONDITIONS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import ngettext

from operations.commands.base import Text
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

# Of whom it holds: stations' keys, None for the portal itself.
Found = set[int | None]


def holds_for(rule: AlertRule, *, now: datetime) -> Found:
    """Whom what the rule looks for is true of now."""
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
    return set(offline.order_by().values_list("pk", flat=True))


def _faulted(rule: AlertRule, now: datetime) -> Found:
    """A connector, or the station itself (connector 0 in 1.6)."""
    since = _before(now, rule.threshold)
    connectors = Connector.objects.filter(
        watched(rule), charging_status=ChargingStatus.FAULTED, status_at__lte=since
    ).exclude(operational_status=OperationalStatus.CLOSED)
    stations = _stations(rule).filter(main_status=ChargingStatus.FAULTED, main_status_at__lte=since)
    return {
        *connectors.order_by().values_list("station_id", flat=True),
        *stations.order_by().values_list("pk", flat=True),
    }


def _flapping(rule: AlertRule, now: datetime) -> Found:
    since = _before(now, rule.window_minutes)
    opened = Connection.objects.filter(watched(rule), opened_at__gte=since)
    return _at_least(rule.threshold, opened)


def _failed_runs(rule: AlertRule, now: datetime) -> Found:
    since = _before(now, rule.window_minutes)
    failed = CommandRun.objects.filter(watched(rule), closed_at__gte=since, status__in=FAILURES)
    return _at_least(rule.threshold, failed)


def _findings(rule: AlertRule, now: datetime) -> Found:
    """Different faults; one that is repeated for ever is one."""
    since = _before(now, rule.window_minutes)
    return _at_least(
        rule.threshold, ProtocolFinding.objects.filter(watched(rule), last_at__gte=since)
    )


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
    calls = unanswered.order_by().values("station").annotate(calls=Sum("attempts"))
    return set(calls.filter(calls__gte=rule.threshold).values_list("station", flat=True))


def _drift(rule: AlertRule, now: datetime) -> Found:
    """What nobody accepted; while a template is being applied it is no news."""
    since = _before(now, rule.threshold)
    drift = SettingDrift.objects.open().filter(watched(rule), since__lte=since)
    return set(drift.order_by().values_list("station_id", flat=True).distinct())


def _at_least(
    most: int,
    rows: QuerySet[Connection] | QuerySet[CommandRun] | QuerySet[ProtocolFinding],
) -> Found:
    counted = rows.order_by().values("station").annotate(rows=Count("pk"))
    return set(counted.filter(rows__gte=most).values_list("station", flat=True))


def _deliveries(rule: AlertRule, now: datetime) -> Found:
    dead = AlertDelivery.objects.filter(status=DeliveryStatus.DEAD)
    return {None} if dead[: rule.threshold].count() >= rule.threshold else set()


@dataclass(frozen=True, slots=True)
class Condition:
    """How a kind is looked for, and how it is said of one station."""

    find: Callable[[AlertRule, datetime], Found]
    sentence: Callable[[AlertRule], Text]
    counts: bool = True  # a number of times within a window; else minutes it must have lasted
    is_of_portal: bool = False
    may_follow_up: bool = True


def _offline_words(rule: AlertRule) -> str:
    return ngettext(
        "Offline for more than %(minutes)d minute.",
        "Offline for more than %(minutes)d minutes.",
        rule.threshold,
    ) % {"minutes": rule.threshold}


def _faulted_words(rule: AlertRule) -> str:
    return ngettext(
        "Faulted for more than %(minutes)d minute.",
        "Faulted for more than %(minutes)d minutes.",
        rule.threshold,
    ) % {"minutes": rule.threshold}


def _flapping_words(rule: AlertRule) -> str:
    return _counted(
        rule,
        ngettext(
            "Connected %(count)d time or more within %(minutes)d min.",
            "Connected %(count)d times or more within %(minutes)d min.",
            rule.threshold,
        ),
    )


def _failed_words(rule: AlertRule) -> str:
    return _counted(
        rule,
        ngettext(
            "%(count)d request or more failed within %(minutes)d min.",
            "%(count)d requests or more failed within %(minutes)d min.",
            rule.threshold,
        ),
    )


def _findings_words(rule: AlertRule) -> str:
    return _counted(
        rule,
        ngettext(
            "%(count)d different protocol fault or more within %(minutes)d min.",
            "%(count)d different protocol faults or more within %(minutes)d min.",
            rule.threshold,
        ),
    )


def _unanswered_words(rule: AlertRule) -> str:
    return _counted(
        rule,
        ngettext(
            "%(count)d call or more in a row unanswered within %(minutes)d min.",
            "%(count)d calls or more in a row unanswered within %(minutes)d min.",
            rule.threshold,
        ),
    )


def _drift_words(rule: AlertRule) -> str:
    return ngettext(
        "Settings differ from their templates for more than %(minutes)d minute.",
        "Settings differ from their templates for more than %(minutes)d minutes.",
        rule.threshold,
    ) % {"minutes": rule.threshold}


def _deliveries_words(rule: AlertRule) -> str:
    return ngettext(
        "%(count)d notification or more could not be delivered.",
        "%(count)d notifications or more could not be delivered.",
        rule.threshold,
    ) % {"count": rule.threshold}


def _counted(rule: AlertRule, words: str) -> str:
    return words % {"count": rule.threshold, "minutes": rule.window_minutes}


CONDITIONS: Final[Mapping[AlertKind, Condition]] = {
    # Who is offline can't be asked anything.
    AlertKind.OFFLINE: Condition(_offline, _offline_words, counts=False, may_follow_up=False),
    AlertKind.FAULTED: Condition(_faulted, _faulted_words, counts=False),
    AlertKind.FLAPPING: Condition(_flapping, _flapping_words),
    AlertKind.FAILED_RUNS: Condition(_failed_runs, _failed_words),
    AlertKind.FINDINGS: Condition(_findings, _findings_words),
    AlertKind.UNANSWERED: Condition(_unanswered, _unanswered_words),
    AlertKind.DRIFT: Condition(_drift, _drift_words, counts=False),
    AlertKind.DELIVERIES: Condition(
        _deliveries, _deliveries_words, is_of_portal=True, may_follow_up=False
    ),
}
