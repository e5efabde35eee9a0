"""The fleet in figures: what the top bar and the overview show, counted once per scope.

Each figure is the count of a list that a page shows; operations.views.overview links them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Greatest
from django.utils import timezone

from operations.models import Charger, CommandRun, Session, Station, User
from operations.models.counting import counted_apart
from operations.services import needs
from operations.services.conditions import FAILURES
from operations.services.shared import counted_once, scope_of
from operations.statuses import ChargingStatus

FRESH_S = 5
DAY = timedelta(days=1)
MOST_VERSIONS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """What every page's top bar says."""

    total: int
    connected: int
    need: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many are of one kind."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The overview's figures, and the shares its charts show."""

    bar: Bar
    statuses: list[Share]
    versions: list[Share]
    other_versions: int
    open_runs: int
    failed_runs: int

    @property
    def offline(self) -> int:
        """Stations without a connection."""
        return self.bar.total - self.bar.connected

    def chargers(self, status: ChargingStatus) -> int:
        """How many chargers are in this status."""
        return next((share.count for share in self.statuses if share.value == status), 0)


@dataclass(frozen=True, slots=True)
class Today:
    """The sessions that began today, and what they took so far."""

    since: datetime
    sessions: int
    energy_wh: float


def bar(user: User, *, not_before: float = 0.0) -> Bar:
    """For every page: one query, once in a while."""
    key = f"bar:{scope_of(user)}"
    return counted_once(key, lambda: _bar(user), fresh_s=FRESH_S, not_before=not_before)


def figures(user: User, *, not_before: float = 0.0) -> Figures:
    """For the overview."""
    key = f"figures:{scope_of(user)}"
    return counted_once(
        key, lambda: _figures(user, not_before), fresh_s=FRESH_S, not_before=not_before
    )


def today(user: User, *, not_before: float = 0.0) -> Today:
    """Since midnight where the reader is."""
    since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    key = f"today:{scope_of(user)}:{since.timestamp():.0f}"
    found: Today = counted_once(
        key, lambda: _today(user, since), fresh_s=FRESH_S, not_before=not_before
    )
    return found


def _bar(user: User) -> Bar:
    stations = Station.objects.visible_to(user)
    return Bar(
        **counted_apart(
            total=stations,
            connected=stations.connected(),
            need=stations.filter(pk__in=needs.station_pks(user)),
        )
    )


def _figures(user: User, not_before: float) -> Figures:
    runs = CommandRun.objects.visible_to(user)
    versions = _shares(Station.objects.visible_to(user), "firmware_version")
    return Figures(
        bar=bar(user, not_before=not_before),
        statuses=_shares(Charger.objects.visible_to(user), "charging_status"),
        versions=versions[:MOST_VERSIONS],
        other_versions=sum(share.count for share in versions[MOST_VERSIONS:]),
        open_runs=runs.open().count(),
        failed_runs=failed_since(runs, timezone.now() - DAY).count(),
    )


def failed_since(runs: QuerySet[CommandRun], since: datetime) -> QuerySet[CommandRun]:
    """Of these requests, those that ended since then because something was wrong."""
    return runs.filter(status__in=FAILURES, closed_at__gte=since)


def _shares(rows: QuerySet[Station] | QuerySet[Charger], field: str) -> list[Share]:
    """How many there are of each value, the most first."""
    counted = rows.order_by().values_list(field).annotate(Count("pk"))
    shares = [Share(value, count) for value, count in counted]
    return sorted(shares, key=lambda share: (-share.count, share.value))


def _today(user: User, since: datetime) -> Today:
    taken = Greatest(F("meter_last_wh") - F("meter_start_wh"), 0.0)
    counted = (
        Session.objects.visible_to(user)
        .filter(started_at__gte=since)
        .aggregate(sessions=Count("pk"), energy=Sum(taken))
    )
    return Today(since, counted["sessions"], counted["energy"] or 0.0)
