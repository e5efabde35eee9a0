"""Chargers by their station's identity and their number."""

from typing import Any

from import_export.fields import Field

from operations.models import Charger
from operations.resources.base import (
    ChoiceWidget,
    NetworkResource,
    NumberWidget,
    Row,
    StatusField,
    TextWidget,
    find_number,
    find_station,
)
from operations.statuses import OperationalStatus


class ChargerResource(NetworkResource):
    """One row per charger."""

    keys = ("station", "number")

    station = Field("station__identity", "station", readonly=True)
    number = Field("number", "number", NumberWidget())
    name = Field("name", "name", TextWidget())
    serial_number = Field("serial_number", "serial_number", TextWidget())
    model = Field("model", "model", TextWidget())
    vendor = Field("vendor", "vendor", TextWidget())
    operational_status = StatusField(
        "operational_status", "operational_status", ChoiceWidget(OperationalStatus)
    )

    class Meta:
        model = Charger
        fields = (
            "station",
            "number",
            "name",
            "serial_number",
            "model",
            "vendor",
            "operational_status",
        )
        import_id_fields = ("number",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def check_key(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """An existing station, and a number."""
        return find_station(row).pk, find_number(row, "number")

    def get_instance(self, instance_loader: Any, row: Row) -> Charger | None:
        """The charger of this station with this number."""
        station, number = find_station(row), find_number(row, "number")
        return Charger.objects.filter(station=station, number=number).first()

    def init_instance(self, row: Row | None = None) -> Charger:
        """A new charger, with its station."""
        return Charger(station=find_station(row or {}))

    def import_instance(self, instance: Charger, row: Row, **kwargs: Any) -> None:
        """A charger without a name is called after its station."""
        super().import_instance(instance, row, **kwargs)
        instance.name = instance.name or f"{instance.station.name}-{instance.number}"
