"""Sessions that were charged and what was measured meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

from operations.models import MeterReading, Session
from operations.statuses import SessionStatus
from tests.factories import SessionFactory

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def ended(**fields: Any) -> Session:
    """A session of 84 minutes that took 41.2 kWh."""
    given = {"started_at": START, "ended_at": START + timedelta(minutes=84)} | fields
    return SessionFactory(status=SessionStatus.ENDED, stop_reason="EVDisconnected", **given)


def read(session: Session, minute: float, *samples: dict[str, Any]) -> MeterReading:
    at = session.started_at + timedelta(minutes=minute)
    return MeterReading.objects.create(
        station=session.station, session=session, connector_number=1, at=at, samples=list(samples)
    )


def power(watts: float) -> dict[str, Any]:
    return {"measurand": "Power.Active.Import", "value": str(watts), "unit": "W"}


def register(watt_hours: float) -> dict[str, Any]:
    return {"value": str(watt_hours)}
