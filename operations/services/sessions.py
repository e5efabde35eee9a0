"""Charging sessions as stations tell them: started, changed, stopped, metered."""

from collections.abc import Sequence

from operations.answers import SessionAnswer
from operations.events import MetersRead, Reading, SessionChanged, SessionStarted, SessionStopped, Told
from operations.models import MeterReading, Session
from operations.services import tokens
from operations.services.components import CHARGING_STATES
from operations.services.live import Changes
from operations.services.parts import Parts
from operations.statuses import ChargingStatus, SessionStatus


def record_starts(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StartTransaction (1.6 §4.8): hand out the transaction id, the same one when repeated."""
    parts = Parts.load({item.station_id for item in told})
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionStarted)  # noqa: S101
        connector = parts.connector(item.station_id, None, event.connector_id)
        session, is_new = Session.objects.get_or_create(
            station_id=item.station_id,
            connector=connector,
            token=event.token,
            started_at=event.at,
            meter_start_wh=event.meter_start_wh,
            defaults={"charger": connector.charger, "meter_last_wh": event.meter_start_wh},
        )
        if is_new:
            session.transaction_id = str(session.pk)
            session.save(update_fields=["transaction_id"])
            _end_forgotten(session)
        changes.add("charger", connector.charger_id)
        answers.append(SessionAnswer(session.transaction_id, tokens.judge(identifier=event.token)))
    parts.save(changes)
    return answers


def _end_forgotten(session: Session) -> None:
    """A connector charges one car: an older session there ended without our hearing of it."""
    Session.objects.running().filter(
        connector=session.connector, started_at__lt=session.started_at
    ).exclude(pk=session.pk).update(
        status=SessionStatus.ENDED, ended_at=session.started_at, stop_reason="Unknown"
    )


def record_stops(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StopTransaction (1.6 §4.10). It is always answered: a station would ask forever."""
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionStopped)  # noqa: S101
        session = Session.objects.filter(
            station_id=item.station_id, transaction_id=event.transaction_id
        ).first()
        if session is not None and session.is_running:
            session.status = SessionStatus.ENDED
            session.ended_at = event.at
            session.meter_last_wh = event.meter_stop_wh
            session.stop_reason = event.reason[:40] or "Local"
            session.save(update_fields=["status", "ended_at", "meter_last_wh", "stop_reason"])
            _keep(item.station_id, None, 0, session, event.readings)
            if session.charger_id is not None:
                changes.add("charger", session.charger_id)
        token = tokens.judge(identifier=event.token) if event.token else None
        answers.append(SessionAnswer(event.transaction_id, token))
    return answers


def record_changes(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """TransactionEvent (2.0.1 E01–E15), in whatever order it comes."""
    parts = Parts.load({item.station_id for item in told})
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionChanged)  # noqa: S101
        session, _is_new = Session.objects.get_or_create(
            station_id=item.station_id,
            transaction_id=event.transaction_id,
            defaults={"started_at": event.at},
        )
        _apply(session, item, event, parts)
        if session.charger_id is not None:
            changes.add("charger", session.charger_id)
        token = tokens.judge(identifier=event.token) if event.token else None
        answers.append(SessionAnswer(event.transaction_id, token))
    parts.save(changes)
    return answers


def _apply(session: Session, item: Told, event: SessionChanged, parts: Parts) -> None:
    """What the event tells; an older one than what we know only fills gaps."""
    is_news = event.seq_no > session.last_seq_no
    if event.evse_id is not None and session.connector_id is None:
        session.connector = parts.connector(item.station_id, event.evse_id, event.connector_id or 1)
        session.charger = session.connector.charger
    if event.kind == "Started":
        session.started_at = event.at
    session.token = session.token or event.token
    if is_news:
        session.last_seq_no = event.seq_no
        session.charging_state = event.charging_state or session.charging_state
    if event.kind == "Ended":
        session.status = SessionStatus.ENDED
        session.ended_at = event.at
        session.stop_reason = event.stopped_reason[:40] or "Local"
    _take_readings(session, event.readings)
    session.save()
    _keep(item.station_id, event.evse_id, event.connector_id or 0, session, event.readings)
    if is_news:
        _show(session, item, event, parts)


def _show(session: Session, item: Told, event: SessionChanged, parts: Parts) -> None:
    """2.x connectors only report Occupied; what that means comes from their session."""
    if session.connector is None:
        return
    connector = parts.by_key(session.connector)
    status = CHARGING_STATES.get(event.charging_state)
    if event.kind == "Ended":
        status = ChargingStatus.FINISHING if connector.charging_status else None
        if not connector.charging_status or not _is_occupied(connector.charging_status):
            return
    if status is not None:
        parts.set_status(connector, status, item.heard_at)


def _is_occupied(status: str) -> bool:
    return ChargingStatus(status).is_occupied


def record_meters(told: Sequence[Told], changes: Changes) -> list[None]:
    """MeterValues (1.6 §4.7, 2.0.1 J01): keep every sample, and the energy so far."""
    rows: list[MeterReading] = []
    for item in told:
        event = item.event
        assert isinstance(event, MetersRead)  # noqa: S101
        session = None
        if event.transaction_id:
            session = Session.objects.filter(
                station_id=item.station_id, transaction_id=event.transaction_id
            ).first()
        rows += _rows(item.station_id, event.evse_id, event.connector_id, session, event.readings)
        if session is not None:
            _take_readings(session, event.readings)
            session.save(update_fields=["meter_start_wh", "meter_last_wh"])
            if session.charger_id is not None:
                changes.add("charger", session.charger_id)
    MeterReading.objects.bulk_create(rows)
    return [None] * len(told)


def _take_readings(session: Session, readings: Sequence[Reading]) -> None:
    """The first energy reading is where a 2.x session starts, the highest how far it came."""
    for reading in readings:
        if reading.energy_wh is None:
            continue
        if session.meter_start_wh is None:
            session.meter_start_wh = reading.energy_wh
        session.meter_last_wh = max(session.meter_last_wh or 0.0, reading.energy_wh)


def _keep(
    station_pk: int,
    evse_id: int | None,
    connector_number: int,
    session: Session | None,
    readings: Sequence[Reading],
) -> None:
    MeterReading.objects.bulk_create(
        _rows(station_pk, evse_id, connector_number, session, readings)
    )


def _rows(
    station_pk: int,
    evse_id: int | None,
    connector_number: int,
    session: Session | None,
    readings: Sequence[Reading],
) -> list[MeterReading]:
    return [
        MeterReading(
            station_id=station_pk,
            session=session,
            evse_id=evse_id,
            connector_number=connector_number,
            at=reading.at,
            samples=list(reading.samples),
        )
        for reading in readings
    ]
