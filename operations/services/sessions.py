"""Charging sessions as stations tell them: started, changed, stopped, metered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.answers import SessionAnswer, TokenAnswer
from operations.events import (
    MetersRead,
    Reading,
    SessionChanged,
    SessionStarted,
    SessionStopped,
    Told,
)
from operations.models import MeterReading, Session
from operations.services import rows, tokens
from operations.services.components import status_of
from operations.services.live import Changes
from operations.services.parts import Parts
from operations.services.tokens import Moment
from operations.statuses import OCCUPIED, ChargingStatus, SessionStatus

# Why a session ended whose end we only concluded; the station's own word replaces it.
UNHEARD = "Unknown"
MOST_MISSING = 1000  # numbers kept of one session's missing messages


def record_starts(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StartTransaction (1.6 §4.8): hand out the transaction id, the same one when repeated."""
    parts = Parts({item.station_id for item in told})
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionStarted)  # noqa: S101
        # Connector 0 is the station itself and can't charge; some say so all the same.
        number = event.connector_id
        connector = parts.connector(item.station_id, None, number) if number > 0 else None
        place: dict[str, Any] = {"connector_id": connector.pk if connector else None}
        session, is_new = Session.objects.get_or_create(
            station_id=item.station_id,
            token=event.token,
            started_at=event.at,
            meter_start_wh=event.meter_start_wh,
            **place,
            defaults={
                "charger_id": connector.charger_id if connector else None,
                "meter_last_wh": event.meter_start_wh,
                "heard_at": item.heard_at,
            },
        )
        if is_new:
            session.transaction_id = str(session.pk)
            session.save(update_fields=["transaction_id"])
            _end_forgotten(session, changes)
        _tell_browsers(session, changes)
        answer = tokens.judge(
            identifier=event.token,
            station_pk=item.station_id,
            moment=Moment.BEGINNING,
            session_pk=session.pk,
        )
        answers.append(SessionAnswer(session.transaction_id, answer))
    parts.save(changes)
    return answers


def _end_forgotten(session: Session, changes: Changes) -> None:
    """A connector charges one car: an older session there ended without our hearing of it."""
    if session.connector_id is None:
        return
    older = Session.objects.running().filter(
        connector_id=session.connector_id, started_at__lt=session.started_at
    )
    forgotten = list(older.exclude(pk=session.pk).values_list("pk", flat=True))
    if not forgotten:
        return
    Session.objects.filter(pk__in=forgotten).update(
        status=SessionStatus.ENDED, ended_at=session.started_at, stop_reason=UNHEARD
    )
    for pk in forgotten:
        changes.add("session", pk)


