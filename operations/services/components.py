"""What stations say of their parts: statuses of connectors, chargers and themselves, and locks.

Works on whole batches: one query finds the parts, one statement per kind writes what changed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from operations.events import (
    ChargerStatusReported,
    ComponentsReported,
    ConnectorKnown,
    ConnectorStatusReported,
    LockReported,
    StationStatusReported,
    Told,
)
from operations.models import Session, Station
from operations.services.live import Changes, publishing
from operations.services.parts import ConnectorPart, Parts
from operations.statuses import ChargingStatus, LockStatus

MOST_CONNECTORS = 64  # of one station; more is a typing error

# 2.x charging states of a session, in the words of connector statuses (2.0.1 §3.19).
CHARGING_STATES = {
    "Charging": ChargingStatus.CHARGING,
    "SuspendedEV": ChargingStatus.SUSPENDED_EV,
    "SuspendedEVSE": ChargingStatus.SUSPENDED_EVSE,
    "EVConnected": ChargingStatus.PREPARING,
}
# An EV that is only connected after one of these has charged already.
CHARGED = frozenset(
    {
        ChargingStatus.CHARGING,
        ChargingStatus.SUSPENDED_EV,
        ChargingStatus.SUSPENDED_EVSE,
        ChargingStatus.FINISHING,
    }
)
# What an EVSE of several connectors may say of one of them, without saying of which.
OF_SOME = frozenset({ChargingStatus.PREPARING, ChargingStatus.RESERVED})


def status_of(charging_state: str, was: str) -> ChargingStatus | None:
    """What a session's charging state makes of its connector; None where it says nothing."""
    status = CHARGING_STATES.get(charging_state)
    if status == ChargingStatus.PREPARING and was in CHARGED:
        return ChargingStatus.FINISHING
    return status


def record_components(told: Sequence[Told], changes: Changes) -> list[None]:
    """Record status and lock reports, and what a NotifyEvent or NotifyReport bundles."""
    parts = Parts({item.station_id for item in told})
    for item in told:
        for event in _parts_of(item):
            _record(parts, Told(item.station_id, event, item.heard_at))
    parts.save(changes)
    return [None] * len(told)


PartEvent = (
    ConnectorStatusReported
    | StationStatusReported
    | ChargerStatusReported
    | LockReported
    | ConnectorKnown
)


def _parts_of(item: Told) -> Iterable[PartEvent]:
    event = item.event
    if isinstance(event, ComponentsReported):
        return event.parts
    assert isinstance(event, PartEvent)  # noqa: S101
    return (event,)


def _record(parts: Parts, told: Told) -> None:
    match told.event:
        case ConnectorStatusReported():
            _record_connector(parts, told, told.event)
        case StationStatusReported():
            _record_station(parts, told, told.event)
        case ChargerStatusReported():
            _record_charger(parts, told, told.event)
        case LockReported():
            _record_lock(parts, told, told.event)
        case ConnectorKnown(connector_id=number, evse_id=evse_id):
            parts.connector(told.station_id, evse_id, number)


def _record_connector(parts: Parts, told: Told, event: ConnectorStatusReported) -> None:
    connector = parts.connector(told.station_id, event.evse_id, event.connector_id)
    status = _precise(connector, event.status) if event.is_occupied else event.status
    if event.evse_id is None:  # 1.6 tells the fault with each status, 2.x tells it elsewhere
        connector.error_code = event.error_code[:50]
        connector.error_info = event.info[:200]
        connector.vendor_error_code = event.vendor_error_code[:50]
    parts.set_status(connector, status, told.heard_at)


def _precise(connector: ConnectorPart, status: ChargingStatus) -> ChargingStatus:
    """What Occupied means: what the running session last said, else what was known before."""
    running = Session.objects.running().filter(connector_id=connector.pk)
    session = running.order_by("-started_at", "-pk").first()
    was = connector.charging_status
    if session is not None:
        return status_of(session.charging_state, was) or status
    return ChargingStatus(was) if was == ChargingStatus.FINISHING else status


def _record_charger(parts: Parts, told: Told, event: ChargerStatusReported) -> None:
    """An EVSE speaks for its connectors, unless what it says is true of one of several."""
    connectors = parts.connectors_of(told.station_id, event.evse_id)
    if len(connectors) > 1 and event.status in OF_SOME:
        return
    for connector in connectors:
        status = _precise(connector, event.status) if event.is_occupied else event.status
        parts.set_status(connector, status, told.heard_at)


def _record_station(parts: Parts, told: Told, event: StationStatusReported) -> None:
    station = parts.station(told.station_id)
    station.main_status = event.status
    station.main_status_at = told.heard_at
    station.main_error = ": ".join(part for part in (event.error_code, event.info) if part)[:200]
    parts.note_station(station)


def _record_lock(parts: Parts, told: Told, event: LockReported) -> None:
    connector = parts.connector(told.station_id, event.evse_id, event.connector_id)
    if event.is_locked is not None:
        connector.lock_status = LockStatus.LOCKED if event.is_locked else LockStatus.UNLOCKED
    if event.is_writable is not None:
        connector.lock_is_writable = event.is_writable
    if event.has_problem is not None:
        connector.error_code = "ConnectorLockFailure" if event.has_problem else ""
    parts.note_connector(connector)


def refresh_statuses(station: Station, changes: Changes) -> None:
    """Derive what chargers and the station show again, after an edit by hand."""
    parts = Parts({station.pk})
    for connector in parts.connectors_of_station(station.pk):
        parts.note_connector(connector)
    parts.note_station(parts.station(station.pk))
    parts.save(changes)


def learn_from_configuration(*, station_id: int, answer: dict[str, Any]) -> None:
    """A 1.6 GetConfiguration answer may say how many connectors the station has (§9.1.18)."""
    keys = answer.get("configurationKey")
    keys = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    values = [key.get("value") for key in keys if key.get("key") == "NumberOfConnectors"]
    if not values or not str(values[0]).isdecimal():
        return
    parts = Parts({station_id})
    for number in range(1, min(int(values[0]), MOST_CONNECTORS) + 1):
        parts.connector(station_id, None, number)
    with publishing() as changes:
        parts.save(changes)
