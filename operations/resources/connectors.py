"""Connectors by their station's identity, their charger's number and their own."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field

from operations.models import Charger, Connector
from operations.resources.base import (
    ChoiceWidget,
    NetworkResource,
    NumberWidget,
    PowerWidget,
    Row,
    StatusField,
    TextWidget,
    find_number,
    find_station,
)
from operations.statuses import OperationalStatus
from operations.versions import V16


class ConnectorResource(NetworkResource):
    """One row per connector."""

    keys = ("station", "charger", "number")

    station = Field("station__identity", "station", readonly=True)
    charger = Field("charger__number", "charger", readonly=True)
    number = Field("number", "number", NumberWidget())
    type = Field("type", "type", TextWidget())
    max_power_kw = Field("max_power_kw", "max_power_kw", PowerWidget())
    operational_status = StatusField(
        "operational_status", "operational_status", ChoiceWidget(OperationalStatus)
    )

    class Meta:
        model = Connector
        fields = ("station", "charger", "number", "type", "max_power_kw", "operational_status")
        import_id_fields = ("number",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def check_key(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """An existing charger, and a number that nothing else has."""
        charger, number = find_charger(row), find_number(row, "number")
        if charger.station.version is V16:
            # OCPP 1.6 numbers connectors through the whole station.
            taken = Connector.objects.filter(station=charger.station, number=number)
            if taken.exclude(charger=charger).exists():
                raise ValidationError(
                    {
                        "number": _("Another charger of the station has connector %(number)d.")
                        % {"number": number}
                    }
                )
            return charger.station_id, 0, number
        return charger.station_id, charger.pk, number

    def get_instance(self, instance_loader: Any, row: Row) -> Connector | None:
        """The connector of this charger with this number."""
        number = find_number(row, "number")
        return Connector.objects.filter(charger=find_charger(row), number=number).first()

    def init_instance(self, row: Row | None = None) -> Connector:
        """A new connector, with its charger and station."""
        charger = find_charger(row or {})
        return Connector(charger=charger, station=charger.station)


def find_charger(row: Row) -> Charger:
    """The charger a row names; raises ValidationError with a sentence."""
    station, number = find_station(row), find_number(row, "charger")
    charger = Charger.objects.filter(station=station, number=number).first()
    if charger is None:
        raise ValidationError(
            {
                "charger": _("%(station)s has no charger %(number)d.")
                % {"station": station.identity, "number": number}
            }
        )
    charger.station = station
    return charger
