"""Filters of the files that stations sent."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.filters import days
from operations.filters.base import PortalFilterSet, text
from operations.models import ReceivedFile, Station
from operations.statuses import FileState
from operations.tables.diagnostic_logs import KINDS

MOST_STATIONS = 500
PROTOCOLS = ("http", "https", "ftp", "ftps", "sftp")


class ReceivedFileFilterSet(PortalFilterSet):
    """By station, name, kind, state, protocol and day."""

    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = text("original_name", gettext_lazy("File"))
    kind = django_filters.ChoiceFilter(choices=tuple(KINDS.items()), label=gettext_lazy("Kind"))
    state = django_filters.ChoiceFilter(choices=FileState.choices, label=gettext_lazy("State"))
    protocol = django_filters.ChoiceFilter(
        choices=[(name, name.upper()) for name in PROTOCOLS], label=gettext_lazy("By")
    )
    since = days.since("started_at", gettext_lazy("From"))
    until = days.until("started_at", gettext_lazy("Until"))

    class Meta:
        model = ReceivedFile
        fields: tuple[str, ...] = ()

    def of_station(
        self, queryset: QuerySet[ReceivedFile], name: str, value: str
    ) -> QuerySet[ReceivedFile]:
        """By name or identity: the one that is called exactly so, or those that hold the text."""
        stations = Station.objects.visible_to(self.request.user)
        exact = stations.filter(Q(identity=value) | Q(name=value))
        found = exact or stations.filter(Q(identity__icontains=value) | Q(name__icontains=value))
        pks = found.order_by().values_list("pk", flat=True)
        return queryset.filter(station__in=list(pks[:MOST_STATIONS]))
