"""Filters of the list of sessions."""

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.base import PortalFilterSet, text
from operations.models import Charger, Session, Station
from operations.statuses import SessionStatus

MOST_PLACES = 500  # stations, or chargers, that are looked up first


class SessionFilterSet(PortalFilterSet):
    """By station, charger, token, status and time of start."""

    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    charger = django_filters.CharFilter(
        method="of_charger",
        label=gettext_lazy("Charger"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    token = text("token", gettext_lazy("Token"))
    status = django_filters.ChoiceFilter(
        choices=SessionStatus.choices, label=gettext_lazy("Status")
    )
    since = django_filters.DateTimeFilter(
        field_name="started_at",
        lookup_expr="gte",
        label=gettext_lazy("Started from"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = django_filters.DateTimeFilter(
        method="started_until",
        label=gettext_lazy("Started until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    class Meta:
        model = Session
        fields = ()  # in the order above

    def of_station(self, queryset: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        """By the station's name or identity, anywhere in it; looked up first, for the index."""
        stations = Station.objects.visible_to(self.request.user)
        found = stations.filter(Q(name__icontains=value) | Q(identity__icontains=value))
        return queryset.filter(station__in=_few(found))

    def of_charger(self, queryset: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        """By the charger's name, anywhere in it; looked up first, too."""
        chargers = Charger.objects.visible_to(self.request.user)
        return queryset.filter(charger__in=_few(chargers.filter(name__icontains=value)))

    def started_until(
        self, queryset: QuerySet[Session], name: str, value: datetime
    ) -> QuerySet[Session]:
        """Until this minute's end, or the day's where only the day was given."""
        is_day = ":" not in self.data[name]
        return queryset.filter(
            started_at__lt=value + (timedelta(days=1) if is_day else timedelta(minutes=1))
        )


def _few(found: QuerySet[Any]) -> list[int] | QuerySet[Any]:
    """Their keys; where they are many, the query for them."""
    keys = found.order_by().values_list("pk", flat=True)
    few = list(keys[: MOST_PLACES + 1])
    return few if len(few) <= MOST_PLACES else keys
