"""The fleet's minutes: written as they pass, read as the last day, let go of after a month."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from operations.models import Charger, FleetMinute, Station, User
from operations.services.live import switchboard
from operations.services.shared import counted_once, scope_of
from operations.statuses import ChargingStatus, OperationalStatus

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
KEPT = timedelta(days=30)
TOLD = "history"  # what browsers that draw it are told
MOST_POINTS = 300
STEPS = (1, 5, 10, 30)  # minutes a point may stand for
FRESH_S = 30
AT_ONCE = 10_000  # keys of one query


def minute_of(at: datetime) -> datetime:
    """When its minute began."""
    return at.replace(second=0, microsecond=0)


def take_minute(*, now: datetime | None = None) -> None:
    """Note how the fleet is, an organisation in a row; a second time in a minute does nothing."""
    at = minute_of(now or timezone.now())
    living = ~Q(operational_status=OperationalStatus.CLOSED) | Q(connected_at__isnull=False)
    stations = Station.objects.filter(living).order_by().values("organisation")
    chargers = Charger.objects.order_by().values("station__organisation")
    statuses = {
        row["station__organisation"]: row
        for row in chargers.annotate(
            faulted=Count("pk", Q(charging_status=ChargingStatus.FAULTED)),
            charging=Count("pk", Q(charging_status=ChargingStatus.CHARGING)),
        )
    }
    minutes = []
    for row in stations.annotate(stations=Count("pk"), connected=Count("connected_at")):
        of_chargers = statuses.get(row["organisation"], {"faulted": 0, "charging": 0})
        minutes.append(
            FleetMinute(
                organisation_id=row["organisation"],
                at=at,
                stations=row["stations"],
                connected=row["connected"],
                faulted=of_chargers["faulted"],
                charging=of_chargers["charging"],
            )
        )
    FleetMinute.objects.bulk_create(minutes, ignore_conflicts=True)
    switchboard.changed({TOLD})


@transaction.atomic
def note_traffic(*, node: str, at: datetime, counts: Mapping[int, int]) -> None:
    """What one server process exchanged with each station within a minute."""
    found: Counter[int | None] = Counter()
    pks = list(counts)
    for start in range(0, len(pks), AT_ONCE):
        some = Station.objects.filter(pk__in=pks[start : start + AT_ONCE])
        for pk, organisation in some.order_by().values_list("pk", "organisation_id"):
            found[organisation] += counts[pk]
    FleetMinute.objects.bulk_create(
        [
            FleetMinute(organisation_id=organisation, at=at, source=node, messages=count)
            for organisation, count in found.items()
        ],
        ignore_conflicts=True,
    )


def prune(*, now: datetime | None = None) -> None:
    """Forget what is too old; a minute's rows at a time, as it is called each minute."""
    FleetMinute.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Figures over time, evenly spaced; None where nobody counted."""

    since: datetime
    step_s: int
    connected: list[int | None]
    messages: list[int | None]

    def times(self) -> list[datetime]:
        """When each of them was."""
        step = timedelta(seconds=self.step_s)
        return [self.since + step * number for number in range(len(self.connected))]


def last_day(user: User, *, not_before: float = 0.0) -> Timeline:
    """How the last 24 hours went; short steps where there is little to show."""
    key = f"history:{scope_of(user)}"
    return counted_once(key, lambda: _last_day(user), fresh_s=FRESH_S, not_before=not_before)


def _last_day(user: User) -> Timeline:
    now = minute_of(timezone.now())
    found = (
        FleetMinute.objects.visible_to(user)
        .filter(at__gt=now - DAY, at__lte=now)
        .order_by("at")
        .values("at")
        .annotate(
            fleets=Count("pk", Q(source="")), connected=Sum("connected"), messages=Sum("messages")
        )
    )
    rows = [_Minute(**row) for row in found]
    return thinned(rows, now)


@dataclass(frozen=True, slots=True)
class _Minute:
    at: datetime
    fleets: int  # rows that say how the fleet was; none while only messages were counted
    connected: int
    messages: int


def thinned(rows: Sequence[_Minute], now: datetime) -> Timeline:
    """Means over as many minutes as make a drawing of a readable size."""
    since = rows[0].at if rows else now
    minutes = (now - since) // MINUTE + 1
    step = next((each for each in STEPS if minutes <= each * MOST_POINTS), STEPS[-1])
    # Steps begin at round times, so that a point stays what it was when the next one comes.
    since -= MINUTE * (int(since.timestamp()) // 60 % step)
    buckets: list[list[_Minute]] = [[] for _ in range((now - since) // (MINUTE * step) + 1)]
    for row in rows:
        buckets[(row.at - since) // (MINUTE * step)].append(row)
    return Timeline(
        since=since,
        step_s=step * 60,
        connected=[_mean(row.connected for row in bucket if row.fleets) for bucket in buckets],
        messages=[_mean(row.messages for row in bucket) for bucket in buckets],
    )


def _mean(values: Iterable[int]) -> int | None:
    known = list(values)
    return round(sum(known) / len(known)) if known else None
