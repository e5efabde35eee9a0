"""Filters of what deviates from templates, and of the templates themselves."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations import versions
from operations.filters.base import Chip, PortalFilterSet, text
from operations.models import ConfigurationTemplate, SettingDrift, Station
from operations.models.templates import DriftState

MOST_STATIONS = 500
OPEN = "open"
STATES = ((OPEN, gettext_lazy("Not accepted")), *DriftState.choices)


def _visible_templates(request: Any) -> QuerySet[ConfigurationTemplate]:
    templates = ConfigurationTemplate.objects
    return templates.visible_to(request.user) if request else templates.none()


class DriftFilterSet(PortalFilterSet):
    """By station, setting, template and state."""

    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = text("key", gettext_lazy("Setting"))
    template = django_filters.ModelChoiceFilter(
        queryset=_visible_templates, label=gettext_lazy("Template")
    )
    state = django_filters.ChoiceFilter(
        method="of_state", choices=STATES, label=gettext_lazy("State")
    )
    protocol = django_filters.ChoiceFilter(
        field_name="station__protocol",
        choices=versions.VERSION_CHOICES,
        label=gettext_lazy("Protocol"),
    )

    class Meta:
        model = SettingDrift
        fields: tuple[str, ...] = ()

    def chips(self) -> Iterator[Chip]:
        """A template by its name."""
        for chip in super().chips():
            if chip.label == self.form.fields["template"].label and str(chip.value).isdecimal():
                found = _visible_templates(self.request).filter(pk=int(str(chip.value))).first()
                yield Chip(chip.label, str(found or chip.value), chip.url)
            else:
                yield chip

    def of_station(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the station's name or identity: looked up first, for the index."""
        stations = Station.objects.visible_to(self.request.user)
        exact = stations.filter(Q(identity=value) | Q(name=value))
        found = exact or stations.filter(Q(identity__icontains=value) | Q(name__icontains=value))
        pks = list(found.order_by().values_list("pk", flat=True)[:MOST_STATIONS])
        return queryset.filter(station__in=pks)

    def of_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """One of them, or all that nobody accepted."""
        if value == OPEN:
            return queryset.exclude(state=DriftState.ACCEPTED)
        return queryset.filter(state=value)


class TemplateFilterSet(PortalFilterSet):
    """Templates by name, what they are for, and whether they are on."""

    name = text("name", gettext_lazy("Name"))
    vendor = text("vendor", gettext_lazy("Vendor"))
    model = text("model", gettext_lazy("Model"))
    protocol = django_filters.ChoiceFilter(
        choices=versions.VERSION_CHOICES, label=gettext_lazy("Protocol")
    )
    is_enabled = django_filters.ChoiceFilter(
        choices=[("true", gettext_lazy("On")), ("false", gettext_lazy("Off"))],
        label=gettext_lazy("On or off"),
    )

    class Meta:
        model = ConfigurationTemplate
        fields: tuple[str, ...] = ()


class TemplateStationFilterSet(PortalFilterSet):
    """The stations of a template."""

    name = text("name", gettext_lazy("Name"))
    differs = django_filters.ChoiceFilter(
        method="that_differ",
        choices=[("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))],
        label=gettext_lazy("Differs from a template"),
    )

    class Meta:
        model = Station
        fields: tuple[str, ...] = ()

    def that_differ(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Whether anything is not as templates in force have it, and nobody accepted that."""
        open_ones = SettingDrift.objects.open().order_by().values("station")
        if value == "true":
            return queryset.filter(pk__in=open_ones)
        return queryset.exclude(pk__in=open_ones)