def record_stops(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StopTransaction (1.6 §4.10). It is always answered: a station would ask forever."""
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionStopped)  # noqa: S101
        session = _find(item.station_id, event.transaction_id)
        if session is not None and (session.is_running or session.stop_reason == UNHEARD):
            _end(session, event.at, event.reason)
            session.meter_last_wh = event.meter_stop_wh
            session.save(update_fields=["status", "ended_at", "meter_last_wh", "stop_reason"])
            number = session.connector.number if session.connector else 0
            kept = _kept(item.station_id, None, number, session, event.readings)
            rows.insert(MeterReading, kept)
            _tell_browsers(session, changes)
        token = None
        if event.token:
            token = tokens.judge(
                identifier=event.token, station_pk=item.station_id, moment=Moment.ENDING
            )
        answers.append(SessionAnswer(event.transaction_id, token))
    return answers


def _find(station_pk: int, transaction_id: str) -> Session | None:
    sessions = Session.objects.select_related("connector")
    return sessions.filter(station_id=station_pk, transaction_id=transaction_id).first()


def _end(session: Session, at: datetime, reason: str) -> None:
    """No reason means Local (1.6 §6.47, 2.0.1 E06.FR.08)."""
    session.status, session.ended_at = SessionStatus.ENDED, at
    session.stop_reason = reason[:40] or "Local"


def record_changes(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """TransactionEvent (2.0.1 E01 to E15), in whatever order it comes."""
    parts = Parts({item.station_id for item in told})
    answers = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionChanged)  # noqa: S101
        session, _is_new = Session.objects.get_or_create(
            station_id=item.station_id,
            transaction_id=event.transaction_id,
            defaults={"started_at": event.at, "heard_at": item.heard_at},
        )
        had_token = bool(session.token)
        _place(session, item, event, parts, changes)
        _apply(session, item, event, parts)
        _tell_browsers(session, changes)
        token = _judge(session, item, event, had_token=had_token) if event.token else None
        answers.append(SessionAnswer(event.transaction_id, token))
    parts.save(changes)
    return answers


def _judge(session: Session, item: Told, event: SessionChanged, *, had_token: bool) -> TokenAnswer:
    """Every token after the first that is presented in a session is there to end it."""
    moment = Moment.ENDING if had_token or event.kind == "Ended" else Moment.JOINING
    if event.kind == "Started":
        moment = Moment.BEGINNING
    return tokens.judge(
        identifier=event.token,
        station_pk=item.station_id,
        moment=moment,
        session_pk=session.pk,
        kind=event.token_type,
    )


def _place(
    session: Session, item: Told, event: SessionChanged, parts: Parts, changes: Changes
) -> None:
    """Where it charges: said once, perhaps only after the start, and the connector even later."""
    if event.evse_id and (event.connector_id or session.connector_id is None):
        connector = parts.connector(item.station_id, event.evse_id, event.connector_id or 1)
        if connector.pk != session.connector_id:
            session.connector_id, session.charger_id = connector.pk, connector.charger_id
            _end_forgotten(session, changes)


def _apply(session: Session, item: Told, event: SessionChanged, parts: Parts) -> None:
    """What the event tells; one that is older than what we know only fills gaps.

    An event that was not answered comes again: the same number is news once more.
    """
    is_late = event.seq_no < session.last_seq_no
    readings = event.readings
    if event.seq_no <= session.last_seq_no:
        kept = set(session.readings.values_list("at", flat=True))
        readings = tuple(reading for reading in readings if reading.at not in kept)
    session.started_at = min(session.started_at, event.at)
    if event.token and (event.kind == "Started" or not session.token):
        session.token = event.token
    if event.remote_start_id is not None:
        session.remote_start_id = event.remote_start_id
    _count(session, event)
    if not is_late:
        session.last_seq_no = event.seq_no
        session.charging_state = event.charging_state or session.charging_state
    if event.kind == "Ended":
        _end(session, event.at, event.stopped_reason)
    _meter(session, readings, is_late=is_late)
    session.save()
    connector = parts.by_key(session.connector_id) if session.connector_id else None
    evse_id = parts.charger_number(connector) if connector else None
    number = connector.number if connector else 0
    rows.insert(MeterReading, _kept(item.station_id, evse_id, number, session, readings))
    if not is_late:
        _show(session, item, event, parts)


def _count(session: Session, event: SessionChanged) -> None:
    """Note which numbers are missing (E01.FR.07: a session's messages are numbered).

    Some stations go on counting from session to session, so the first that comes is no gap.
    """
    if event.seq_no in session.missing_seq_nos:
        session.missing_seq_nos.remove(event.seq_no)
    elif session.last_seq_no >= 0:
        gap = range(session.last_seq_no + 1, event.seq_no)
        session.missing_seq_nos += gap[: MOST_MISSING - len(session.missing_seq_nos)]


def _show(session: Session, item: Told, event: SessionChanged, parts: Parts) -> None:
    """2.x connectors only report Occupied; what that means comes from their session.

    What is over, or happened offline, explains an occupied connector without a newer session,
    and nothing else: the car may have left long ago.
    """
    if session.connector_id is None:
        return
    connector = parts.by_key(session.connector_id)
    was = connector.charging_status
    is_past = event.is_offline or not session.is_running
    if is_past and (was not in OCCUPIED or _has_newer(session, connector.pk)):
        return
    status: ChargingStatus | None = ChargingStatus.FINISHING
    if session.is_running:
        status = status_of(event.charging_state, "" if event.kind == "Started" else was)
    if status is not None:
        parts.set_status(connector, status, item.heard_at)


def _has_newer(session: Session, connector_pk: int) -> bool:
    others = Session.objects.running().filter(started_at__gt=session.started_at)
    return others.filter(connector_id=connector_pk).exists()


def record_meters(told: Sequence[Told], changes: Changes) -> list[None]:
    """MeterValues (1.6 §4.7, 2.0.1 J01): keep every sample, and the energy so far."""
    sessions = _metered_sessions(told)
    kept: list[Kept] = []
    metered: dict[int, Session] = {}
    for item in told:
        event = item.event
        assert isinstance(event, MetersRead)  # noqa: S101
        session = sessions.get((item.station_id, event.transaction_id))
        kept += _kept(item.station_id, event.evse_id, event.connector_id, session, event.readings)
        # After the end its own reading counts, however late others come.
        if session is not None and session.is_running:
            _meter(session, event.readings, is_late=False)
            metered[session.pk] = session
            _tell_browsers(session, changes)
    rows.insert(MeterReading, kept)
    rows.update(Session, list(metered.values()), ["meter_start_wh", "meter_last_wh"])
    return [None] * len(told)


def _metered_sessions(told: Sequence[Told]) -> dict[tuple[int, str], Session]:
    """The sessions that meter values name, by station and transaction."""
    wanted = {
        (item.station_id, item.event.transaction_id)
        for item in told
        if isinstance(item.event, MetersRead) and item.event.transaction_id
    }
    if not wanted:
        return {}
    found = Session.objects.filter(
        station_id__in={station for station, _transaction in wanted},
        transaction_id__in={transaction for _station, transaction in wanted},
    )
    return {(session.station_id, session.transaction_id): session for session in found}


def _meter(session: Session, readings: Sequence[Reading], *, is_late: bool) -> None:
    """A 2.x session starts at its first energy reading, and has come as far as the highest.

    Only what is late may be from before the first one that came; a lower reading in between
    is a meter's slip.
    """
    for reading in readings:
        energy_wh = reading.energy_wh
        if energy_wh is None:
            continue
        start_wh = session.meter_start_wh
        if start_wh is None or (is_late and energy_wh < start_wh):
            session.meter_start_wh = energy_wh
        session.meter_last_wh = max(session.meter_last_wh or 0.0, energy_wh)


def _tell_browsers(session: Session, changes: Changes) -> None:
    changes.add("session", session.pk)
    if session.charger_id is not None:
        changes.add("charger", session.charger_id)


@dataclass(frozen=True, slots=True)
class Kept:
    """The columns of a MeterReading, without the cost of one."""

    station_id: int
    session_id: int | None
    evse_id: int | None
    connector_number: int
    at: datetime
    samples: list[dict[str, Any]]


def _kept(
    station_pk: int,
    evse_id: int | None,
    connector_number: int,
    session: Session | None,
    readings: Sequence[Reading],
) -> list[Kept]:
    session_pk = session.pk if session else None
    return [
        Kept(station_pk, session_pk, evse_id, connector_number, reading.at, list(reading.samples))
        for reading in readings
    ]
