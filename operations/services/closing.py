"""Stations, chargers and connectors are discarded and taken back by hand, never by a report."""

from collections.abc import Sequence

from operations.models import Charger, Connector, Station
from operations.models.audit import Deed
from operations.services import auditing, components
from operations.services.live import publishing
from operations.statuses import OperationalStatus

Part = Station | Charger | Connector


def close(*, parts: Sequence[Part]) -> int:
    """Discard these; returns how many were not yet."""
    return _set(parts, OperationalStatus.CLOSED)


def reopen(*, parts: Sequence[Part]) -> int:
    """Take these back; what they show then follows their station's reports."""
    return _set(parts, OperationalStatus.INOPERATIVE)


def _set(parts: Sequence[Part], status: OperationalStatus) -> int:
    wants_closed = status == OperationalStatus.CLOSED
    changed = [part for part in parts if part.is_closed != wants_closed]
    with publishing() as changes:
        stations: dict[int, Station] = {}
        for part in changed:
            was, part.operational_status = part.operational_status, status
            part.save(update_fields=["operational_status"])
            operational_status = [was, status.value]
            auditing.note(Deed.CHANGED, part, changes={"operational_status": operational_status})
            station = part if isinstance(part, Station) else part.station
            stations[station.pk] = station
        for station in stations.values():
            components.refresh_statuses(station, changes)
    return len(changed)
