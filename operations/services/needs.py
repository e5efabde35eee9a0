"""Which stations need someone, and why: open alerts, and what is wrong whether a rule looks or not.

Adding a reason: a function here that returns rows of stations, and a line in `NEEDS`. What somebody
looks after (an acknowledged alert of the same kind) needs nobody else.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from operations.commands.base import Text
from operations.models import Alert, CommandRun, Connection, Connector, SettingDrift, Station, User
from operations.models.alerts import AlertKind, Severity
from operations.models.counting import counted_apart
from operations.services.conditions import FAILURES
from operations.statuses import ChargingStatus, OperationalStatus, Registration, RunStatus

HOUR = timedelta(hours=1)
FLAPPING = 5  # connections in an hour
FAILING = 3  # failed requests in an hour
OVERDUE = 1.5  # heartbeat intervals
ANY = "any"

Rows = QuerySet[Any]  # of whatever has a station


@dataclass(frozen=True, slots=True)
class Need:
    """A reason for which a station needs someone."""

    slug: str
    label: Text
    icon: str
    tone: str
    # The rows it is read from: the path to their station, and to the time since when.
    find: Callable[[datetime], Iterable[tuple[Rows, str, str]]]
    kind: AlertKind | None = None  # the alerts that tell of the same
    # Whether somebody must look now. What can wait is counted, but calls nobody.
    is_urgent: bool = True


def _alerts(severities: Sequence[Severity]) -> Callable[[datetime], Iterable[Any]]:
    def find(now: datetime) -> Iterable[tuple[Rows, str, str]]:
        unseen = Alert.objects.unseen().filter(station__isnull=False, severity__in=severities)
        yield unseen, "station_id", "opened_at"

    return find


def _faulted(now: datetime) -> Iterable[tuple[Rows, str, str]]:
    connectors = Connector.objects.filter(charging_status=ChargingStatus.FAULTED)
    living = connectors.exclude(operational_status=OperationalStatus.CLOSED)
    yield living, "station_id", "status_at"
    yield Station.objects.filter(main_status=ChargingStatus.FAULTED), "pk", "main_status_at"


def _failing(now: datetime) -> Iterable[tuple[Rows, str, str]]:
    # Said so that SQLite takes the index by time: with both its ends, and by what they are not.
    lately = CommandRun.objects.filter(closed_at__range=(now - HOUR, now + HOUR))
    failed = lately.exclude(status__in=[each for each in RunStatus if each not in FAILURES])
    yield _at_least(FAILING, failed, "closed_at"), "place", "first"


def _flapping(now: datetime) -> Iterable[tuple[Rows, str, str]]:
    opened = Connection.objects.filter(opened_at__gte=now - HOUR)
    yield _at_least(FLAPPING, opened, "opened_at"), "place", "first"


def _silent(now: datetime) -> Iterable[tuple[Rows, str, str]]:
    since = now - timedelta(seconds=OVERDUE * settings.EVCHARGE_HEARTBEAT_S)
    unheard = Station.objects.filter(last_seen_at__lt=since, connected_at__isnull=False)
    yield unheard, "pk", "last_seen_at"


def _drifted(now: datetime) -> Iterable[tuple[Rows, str, str]]:
    drifted = SettingDrift.objects.open().order_by().values("station_id")
    yield drifted.annotate(first=Min("since")), "station_id", "first"


def _at_least(most: int, rows: Rows, since: str) -> Rows:
    """Of rows of lately. Not by the column itself: SQLite would walk all there are by station."""
    rows = rows.order_by().annotate(place=F("station_id") + 0).values("place")
    found: Rows = rows.annotate(rows=Count("pk"), first=Min(since)).filter(rows__gte=most)
    return found


# What is worst first.
NEEDS: Final = (
    Need(
        "critical",
        _("Critical alert"),
        "circle-exclamation",
        "red",
        _alerts([Severity.CRITICAL]),
    ),
    Need("faulted", _("Faulted"), "triangle-exclamation", "red", _faulted, AlertKind.FAULTED),
    Need("failing", _("Requests fail"), "circle-xmark", "red", _failing, AlertKind.FAILED_RUNS),
    Need(
        "flapping",
        _("Flapping"),
        "plug-circle-exclamation",
        "orange",
        _flapping,
        AlertKind.FLAPPING,
    ),
    Need("silent", _("Silent"), "ear-deaf", "orange", _silent, AlertKind.OFFLINE),
    Need(
        "alert",
        _("Alert"),
        "bell",
        "orange",
        _alerts([Severity.WARNING]),
    ),
    Need(
        "notice",
        _("Notice"),
        "circle-info",
        "blue",
        _alerts([Severity.INFO]),
        is_urgent=False,
    ),
    Need(
        "drifted",
        _("Drifted"),
        "code-compare",
        "yellow",
        _drifted,
        AlertKind.DRIFT,
        is_urgent=False,
    ),
)
BY_SLUG: Final = {need.slug: need for need in NEEDS}


URGENT: Final = tuple(need.slug for need in NEEDS if need.is_urgent)


def station_pks(user: User, *slugs: str) -> QuerySet[Any]:
    """The stations of these reasons, or of any urgent one: a query for `pk__in`."""
    found = _rows(user, [need for need in NEEDS if need.slug in (slugs or URGENT)])
    keys = [rows.values_list("found_pk", flat=True) for rows in found]
    return keys[0].union(*keys[1:])


def tally(user: User) -> dict[str, int]:
    """How many stations there are of each reason; one query."""
    stations = Station.objects.visible_to(user)
    return counted_apart(
        **{need.slug: stations.filter(pk__in=station_pks(user, need.slug)) for need in NEEDS}
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and since when."""

    need: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Needy:
    """A station that needs someone, with every reason, the worst first."""

    station_pk: int
    reasons: list[Reason] = field(default_factory=list)


