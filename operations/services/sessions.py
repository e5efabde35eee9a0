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
# What an event of a session may change of it (2.x).
CHANGED = (
    "charger",
    "connector",
    "token",
    "status",
    "charging_state",
    "started_at",
    "ended_at",
    "meter_start_wh",
    "meter_last_wh",
    "stop_reason",
    "remote_start_id",
    "last_seq_no",
    "missing_seq_nos",
)


def record_starts(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StartTransaction (1.6 §4.8): hand out the transaction id, the same one when repeated."""
    parts = Parts({item.station_id for item in told})
    told_of = [_begun(item, parts) for item in told]
    known = _known_starts(told_of)
    sessions = [known.get(_start_of(session), session) for session in told_of]
    new = [session for session in told_of if _start_of(session) not in known]
    Session.objects.bulk_create(new)
    for session in new:
        session.transaction_id = str(session.pk)
    rows.update(Session, new, ["transaction_id"])
    _end_forgotten(new, changes)
    parts.save(changes)
    return [_answer_to_start(session, changes) for session in sessions]


def _begun(item: Told, parts: Parts) -> Session:
    event = item.event
    assert isinstance(event, SessionStarted)  # noqa: S101
    # Connector 0 is the station itself and can't charge; some say so all the same.
    number = event.connector_id
    connector = parts.connector(item.station_id, None, number) if number > 0 else None
    return Session(
        station_id=item.station_id,
        charger_id=connector.charger_id if connector else None,
        connector_id=connector.pk if connector else None,
        token=event.token,
        started_at=event.at,
        meter_start_wh=event.meter_start_wh,
        meter_last_wh=event.meter_start_wh,
        heard_at=item.heard_at,
    )


def _start_of(session: Session) -> tuple[Any, ...]:
    """What a repeated StartTransaction has in common with the first."""
    place = (session.station_id, session.connector_id)
    return (*place, session.token, session.started_at, session.meter_start_wh)


def _known_starts(sessions: Sequence[Session]) -> dict[tuple[Any, ...], Session]:
    """Those that began at these times."""
    times = {session.started_at for session in sessions}
    return {_start_of(known): known for known in Session.objects.filter(started_at__in=times)}


def _answer_to_start(session: Session, changes: Changes) -> SessionAnswer:
    _tell_browsers(session, changes)
    answer = tokens.judge(
        identifier=session.token,
        station_pk=session.station_id,
        moment=Moment.BEGINNING,
        session_pk=session.pk,
    )
    return SessionAnswer(session.transaction_id, answer)


def _end_forgotten(sessions: Sequence[Session], changes: Changes) -> None:
    """A connector charges one car: an older session there ended without our hearing of it."""
    newer = {each.connector_id: each for each in sessions if each.connector_id is not None}
    if not newer:
        return
    stations = {session.station_id for session in newer.values()}
    forgotten = []
    for older in Session.objects.running().filter(station_id__in=stations):
        session = newer.get(older.connector_id or 0)
        if session and older.pk != session.pk and older.started_at < session.started_at:
            older.status, older.ended_at = SessionStatus.ENDED, session.started_at
            older.stop_reason = UNHEARD
            forgotten.append(older)
            changes.add("session", older.pk)
    rows.update(Session, forgotten, ["status", "ended_at", "stop_reason"])


def record_stops(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """StopTransaction (1.6 §4.10). It is always answered: a station would ask forever."""
    sessions = _named_sessions(told)
    ended: list[Session] = []
    kept: list[Kept] = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionStopped)  # noqa: S101
        session = sessions.get((item.station_id, event.transaction_id))
        if session is not None and (session.is_running or session.stop_reason == UNHEARD):
            _end(session, event.at, event.reason)
            session.meter_last_wh = event.meter_stop_wh
            ended.append(session)
            number = session.connector.number if session.connector else 0
            kept += _kept(item.station_id, None, number, session, event.readings)
            _tell_browsers(session, changes)
    rows.update(Session, ended, ["status", "ended_at", "meter_last_wh", "stop_reason"])
    rows.insert(MeterReading, kept)
    return [_answer_to_stop(item) for item in told]


def _answer_to_stop(item: Told) -> SessionAnswer:
    event = item.event
    assert isinstance(event, SessionStopped)  # noqa: S101
    token = None
    if event.token:
        token = tokens.judge(
            identifier=event.token, station_pk=item.station_id, moment=Moment.ENDING
        )
    return SessionAnswer(event.transaction_id, token)


def _end(session: Session, at: datetime, reason: str) -> None:
    """No reason means Local (1.6 §6.47, 2.0.1 E06.FR.08)."""
    session.status, session.ended_at = SessionStatus.ENDED, at
    session.stop_reason = reason[:40] or "Local"


def record_changes(told: Sequence[Told], changes: Changes) -> list[SessionAnswer]:
    """TransactionEvent (2.0.1 E01 to E15), in whatever order it comes."""
    parts = Parts({item.station_id for item in told})
    known = _named_sessions(told)
    changed: list[tuple[Session, bool]] = []
    kept: list[Kept] = []
    for item in told:
        event = item.event
        assert isinstance(event, SessionChanged)  # noqa: S101
        session = known.get((item.station_id, event.transaction_id)) or Session.objects.create(
            station_id=item.station_id,
            transaction_id=event.transaction_id,
            started_at=event.at,
            heard_at=item.heard_at,
        )
        changed.append((session, bool(session.token)))
        _place(session, item, event, parts, changes)
        kept += _apply(session, item, event, parts)
        _tell_browsers(session, changes)
    rows.update(Session, [session for session, _had_token in changed], CHANGED)
    rows.insert(MeterReading, kept)
    parts.save(changes)
    return [
        _answer_to_change(session, item, had_token=had_token)
        for item, (session, had_token) in zip(told, changed, strict=True)
    ]


def _answer_to_change(session: Session, item: Told, *, had_token: bool) -> SessionAnswer:
    event = item.event
    assert isinstance(event, SessionChanged)  # noqa: S101
    token = _judge(session, item, event, had_token=had_token) if event.token else None
    return SessionAnswer(event.transaction_id, token)


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
            _end_forgotten([session], changes)


def _apply(session: Session, item: Told, event: SessionChanged, parts: Parts) -> "list[Kept]":
    """What the event tells; one that is older than what we know only fills gaps.

    An event that was not answered comes again: the same number is news once more. Returns the
    readings to keep.
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
    connector = parts.by_key(session.connector_id) if session.connector_id else None
    evse_id = parts.charger_number(connector) if connector else None
    number = connector.number if connector else 0
    if not is_late:
        _show(session, item, event, parts)
    return _kept(item.station_id, evse_id, number, session, readings)


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
    sessions = _named_sessions(told)
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


def _named_sessions(told: Sequence[Told]) -> dict[tuple[int, str], Session]:
    """The sessions that events name, by station and transaction."""
    wanted = {
        (item.station_id, item.event.transaction_id)
        for item in told
        if isinstance(item.event, SessionChanged | MetersRead | SessionStopped)
        and item.event.transaction_id
    }
    if not wanted:
        return {}
    found = Session.objects.select_related("connector").filter(
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
