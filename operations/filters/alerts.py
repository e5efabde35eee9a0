"""Filters of alerts, their rules, and their notifications."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.filters import days
from operations.filters.base import PortalFilterSet, text
from operations.models import Alert, AlertDelivery, AlertRule, Station
from operations.models.alerts import AlertKind, DeliveryStatus, Severity

MOST_STATIONS = 500
STATES = (
    ("unseen", gettext_lazy("Open, nobody looks after it")),
    ("open", gettext_lazy("Open")),
    ("acknowledged", gettext_lazy("Open, somebody looks after it")),
    ("closed", gettext_lazy("Closed")),
)
DATE = {"type": "date"}


class AlertFilterSet(PortalFilterSet):
    """By state, severity, what was looked for, station and time."""

    state = django_filters.ChoiceFilter(
        choices=STATES, method="of_state", label=gettext_lazy("State")
    )
    severity = django_filters.ChoiceFilter(choices=Severity.choices, label=gettext_lazy("Severity"))
    kind = django_filters.ChoiceFilter(
        field_name="rule__kind", choices=AlertKind.choices, label=gettext_lazy("What")
    )
    rule = django_filters.CharFilter(
        field_name="rule__name",
        label=gettext_lazy("Rule"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = days.since("opened_at", gettext_lazy("From"))
    until = days.until("opened_at", gettext_lazy("Until"))

    class Meta:
        model = Alert
        fields = ("state", "severity", "kind", "rule", "station", "since", "until")

    def of_state(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """Open or not, looked after or not."""
        if value == "closed":
            return queryset.filter(is_open=False)
        if value == "unseen":
            return queryset.filter(is_open=True, acknowledged_at=None)
        if value == "acknowledged":
            return queryset.filter(is_open=True, acknowledged_at__isnull=False)
        return queryset.filter(is_open=True)

    def of_station(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        """By the station's name or identity: looked up first, for the index."""
        stations = Station.objects.visible_to(self.request.user)
        exact = stations.filter(Q(identity=value) | Q(name=value))
        found = exact or stations.filter(Q(identity__icontains=value) | Q(name__icontains=value))
        pks = list(found.order_by().values_list("pk", flat=True)[:MOST_STATIONS])
        return queryset.filter(station__in=pks)


class RuleFilterSet(PortalFilterSet):
    """By name, what they look for, and whether they are on."""

    name = text("name", gettext_lazy("Name"))
    kind = django_filters.ChoiceFilter(choices=AlertKind.choices, label=gettext_lazy("Looks for"))
    is_enabled = django_filters.ChoiceFilter(
        choices=[("true", gettext_lazy("On")), ("false", gettext_lazy("Off"))],
        label=gettext_lazy("On or off"),
    )

    class Meta:
        model = AlertRule
        fields = ("name", "kind", "is_enabled")


class DeliveryFilterSet(PortalFilterSet):
    """By what became of them."""

    status = django_filters.ChoiceFilter(
        choices=DeliveryStatus.choices, label=gettext_lazy("Status")
    )
    channel = django_filters.ChoiceFilter(
        choices=AlertDelivery.Channel.choices, label=gettext_lazy("By")
    )
    since = days.since("created_at", gettext_lazy("From"))
    until = days.until("created_at", gettext_lazy("Until"))

    class Meta:
        model = AlertDelivery
        fields = ("status", "channel", "since", "until")
