"""Filters of the list of unknown stations."""

import django_filters
from django.utils.translation import gettext_lazy

from operations.filters.base import PortalFilterSet, text
from operations.models import Station
from operations.statuses import Registration


class UnknownStationFilterSet(PortalFilterSet):
    """By identity, vendor, model, and whether they wait."""

    identity = text("identity", gettext_lazy("Identity"))
    vendor = text("vendor", gettext_lazy("Vendor"))
    model = text("model", gettext_lazy("Model"))
    registration = django_filters.ChoiceFilter(
        choices=Registration.choices, label=gettext_lazy("Registration")
    )

    class Meta:
        model = Station
        fields = ("identity", "vendor", "model", "registration")
