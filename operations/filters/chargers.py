"""Filters of the list of chargers."""

import django_filters
from django.utils.translation import gettext_lazy

from operations.filters.base import HardwareFilterSet
from operations.filters.places import PlaceFilterSet
from operations.models import Charger
from operations.statuses import ChargingStatus


class ChargerFilterSet(HardwareFilterSet, PlaceFilterSet):
    """By name, serial number, model, vendor, operational and charging status, and place."""

    site_path = "station__site"
    organisation_path = "station__organisation"

    charging_status = django_filters.ChoiceFilter(
        choices=ChargingStatus.choices, label=gettext_lazy("Charging status")
    )

    class Meta:
        model = Charger
        fields = ("name", "serial_number", "model", "vendor")
