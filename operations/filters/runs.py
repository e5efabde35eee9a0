"""Filters of the list of requests, and those that lists of batches share with it."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.commands import COMMANDS
from operations.commands.base import Text
from operations.filters.base import PortalFilterSet
from operations.models import CommandRun, Station, User
from operations.statuses import RunStatus

MOST_STATIONS = 500


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


def day(lookup: str, label: Text) -> django_filters.DateFilter:
    """A day of asking."""
    widget = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter(
        field_name="created_at", lookup_expr=lookup, label=label, widget=widget
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


class RunFilterSet(PortalFilterSet):
    """By command, station, site, who asked, status, batch and time."""

    command = django_filters.ChoiceFilter(choices=commands, label=gettext_lazy("Command"))
    station = station()
    site = django_filters.CharFilter(
        method="of_site",
        label=gettext_lazy("Site"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    asked_by = asked_by()
    status = django_filters.ChoiceFilter(choices=RunStatus.choices, label=gettext_lazy("Status"))
    since = day("date__gte", gettext_lazy("From"))
    until = day("date__lte", gettext_lazy("Until"))
    of_station = of_station
    of_user = of_user

    class Meta:
        model = CommandRun
        fields = ("command", "status")

    def of_site(
        self, queryset: QuerySet[CommandRun], name: str, value: str
    ) -> QuerySet[CommandRun]:
        """By the name of the station's site, anywhere in it."""
        stations = Station.objects.visible_to(self.request.user)
        return _of_stations(queryset, stations.filter(site__name__icontains=value))