def first(user: User, most: int) -> list[Needy]:
    """The stations that need someone most: the worst reasons first, of these the newest."""
    urgent = _rows(user, [need for need in NEEDS if need.is_urgent])
    others = _rows(user, [need for need in NEEDS if not need.is_urgent])
    worst = _together(urgent).order_by("rank", "-from_at", "found_pk")
    chosen: dict[int, Needy] = {}
    # A station may be there for each of its connectors and alerts.
    for pk, _rank, _at in worst[: most * 20]:
        if len(chosen) < most:
            chosen.setdefault(pk, Needy(pk))
    reasons = _together(rows.filter(found_pk__in=chosen) for rows in (*urgent, *others))
    for pk, rank, at in reasons.order_by("rank", "from_at"):
        _add(chosen[pk].reasons, rank, at)
    return list(chosen.values())


def of_stations(pks: Collection[int]) -> dict[int, list[Reason]]:
    """All reasons of these stations, the worst first; one query."""
    found: dict[int, list[Reason]] = {pk: [] for pk in pks}
    if not found:
        return found
    rows = _together(rows.filter(found_pk__in=pks) for rows in _rows(None, NEEDS))
    for pk, rank, at in rows.order_by("rank", "from_at"):
        _add(found[pk], rank, at)
    return found


def _add(known: list[Reason], rank: int, at: datetime | None) -> None:
    """Each reason once, since it began first."""
    if NEEDS[rank].slug not in {reason.need for reason in known}:
        known.append(Reason(NEEDS[rank].slug, at))


def _together(parts: Iterable[Rows]) -> Rows:
    head, *rest = (rows.values_list("found_pk", "rank", "from_at") for rows in parts)
    return head.union(*rest, all=True)


def _rows(user: User | None, wanted: Sequence[Need]) -> list[Rows]:
    """For each reason its rows, alike enough to be put together."""
    now = timezone.now()
    return [
        _watched(user, rows, path, need).annotate(
            found_pk=F(path),
            rank=Value(NEEDS.index(need)),
            from_at=F(since) if since else Value(None, DateTimeField()),
        )
        for need in wanted
        for rows, path, since in need.find(now)
    ]


def _watched(user: User | None, rows: Rows, path: str, need: Need) -> Rows:
    """Of stations approved and in use, seen by the user (None: all), looked after by nobody."""
    about = Q(registration=Registration.ACCEPTED)
    about &= ~Q(operational_status=OperationalStatus.CLOSED)
    if user is not None and not user.sees_whole_network:
        if user.organisation_id is None:
            return rows.none()
        about &= Q(organisation=user.organisation_id)
    if path != "pk":
        # Not a join: SQLite would begin with all stations where it takes the rows for many.
        about = Q(Exists(Station.objects.filter(about, pk=OuterRef(path))))
    if need.kind is not None:
        taken = Alert.objects.open().filter(
            acknowledged_at__isnull=False, station__isnull=False, rule__kind=need.kind
        )
        about &= ~Q(**{f"{path}__in": taken.values("station_id")})
    return rows.order_by().filter(about)
