"""Charging sessions, however stations tell of them: repeated, late, out of order, or not at all."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from operations.answers import SessionAnswer, TokenAnswer
from operations.events import MetersRead, SessionChanged, SessionStarted, SessionStopped
from operations.models import MeterReading, Session, Station
from operations.statuses import ChargingStatus, SessionStatus
from tests.domain.telling import (
    NOON,
    after,
    changed,
    energy,
    reports_occupied,
    reports_status,
    shown,
    tell_together,
    tells,
)
from tests.factories import StationFactory, TokenFactory

pytestmark = pytest.mark.django_db

TOKEN = "04A2B3C4"


@pytest.fixture
def station() -> Station:
    TokenFactory(identifier=TOKEN)
    station: Station = StationFactory()
    reports_status(station, 1, ChargingStatus.AVAILABLE)
    return station


@pytest.fixture
def modern() -> Station:
    """A station of OCPP 2.x with one EVSE of one connector."""
    TokenFactory(identifier=TOKEN)
    station: Station = StationFactory(protocol="2.0.1")
    reports_occupied(station)
    return station


def starts(station: Station, *, connector: int = 1, at: float = 0, wh: float = 1000) -> str:
    """StartTransaction; returns the transaction id handed out."""
    answer = tells(station, SessionStarted(connector, TOKEN, after(at), wh))
    assert answer.token == TokenAnswer("Accepted")
    return str(answer.transaction_id)


def stops(station: Station, transaction_id: str, **more: Any) -> SessionAnswer:
    defaults = {"at": after(600), "meter_stop_wh": 5000.0}
    answer: SessionAnswer = tells(station, SessionStopped(transaction_id, **(defaults | more)))
    return answer


def only() -> Session:
    return Session.objects.get()


# OCPP 1.6


def test_a_start_makes_a_session_with_a_transaction_id_of_ours(station: Station) -> None:
    transaction_id = starts(station)
    session = only()
    assert session.transaction_id == transaction_id == str(session.pk)
    assert (session.token, session.started_at, session.meter_start_wh) == (TOKEN, NOON, 1000)
    assert session.connector is not None
    assert (session.connector.number, session.charger) == (1, session.connector.charger)
    assert session.is_running


def test_a_repeated_start_gets_the_same_transaction_id(station: Station) -> None:
    first = starts(station)
    assert starts(station) == first
    stops(station, first)
    assert starts(station) == first
    assert not only().is_running


def test_a_start_on_connector_0_is_a_session_of_no_connector(station: Station) -> None:
    first, second = starts(station, connector=0), starts(station, connector=0, at=60)
    assert first != second
    assert set(Session.objects.values_list("connector", "status")) == {(None, "running")}
    stops(station, first)
    assert Session.objects.running().get().transaction_id == second


def test_starts_that_are_written_together_are_judged_in_their_order(station: Station) -> None:
    """New ones, a repeated one, one that ends a forgotten one, and one too many of a token."""
    TokenFactory(identifier="ONE", most_sessions=1)
    repeated, forgotten, first, second = (StationFactory() for _ in range(4))
    known = tells(repeated, SessionStarted(1, TOKEN, NOON, 5))
    starts(forgotten)
    answers = tell_together(
        (first, SessionStarted(1, "ONE", timezone.now(), 0)),
        (repeated, SessionStarted(1, TOKEN, NOON, 5)),
        (forgotten, SessionStarted(1, TOKEN, after(60), 7)),
        (second, SessionStarted(1, "ONE", timezone.now(), 0)),
    )
    said = [answer.token.status for answer in answers]
    assert said == ["Accepted", "Accepted", "Accepted", "ConcurrentTx"]
    assert answers[1].transaction_id == known.transaction_id
    assert Session.objects.count() == 5
    ended = Session.objects.get(status=SessionStatus.ENDED)
    assert (ended.station, ended.ended_at, ended.stop_reason) == (forgotten, after(60), "Unknown")


def test_stops_that_are_written_together_end_each_its_own(station: Station) -> None:
    other = StationFactory()
    ours, theirs = starts(station), starts(other)
    tell_together(
        (station, SessionStopped(ours, after(60), 1500.0, readings=energy(1400))),
        (other, SessionStopped(theirs, after(90), 2000.0, "Remote")),
    )
    ended = Session.objects.order_by("pk").values_list(
        "station", "ended_at", "meter_last_wh", "stop_reason"
    )
    assert list(ended) == [
        (station.pk, after(60), 1500, "Local"),
        (other.pk, after(90), 2000, "Remote"),
    ]
    assert MeterReading.objects.get().session.station == station


def test_events_that_are_written_together_change_each_its_own(modern: Station) -> None:
    """Two stations may number their transactions alike."""
    other: Station = StationFactory(protocol="2.0.1")
    tells(other, changed("Started", 0))
    tell_together(
        (modern, changed("Started", 0, token=TOKEN, readings=energy(100))),
        (other, changed("Ended", 1, readings=energy(900))),
    )
    ours, theirs = (Session.objects.get(station=each) for each in (modern, other))
    assert (ours.is_running, ours.token, ours.meter_last_wh) == (True, TOKEN, 100)
    assert (theirs.is_running, theirs.token, theirs.meter_last_wh) == (False, "", 900)


def test_a_stop_ends_the_session_with_its_energy_and_reason(station: Station) -> None:
    transaction_id = starts(station)
    readings = energy(4900, at=after(500))
    answer = stops(station, transaction_id, reason="EVDisconnected", token=TOKEN, readings=readings)
    session = only()
    assert (session.status, session.ended_at) == (SessionStatus.ENDED, after(600))
    assert (session.energy_wh, session.stop_reason) == (4000, "EVDisconnected")
    assert answer == SessionAnswer(transaction_id, TokenAnswer("Accepted"))
    reading = MeterReading.objects.get()
    assert (reading.session, reading.connector_number) == (session, 1)


def test_a_stop_without_reason_was_local(station: Station) -> None:
    stops(station, starts(station))
    assert only().stop_reason == "Local"


def test_a_repeated_stop_changes_nothing(station: Station) -> None:
    transaction_id = starts(station)
    stops(station, transaction_id, readings=energy(4900))
    stops(station, transaction_id, at=after(900), meter_stop_wh=1.0, readings=energy(4900))
    assert (only().ended_at, only().meter_last_wh) == (after(600), 5000)
    assert MeterReading.objects.count() == 1


def test_a_stop_of_an_unknown_session_is_answered_all_the_same(station: Station) -> None:
    # A station without an answer would ask for ever.
    assert stops(station, "4711") == SessionAnswer("4711")
    assert stops(station, "-1", token="x") == SessionAnswer("-1", TokenAnswer("Invalid"))
    assert not Session.objects.exists()


def test_another_stations_session_is_not_ended(station: Station) -> None:
    transaction_id = starts(station)
    stops(StationFactory(), transaction_id)
    assert only().is_running


def test_a_new_session_ends_the_forgotten_one_on_its_connector(station: Station) -> None:
    reports_status(station, 2, ChargingStatus.AVAILABLE)
    forgotten, other = starts(station), starts(station, connector=2)
    starts(station, at=3600)
    session = Session.objects.get(transaction_id=forgotten)
    assert (session.status, session.ended_at) == (SessionStatus.ENDED, after(3600))
    assert session.stop_reason == "Unknown"
    assert Session.objects.get(transaction_id=other).is_running


def test_the_stop_of_a_session_taken_for_forgotten_still_counts(station: Station) -> None:
    # Stations that queued it while offline may send it after the next start.
    early = starts(station)
    starts(station, at=3600)
    stops(station, early, reason="Remote")
    session = Session.objects.get(transaction_id=early)
    assert (session.ended_at, session.energy_wh) == (after(600), 4000)
    assert session.stop_reason == "Remote"


def test_an_old_session_from_a_queue_leaves_the_running_one_alone(station: Station) -> None:
    running = starts(station, at=3600)
    queued = starts(station, at=0)
    assert Session.objects.running().count() == 2
    stops(station, queued)
    assert Session.objects.running().get().transaction_id == running


def test_meter_values_raise_the_sessions_energy(station: Station) -> None:
    transaction_id = starts(station)
    tells(station, MetersRead(1, None, transaction_id, energy(3000)))
    tells(station, MetersRead(1, None, transaction_id, energy(2000)))
    assert (only().meter_start_wh, only().energy_wh) == (1000, 2000)
    assert MeterReading.objects.filter(session=only(), connector_number=1).count() == 2


def test_meter_values_after_the_end_are_kept_but_the_stop_counts(station: Station) -> None:
    transaction_id = starts(station)
    stops(station, transaction_id)
    tells(station, MetersRead(1, None, transaction_id, energy(9000)))
    assert only().energy_wh == 4000
    assert MeterReading.objects.get().session == only()


def test_meter_values_without_energy_or_session_are_kept(station: Station) -> None:
    tells(station, MetersRead(1, None, "", energy(7)))
    tells(station, MetersRead(0, 2, "", energy(8)))
    tells(station, MetersRead(1, None, "4711", energy(9)))
    rows = MeterReading.objects.values_list("session", "evse_id", "connector_number")
    assert list(rows) == [(None, None, 1), (None, 2, 0), (None, None, 1)]


# OCPP 2.x


def started(seq_no: int = 0, **more: Any) -> SessionChanged:
    defaults = {"evse_id": 1, "connector_id": 1, "token": TOKEN, "charging_state": "Charging"}
    return changed("Started", seq_no, **(defaults | more))


def test_a_transaction_from_its_first_event_to_its_last(modern: Station) -> None:
    answer = tells(modern, started(readings=energy(1000)))
    assert answer == SessionAnswer("tx-1", TokenAnswer("Accepted"))
    assert shown(modern) == ChargingStatus.CHARGING
    assert tells(modern, changed("Updated", 1, readings=energy(1500))) == SessionAnswer("tx-1")
    tells(modern, changed("Updated", 2, charging_state="SuspendedEV"))
    assert shown(modern) == ChargingStatus.SUSPENDED_EV
    end = changed("Ended", 3, stopped_reason="EVDisconnected", readings=energy(2500, at=after(180)))
    tells(modern, end)
    session = only()
    assert (session.started_at, session.ended_at) == (NOON, after(180))
    assert (session.energy_wh, session.stop_reason) == (1500, "EVDisconnected")
    assert (session.token, session.charging_state) == (TOKEN, "SuspendedEV")
    assert shown(modern) == ChargingStatus.FINISHING
    places = MeterReading.objects.values_list("evse_id", "connector_number")
    assert set(places) == {(1, 1)}, "later events need not say again where"


EVENTS = (
    started(readings=energy(1000)),
    changed("Updated", 1, charging_state="EVConnected", readings=energy(1500, at=after(60))),
    changed(
        "Ended", 2, token="another", stopped_reason="Remote", readings=energy(2500, at=after(120))
    ),
)


@pytest.mark.parametrize("order", list(permutations(EVENTS)))
def test_events_may_come_in_any_order(modern: Station, order: tuple[SessionChanged, ...]) -> None:
    tells(modern, *order)
    session = only()
    assert (session.started_at, session.ended_at) == (NOON, after(120))
    assert (session.status, session.stop_reason) == (SessionStatus.ENDED, "Remote")
    assert (session.meter_start_wh, session.meter_last_wh) == (1000, 2500)
    assert session.token == TOKEN, "not the one that ended it"
    assert session.connector is not None


def test_events_that_come_again_change_nothing(modern: Station) -> None:
    # The answer may have been lost with the socket.
    for event in EVENTS:
        tells(modern, event, event)
    tells(modern, EVENTS[0])
    assert MeterReading.objects.count() == 3
    assert (only().status, only().energy_wh) == (SessionStatus.ENDED, 1500)


def test_a_station_that_does_not_count_is_followed(modern: Station) -> None:
    tells(modern, started(), changed("Updated", 0, charging_state="SuspendedEVSE", at=after(60)))
    assert shown(modern) == ChargingStatus.SUSPENDED_EVSE
    tells(modern, changed("Ended", 0, at=after(120)))
    assert not only().is_running


def test_an_end_without_a_start_is_a_session(modern: Station) -> None:
    tells(modern, changed("Ended", 5, evse_id=1, readings=energy(2500)))
    session = only()
    assert (session.started_at, session.ended_at) == (after(300), after(300))
    assert session.energy_wh == 0
    assert session.connector is not None


def test_a_meters_slip_is_not_where_the_session_began(modern: Station) -> None:
    tells(modern, started(readings=energy(1000)), changed("Updated", 1, readings=energy(0)))
    tells(modern, changed("Updated", 2, readings=energy(1200)))
    assert only().energy_wh == 200


def test_the_token_may_come_in_any_event(modern: Station) -> None:
    tells(modern, started(token=""))
    answer = tells(modern, changed("Updated", 1, token=TOKEN, token_type="ISO14443"))
    assert answer == SessionAnswer("tx-1", TokenAnswer("Accepted"))
    assert only().token == TOKEN


def test_the_connector_may_be_named_only_once_the_car_is_plugged_in(modern: Station) -> None:
    tells(modern, changed("Started", 0, token=TOKEN))
    assert only().connector is None
    tells(modern, changed("Updated", 1, evse_id=1))
    tells(modern, changed("Updated", 2, evse_id=1, connector_id=2, charging_state="Charging"))
    session = only()
    assert session.connector is not None
    assert session.connector.number == 2
    assert shown(modern, number=2) == ChargingStatus.CHARGING
    # EVSE 0 is the station itself: no place to charge at.
    tells(modern, changed("Updated", 3, evse_id=0, connector_id=0))
    assert only().connector == session.connector


def test_readings_of_a_session_of_no_known_connector_are_kept(modern: Station) -> None:
    tells(modern, changed("Started", 0, readings=energy(5)))
    reading = MeterReading.objects.get()
    assert (reading.evse_id, reading.connector_number, reading.session) == (None, 0, only())


def test_a_new_transaction_ends_the_forgotten_one_on_its_connector(modern: Station) -> None:
    tells(modern, started(), started(transaction_id="tx-2", at=after(3600)))
    forgotten = Session.objects.get(transaction_id="tx-1")
    assert (forgotten.status, forgotten.ended_at) == (SessionStatus.ENDED, after(3600))
    tells(modern, changed("Ended", 9, at=after(1800), stopped_reason="PowerLoss"))
    forgotten.refresh_from_db()
    assert (forgotten.ended_at, forgotten.stop_reason) == (after(1800), "PowerLoss")
    assert shown(modern) == ChargingStatus.CHARGING, "the newer session has the connector"


def test_what_happened_offline_does_not_bring_a_car_back(modern: Station) -> None:
    reports_status(modern, 1, ChargingStatus.AVAILABLE)
    tells(modern, started(is_offline=True), changed("Ended", 1, is_offline=True))
    assert shown(modern) == ChargingStatus.AVAILABLE
    assert not only().is_running


def test_what_began_offline_explains_an_occupied_connector(modern: Station) -> None:
    tells(modern, started(is_offline=True))
    assert shown(modern) == ChargingStatus.CHARGING


def test_after_the_car_has_left_the_end_shows_no_finishing(modern: Station) -> None:
    tells(modern, started())
    reports_status(modern, 1, ChargingStatus.AVAILABLE)
    tells(modern, changed("Ended", 1))
    assert shown(modern) == ChargingStatus.AVAILABLE


def test_an_event_that_says_nothing_of_charging_leaves_the_status(modern: Station) -> None:
    tells(modern, started(), changed("Updated", 1, charging_state="Idle"))
    assert shown(modern) == ChargingStatus.CHARGING


def test_a_next_session_begins_with_preparing(modern: Station) -> None:
    tells(modern, started(), changed("Ended", 1))
    tells(modern, started(transaction_id="tx-2", at=after(900), charging_state="EVConnected"))
    assert shown(modern) == ChargingStatus.PREPARING


def test_a_stations_version_may_change_between_sessions(station: Station) -> None:
    transaction_id = starts(station)
    Station.objects.update(protocol="2.0.1")
    tells(station, started(at=NOON + timedelta(days=1)))
    assert {each.transaction_id for each in Session.objects.all()} == {transaction_id, "tx-1"}


def test_missing_messages_are_counted_and_may_still_come(modern: Station) -> None:
    tells(modern, changed("Started", 5), changed("Updated", 6), changed("Updated", 9))
    assert Session.objects.get().missing_seq_nos == [7, 8]
    tells(modern, changed("Updated", 8), changed("Updated", 8))
    assert Session.objects.get().missing_seq_nos == [7]
    tells(modern, changed("Ended", 2_000_000))
    assert len(Session.objects.get().missing_seq_nos) == 1000
