"""How the sites are: the worst of what their stations and chargers are, and how many of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from operations.models import Charger, Site, Station
from operations.statuses import ChargingStatus, OperationalStatus


class SiteState(models.TextChoices):
    """What is worst at a site, worst first."""

    FAULTED = "faulted", _("Faulted")
    OFFLINE = "offline", _("Offline")
    CHARGING = "charging", _("Charging")
    WELL = "well", _("All well")
    EMPTY = "empty", _("No stations")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _LOOKS[self.value][1]


_LOOKS = {
    "faulted": ("red", "triangle-exclamation"),
    "offline": ("orange", "circle-xmark"),
    "charging": ("blue", "bolt"),
    "well": ("green", "circle-check"),
    "empty": ("secondary", "circle-minus"),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What there is at a site, of what is not discarded."""

    stations: int = 0
    connected: int = 0
    chargers: int = 0
    faulted: int = 0
    charging: int = 0

    @property
    def offline(self) -> int:
        """Stations without a connection."""
        return self.stations - self.connected


def with_state(sites: QuerySet[Site]) -> QuerySet[Site]:
    """The sites, each with its `state`."""
    stations = Station.objects.filter(site=OuterRef("pk")).exclude(
        operational_status=OperationalStatus.CLOSED
    )
    chargers = Charger.objects.filter(station__site=OuterRef("pk")).exclude(
        operational_status=OperationalStatus.CLOSED
    )
    state = Case(
        When(~Exists(stations), then=Value(SiteState.EMPTY.value)),
        When(
            Exists(chargers.filter(charging_status=ChargingStatus.FAULTED)),
            then=Value(SiteState.FAULTED.value),
        ),
        When(Exists(stations.filter(connected_at=None)), then=Value(SiteState.OFFLINE.value)),
        When(
            Exists(chargers.filter(charging_status=ChargingStatus.CHARGING)),
            then=Value(SiteState.CHARGING.value),
        ),
        default=Value(SiteState.WELL.value),
        output_field=CharField(),
    )
    return sites.annotate(state=state)


def tallies(sites: Iterable[int] | QuerySet[Site]) -> dict[int, Tally]:
    """How many there are of each at these sites: two queries for all of them."""
    stations = (
        Station.objects.filter(site__in=sites)
        .exclude(operational_status=OperationalStatus.CLOSED)
        .order_by()
        .values("site")
        .annotate(stations=Count("pk"), connected=Count("connected_at"))
    )
    chargers = (
        Charger.objects.filter(station__site__in=sites)
        .exclude(operational_status=OperationalStatus.CLOSED)
        .order_by()
        .values("station__site")
        .annotate(
            chargers=Count("pk"),
            faulted=Count("pk", Q(charging_status=ChargingStatus.FAULTED)),
            charging=Count("pk", Q(charging_status=ChargingStatus.CHARGING)),
        )
    )
    parts = {row["station__site"]: row for row in chargers}
    found = {}
    for row in stations:
        part = parts.get(row["site"])
        found[row["site"]] = Tally(
            stations=row["stations"],
            connected=row["connected"],
            chargers=part["chargers"] if part else 0,
            faulted=part["faulted"] if part else 0,
            charging=part["charging"] if part else 0,
        )
    return found
