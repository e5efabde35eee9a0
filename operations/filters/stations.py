"""Filters of the list of stations."""

from operations.filters.base import HardwareFilterSet
from operations.models import Station


class StationFilterSet(HardwareFilterSet):
    """By name, serial number, model, vendor and operational status."""

    class Meta:
        model = Station
        fields = ("name", "serial_number", "model", "vendor")
