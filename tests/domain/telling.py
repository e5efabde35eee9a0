"""Stations that tell the services things, as the gateway hands them on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from operations.events import (
    ConnectorStatusReported,
    Event,
    Reading,
    SessionChanged,
    StationStatusReported,
    Told,
)
from operations.models import Connector, Station
from operations.services import reports
from operations.services.live import publishing
from operations.statuses import ChargingStatus

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def tells(station: Station, *told: Event, at: datetime = NOON) -> Any:
    """Each in a transaction of its own; returns the answer to the last."""
    answer = None
    for event in told:
        with publishing() as changes:
            (answer,) = reports.record([Told(station.pk, event, at)], changes)
    return answer


def tell_together(*told: tuple[Station, Event]) -> list[Any]:
    """All in one transaction, as a busy gateway writes them; returns the answers."""
    with publishing() as changes:
        return reports.record([Told(station.pk, event, NOON) for station, event in told], changes)


def reports_status(
    station: Station, number: int, status: ChargingStatus, *, at: datetime = NOON
) -> None:
    """StatusNotification of OCPP 1.6; connector 0 is the station itself."""
    if number == 0:
        tells(station, StationStatusReported(status, at), at=at)
    else:
        tells(station, ConnectorStatusReported(number, status, at), at=at)


def reports_occupied(station: Station, *, evse_id: int = 1, at: datetime = NOON) -> None:
    """StatusNotification of OCPP 2.x, which has one word for all that a plugged car does."""
    occupied = ConnectorStatusReported(
        1, ChargingStatus.PREPARING, at, evse_id=evse_id, is_occupied=True
    )
    tells(station, occupied, at=at)


def changed(kind: str, seq_no: int, **more: Any) -> SessionChanged:
    """TransactionEvent of OCPP 2.x, a minute after the one with the number before."""
    defaults = {"transaction_id": "tx-1", "at": after(60 * seq_no)}
    return SessionChanged(kind=kind, seq_no=seq_no, **(defaults | more))


def energy(wh: float, *, at: datetime = NOON) -> tuple[Reading, ...]:
    """One reading of the energy register."""
    return (Reading(at, ({"value": str(wh)},), energy_wh=wh),)


def shown(station: Station, *, charger: int = 1, number: int = 1) -> str:
    """A connector's charging status."""
    connector = Connector.objects.get(station=station, charger__number=charger, number=number)
    return connector.charging_status


def says(connector: Connector, status: ChargingStatus) -> None:
    reports_status(connector.station, connector.number, status, at=timezone.now())
