"""Filters of the list of requests."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.commands import COMMANDS
from operations.filters.base import PortalFilterSet
from operations.models import CommandRun
from operations.statuses import RunStatus


def commands() -> list[tuple[str, str]]:
    """The commands there are, in menu order."""
    return [(command.slug, str(command.label)) for command in COMMANDS]


class RunFilterSet(PortalFilterSet):
    """By command, station, status and time."""

    command = django_filters.ChoiceFilter(choices=commands, label=gettext_lazy("Command"))
    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    status = django_filters.ChoiceFilter(choices=RunStatus.choices, label=gettext_lazy("Status"))
    since = django_filters.DateFilter(
        field_name="created_at",
        lookup_expr="date__gte",
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = django_filters.DateFilter(
        field_name="created_at",
        lookup_expr="date__lte",
        label=gettext_lazy("Until"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = CommandRun
        fields = ("command", "status")

    def of_station(
        self, queryset: QuerySet[CommandRun], name: str, value: str
    ) -> QuerySet[CommandRun]:
        """By the station's name or identity, anywhere in it."""
        return queryset.filter(
            Q(station__name__icontains=value) | Q(station__identity__icontains=value)
        )
