"""Starting, stopping, reserving: what is refused in words, and what goes on the wire."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.models import Connector, Token
from operations.models.tokens import TokenStatus
from operations.services import runs, targets
from operations.statuses import ChargingStatus, OperationalStatus, Registration, RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    TokenFactory,
)

pytestmark = pytest.mark.django_db

start, stop, reserve, cancel = (
    BY_SLUG[slug] for slug in ("start-session", "stop-session", "reserve", "cancel-reservation")
)


def connector_of(version: OcppVersion, **more: Any) -> Connector:
    connector: Connector = ConnectorFactory(charger__station__protocol=version.name, **more)
    return connector


def refusal(command: Any, target: Target) -> str:
    obstacle = runs.obstacle(command=command, target=target)
    return obstacle.sentence if obstacle else ""


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (ChargingStatus.UNAVAILABLE, "is unavailable: turn it on first."),
        (ChargingStatus.FAULTED, "is faulted."),
        (ChargingStatus.RESERVED, "is reserved: cancel the reservation first."),
        (ChargingStatus.CHARGING, "is charging already."),
        (ChargingStatus.SUSPENDED_EV, "is charging already."),
    ],
)
def test_a_connector_that_can_not_start_says_why(status: ChargingStatus, words: str) -> None:
    connector = connector_of(V16, charging_status=status, charger__name="Quay")
    target = targets.of_connector(connector)
    assert refusal(start, target) == f"Connector 1 of Quay {words}"


@pytest.mark.parametrize("status", [ChargingStatus.AVAILABLE, ChargingStatus.PREPARING, ""])
def test_a_free_connector_may_start(status: str) -> None:
    assert refusal(start, targets.of_connector(connector_of(V201, charging_status=status))) == ""


def test_a_charger_of_which_one_connector_charges_may_start_on_another() -> None:
    charger = ChargerFactory(charging_status=ChargingStatus.CHARGING)
    assert refusal(start, targets.of_charger(charger)) == ""
    charger.charging_status = ChargingStatus.FAULTED
    assert refusal(start, targets.of_charger(charger)).endswith("is faulted.")


def test_what_is_closed_starts_nothing() -> None:
    connector = connector_of(V16, operational_status=OperationalStatus.CLOSED)
    assert refusal(start, targets.of_connector(connector)).endswith("is closed.")


def test_a_pending_station_starts_nothing() -> None:
    # OCPP 1.6 §4.2, 2.0.1 B02.FR.05.
    connector = connector_of(V16, charger__station__registration=Registration.PENDING)
    assert "is not accepted yet" in refusal(start, targets.of_connector(connector))


def errors(target: Target, token: str) -> str:
    form = start.form({"token": token}, target=target)
    assert not form.is_valid()
    return " ".join(form.errors["token"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": TokenStatus.BLOCKED}, "This token is blocked."),
        ({"status": TokenStatus.INVALID}, "This token is marked invalid."),
        ({"status": TokenStatus.EXPIRED}, "This token has expired."),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This token has expired."),
    ],
)
def test_a_token_that_may_not_charge_is_refused_in_words(more: dict[str, Any], words: str) -> None:
    TokenFactory(identifier="04A1", **more)
    assert errors(targets.of_connector(connector_of(V16)), "04a1") == words


def test_an_unknown_token_and_another_organisations_are_refused_alike() -> None:
    target = targets.of_connector(connector_of(V16))
    TokenFactory(identifier="THEIRS", organisation=OrganisationFactory())
    assert errors(target, "NOBODYS") == "The portal does not know this token."
    assert errors(target, "THEIRS") == "The portal does not know this token."


def test_a_token_too_long_for_1_6_is_refused_there_alone() -> None:
    TokenFactory(identifier="A" * 30)
    assert "at most 20" in errors(targets.of_connector(connector_of(V16)), "A" * 30)
    form = start.form({"token": "a" * 30}, target=targets.of_connector(connector_of(V201)))
    assert form.is_valid()
    assert form.params()["token"] == "A" * 30


# What goes on the wire


def test_the_token_goes_out_with_its_type_and_group() -> None:
    connector = connector_of(V201, charger__number=2)
    TokenFactory(
        identifier="04A1",
        type="eMAID",
        group="FLEET",
        organisation=connector.station.organisation,
    )
    target = targets.of_connector(connector)
    form = start.form({"token": "04a1"}, target=target)
    assert form.is_valid()
    (request,) = start.requests(V201, target, {**form.params(), "request_id": 12})
    assert request.payload == {
        "idToken": {"idToken": "04A1", "type": "eMAID"},
        "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        "remoteStartId": 12,
        "evseId": 2,
    }
    unusual = {"token": "04A1", "token_type": "Fingerprint", "request_id": 12}
    (request,) = start.requests(V21, target, unusual)
    assert request.payload["idToken"]["type"] == "Central"


def test_1_6_chooses_the_connector_itself_where_the_charger_is_the_whole_station() -> None:
    connector = connector_of(V16, number=1)
    ConnectorFactory(charger=connector.charger, number=2)
    params = {"token": "04A1", "request_id": 12}
    whole = targets.of_charger(connector.charger)
    assert start.requests(V16, whole, params)[0].payload == {"idTag": "04A1"}
    half = ChargerFactory(station=connector.station, number=2)
    ConnectorFactory(charger=half, number=3)
    (request,) = start.requests(V16, targets.of_charger(half), params)
    assert request.payload == {"idTag": "04A1", "connectorId": 3}
    bare = ChargerFactory(station=connector.station, number=3)
    assert start.requests(V16, targets.of_charger(bare), params) == ()


# Stopping


def test_stopping_asks_which_session_if_there_are_several() -> None:
    connector = connector_of(V201)
    target = targets.of_station(connector.station)
    form = stop.form({}, target=target)
    assert form.errors["session"] == ["No session is running there."]
    first = SessionFactory(connector=connector)
    form = stop.form({}, target=targets.of_station(connector.station))
    assert form.is_valid()
    assert form.params() == {"session": str(first.pk), "transaction_id": first.transaction_id}
    SessionFactory(connector=connector)
    target = targets.of_station(connector.station)
    form = stop.form({}, target=target)
    assert form.errors["session"] == ["Choose a session."]
    form = stop.form({"session": str(first.pk)}, target=target)
    assert form.is_valid()


def test_sessions_are_told_apart_by_token_and_energy() -> None:
    known = SessionFactory(token="04A1", meter_start_wh=0, meter_last_wh=3_200)
    SessionFactory(connector=known.connector, token="", meter_start_wh=None)
    form = stop.form(target=targets.of_connector(known.connector))
    words = [word for _value, word in form.fields["session"].choices]  # type: ignore[attr-defined]
    assert f"#{known.pk} · 04A1 · 3.2 kWh" in words
    assert all(word.startswith("#") for word in words)


def test_2_x_knows_a_session_by_the_requests_number_alone() -> None:
    connector = connector_of(V201)
    target = targets.of_connector(connector)
    params = {"token": "04A1", "request_id": 12}
    SessionFactory(connector=connector, token="04A1", remote_start_id=13)
    assert start.confirmation(target, params, timezone.now()) is None
    SessionFactory(token="04A1", remote_start_id=12)
    assert start.confirmation(target, params, None) is None
    SessionFactory(connector=connector, token="OTHER", remote_start_id=12)
    assert start.confirmation(target, params, None) is not None


def test_a_session_elsewhere_can_not_be_stopped_from_here() -> None:
    other = SessionFactory()
    target = targets.of_connector(connector_of(V201))
    assert not stop.form({"session": str(other.pk)}, target=target).is_valid()


def test_a_session_that_began_in_another_version_has_no_number_for_1_6() -> None:
    target = targets.of_connector(connector_of(V16))
    params = {"session": "1", "transaction_id": "a-uuid", "request_id": 12}
    assert stop.requests(V16, target, params) == ()


def test_stopped_is_what_the_session_says() -> None:
    session = SessionFactory()
    target = targets.of_connector(session.connector)
    params = {"session": str(session.pk), "transaction_id": session.transaction_id}
    assert stop.confirmation(target, params, None) is None
    session.status, session.stop_reason = "ended", ""
    session.save()
    said = stop.confirmation(target, params, None)
    assert said == f"Session {session} ended: no reason given."
    session.delete()
    assert stop.confirmation(target, params, None) is None


# Whose session it is that started


def test_1_6_knows_a_session_by_token_place_and_time() -> None:
    asked_at = timezone.now()
    connector = connector_of(V16)
    target = targets.of_connector(connector)

    def seen() -> str | None:
        params = {"token": "04A1", "request_id": 12}
        return start.confirmation(target, params, asked_at)

    before = asked_at - timedelta(seconds=1)
    SessionFactory(connector=connector, token="04A1", heard_at=before)
    SessionFactory(connector=connector, token="OTHER", heard_at=asked_at)
    SessionFactory(token="04A1", heard_at=asked_at)
    elsewhere = ConnectorFactory(charger=connector.charger, number=2)
    SessionFactory(connector=elsewhere, token="04A1", heard_at=asked_at)
    assert seen() is None
    session = SessionFactory(connector=connector, token="04a1", heard_at=asked_at)
    assert seen() == f"Session {session} started."


def test_2_x_that_leaves_the_number_out_is_known_by_its_charger() -> None:
    asked_at = timezone.now()
    connector = connector_of(V201)
    other = ConnectorFactory(charger=connector.charger, number=2)
    SessionFactory(connector=other, token="04A1", heard_at=asked_at)
    target = targets.of_connector(connector)
    assert start.confirmation(target, {"token": "04A1", "request_id": 12}, asked_at)


# Reserving


def test_a_reservation_ends_in_time_to_come() -> None:
    TokenFactory(identifier="04A1")
    target = targets.of_connector(connector_of(V16))
    form = reserve.form({"token": "04A1", "until": "2020-01-01T12:00"}, target=target)
    assert form.errors["until"] == ["Choose a time that is still to come."]
    usual = reserve.initial(target)["until"]
    form = reserve.form({"token": "04A1", "until": usual}, target=target)
    assert form.is_valid()
    assert form.params()["until"] == usual


def test_1_6_takes_groups_only_as_long_as_tokens() -> None:
    target = targets.of_connector(connector_of(V16))
    params = {"token": "04A1", "until": "2100-01-01T12:00:00Z", "request_id": 12}
    (request,) = reserve.requests(V16, target, {**params, "group": "FLEET"})
    assert request.payload["parentIdTag"] == "FLEET"
    (request,) = reserve.requests(V16, target, {**params, "group": "F" * 21})
    assert "parentIdTag" not in request.payload


def test_reserved_is_what_the_connector_says_since() -> None:
    since = timezone.now()
    connector = connector_of(
        V16, charging_status=ChargingStatus.RESERVED, status_heard_at=since - timedelta(seconds=1)
    )
    target = targets.of_connector(connector)
    assert reserve.confirmation(target, {}, since) is None
    assert reserve.confirmation(target, {}, None) is None
    connector.status_heard_at = since
    assert reserve.confirmation(target, {}, since) is not None


def test_cancelling_offers_the_latest_reservation_made_here() -> None:
    connector = connector_of(V16)
    target = targets.of_connector(connector)
    assert cancel.initial(target) == {}
    made = RunFactory(
        station=connector.station,
        charger=connector.charger,
        connector=connector,
        command="reserve",
        status=RunStatus.DONE,
        sent_at=timezone.now(),
    )
    RunFactory(station=connector.station, command="reserve", sent_at=timezone.now())
    RunFactory(
        station=connector.station,
        charger=connector.charger,
        connector=connector,
        command="reserve",
        status=RunStatus.REFUSED,
        sent_at=timezone.now(),
    )
    assert cancel.initial(target) == {"reservation": made.pk}


def test_a_connector_that_was_never_heard_of_is_not_known_to_be_free() -> None:
    connector = connector_of(V16, charging_status="")
    assert cancel.confirmation(targets.of_connector(connector), {}, None) is None
    connector.charging_status = ChargingStatus.AVAILABLE
    assert cancel.confirmation(targets.of_connector(connector), {}, None) is not None


def test_tokens_are_found_whatever_the_case() -> None:
    token = TokenFactory(identifier="04aB")
    assert Token.objects.find("04Ab") == token
    assert Token.objects.find("") is None
