"""Filters of the list of requests, and those that lists of batches share with it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from operations.commands import COMMANDS
from operations.filters import days
from operations.filters.base import Chip, PortalFilterSet
from operations.models import CommandRun, Station, User
from operations.services import figures
from operations.statuses import OPEN_STATUSES, RunStatus

MOST_STATIONS = 500
OPEN, FAILED = "open", "failed"
STATES = ((OPEN, gettext_lazy("Open")), (FAILED, gettext_lazy("Failed within 24 hours")))


def commands() -> list[tuple[str, str]]:
    """The commands there are, in menu order."""
    return [(command.slug, str(command.label)) for command in COMMANDS]


def station() -> django_filters.CharFilter:
    """A text that `of_station` looks for."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return django_filters.CharFilter(
        method="of_station", label=gettext_lazy("Station"), widget=widget
    )


def asked_by() -> django_filters.CharFilter:
    """A text that `of_user` looks for."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return django_filters.CharFilter(
        method="of_user", label=gettext_lazy("Asked by"), widget=widget
    )


def of_station(
    filterset: PortalFilterSet, queryset: QuerySet[Any], name: str, value: str
) -> QuerySet[Any]:
    """By the station's name or identity, anywhere in it.

    Looked up first, since "requests of station 7" is an index and a join is a search.
    """
    stations = Station.objects.visible_to(filterset.request.user)
    return _of_stations(
        queryset, stations.filter(Q(name__icontains=value) | Q(identity__icontains=value))
    )


def of_user(
    filterset: PortalFilterSet, queryset: QuerySet[Any], name: str, value: str
) -> QuerySet[Any]:
    """By the name of who asked; looked up first, too."""
    asker = User.objects.filter(username__iexact=value).values_list("pk", flat=True)
    return queryset.filter(created_by__in=list(asker))


def _of_stations(queryset: QuerySet[Any], stations: QuerySet[Station]) -> QuerySet[Any]:
    pks = list(stations.order_by().values_list("pk", flat=True)[:MOST_STATIONS])
    return queryset.filter(station__in=pks)


# What people asked, themselves or through a schedule; the rest is the portal's own, or a script's.
BY_PEOPLE = Q(created_by__isnull=False) | Q(batch__isnull=False)
USUAL, ANYBODY = "usual", "any"
ASKERS = {
    USUAL: (gettext_lazy("People and schedules"), BY_PEOPLE),
    "people": (gettext_lazy("People"), Q(created_by__isnull=False, batch__schedule=None)),
    "schedules": (gettext_lazy("Schedules"), Q(batch__schedule__isnull=False)),
    "portal": (gettext_lazy("The portal itself, or a script"), ~BY_PEOPLE),
    ANYBODY: (gettext_lazy("Anybody"), Q()),
}


class RunFilterSet(PortalFilterSet):
    """By command, station, site, who asked, status, batch and time."""

    base_filters: ClassVar[Mapping[str, Any]]  # as django-filter gathers them

    command = django_filters.ChoiceFilter(choices=commands, label=gettext_lazy("Command"))
    station = station()
    site = django_filters.CharFilter(
        method="of_site",
        label=gettext_lazy("Site"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    asked_by = asked_by()
    asker = django_filters.ChoiceFilter(
        method="by_asker",
        choices=[(value, label) for value, (label, _rows) in ASKERS.items()],
        empty_label=None,
        label=gettext_lazy("Asked by whom"),
        widget=forms.Select(attrs={"data-usual": USUAL}),  # static/js/filters.js
    )
    status = django_filters.ChoiceFilter(choices=RunStatus.choices, label=gettext_lazy("Status"))
    state = django_filters.ChoiceFilter(
        method="by_state", choices=STATES, label=gettext_lazy("Open or failed")
    )
    since = days.since("created_at", gettext_lazy("From"))
    until = days.until("created_at", gettext_lazy("Until"))
    of_station = of_station
    of_user = of_user

    class Meta:
        model = CommandRun
        fields = ("command", "status")

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        """Without the portal's own readings; whoever filters looks for something, and finds all."""
        given: Any = QueryDict(mutable=True) if data is None else data.copy()
        used = [name for name in self.base_filters if given.get(name, "").strip()]
        if "asker" not in used:
            given["asker"] = ANYBODY if used else USUAL
        super().__init__(given, *args, **kwargs)

    def chips(self) -> Iterator[Chip]:
        """Who asked, where that leaves something out or is all that was chosen."""
        chips = list(super().chips())
        *others, asker = sorted(chips, key=lambda chip: chip.label == self.filters["asker"].label)
        yield from others
        who = self.data["asker"]
        if who == USUAL:
            yield replace(asker, url=f"{self.without('asker', 'page')}&asker={ANYBODY}")
        elif who != ANYBODY or not others:
            yield asker

    @property
    def is_active(self) -> bool:
        """What the plain list leaves out was nobody's choice."""
        return self.data["asker"] != USUAL or len(list(super().chips())) > 1

    def by_asker(
        self, queryset: QuerySet[CommandRun], name: str, value: str
    ) -> QuerySet[CommandRun]:
        """People, what they left to schedules, or nobody."""
        return queryset.filter(ASKERS[value][1])

    def by_state(
        self, queryset: QuerySet[CommandRun], name: str, value: str
    ) -> QuerySet[CommandRun]:
        """Not ended yet, or ended within a day because something was wrong."""
        if value == OPEN:
            return queryset.filter(status__in=OPEN_STATUSES)
        return figures.failed_since(queryset, timezone.now() - figures.DAY)

    def of_site(
        self, queryset: QuerySet[CommandRun], name: str, value: str
    ) -> QuerySet[CommandRun]:
        """By the name of the station's site, anywhere in it."""
        stations = Station.objects.visible_to(self.request.user)
        return _of_stations(queryset, stations.filter(site__name__icontains=value))
