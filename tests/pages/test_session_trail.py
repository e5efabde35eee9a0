"""The messages of a session on its page, and the ways from and to it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from operations.models import Session
from operations.statuses import Role
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    MessageFactory,
    RunFactory,
    SessionFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.charging import ended

pytestmark = pytest.mark.django_db

URL = "/operations/sessions/"


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


# The message trail.


def say(
    session: Session, minute: float, action: str, payload: dict[str, Any], **fields: Any
) -> Any:
    """A call of the session's station, `minute` minutes after the session's start."""
    at = session.started_at + timedelta(minutes=minute)
    call = json.dumps([2, "x", action, payload], separators=(",", ":"))
    return MessageFactory(
        station=session.station,
        action=action,
        call=call,
        called_at=at,
        answered_at=at,
        **fields,
    )


def shown(response: Any) -> list[int]:
    trail = response.context["trail"]
    return [step.exchange.pk for step in (*trail.first, *trail.last)]


def test_the_trail_is_the_sessions_own_messages(desk: Client) -> None:
    session = ended(transaction_id="77", token="TAG", connector__number=1)
    wanted = [
        say(session, -1, "Authorize", {"idTag": "TAG"}),
        say(session, -0.5, "StatusNotification", {"connectorId": 1, "status": "Preparing"}),
        say(
            session,
            0,
            "StartTransaction",
            {"connectorId": 1},
            answer='[3,"x",{"transactionId":77}]',
        ),
        say(session, 5, "MeterValues", {"connectorId": 1, "transactionId": 77}),
        say(session, 84, "StopTransaction", {"transactionId": 77, "meterStop": 1}),
    ]
    say(session, 1, "Authorize", {"idTag": "OTHER"})
    say(session, 2, "StatusNotification", {"connectorId": 2, "status": "Preparing"})
    say(session, 3, "StatusNotification", {"connectorId": 11, "status": "Preparing"})
    say(session, 4, "MeterValues", {"connectorId": 1, "transactionId": 777})
    say(session, 5, "Heartbeat", {})
    say(session, -30, "Authorize", {"idTag": "TAG"})
    say(session, 200, "StatusNotification", {"connectorId": 1, "status": "Available"})
    say(ended(transaction_id="77"), 1, "MeterValues", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [message.pk for message in wanted]


def test_the_trail_of_2_0_1_tells_connectors_of_chargers_apart(desk: Client) -> None:
    charger = ChargerFactory(station=StationFactory(protocol="2.0.1"), number=2)
    session = ended(transaction_id="a-b/c.1", connector=ConnectorFactory(charger=charger, number=1))
    info = {"transactionInfo": {"transactionId": "a-b/c.1"}}
    wanted = [
        say(session, 0, "TransactionEvent", {"eventType": "Started"} | info),
        say(session, 1, "StatusNotification", {"evseId": 2, "connectorId": 1}),
        say(session, 84, "TransactionEvent", {"eventType": "Ended"} | info),
    ]
    say(session, 1, "StatusNotification", {"evseId": 1, "connectorId": 1})
    say(session, 1, "TransactionEvent", {"transactionInfo": {"transactionId": "a-b/c01"}})
    assert {*shown(desk.get(f"{URL}{session.pk}/"))} == {message.pk for message in wanted}


def test_a_session_told_after_hours_offline_has_its_trail(desk: Client) -> None:
    session = ended(transaction_id="77")
    late = say(session, 60 * 30, "StopTransaction", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [late.pk]


def test_a_session_of_a_clock_gone_fast_has_its_trail(desk: Client) -> None:
    session = ended(transaction_id="77")
    early = say(session, -60 * 5, "MeterValues", {"transactionId": 77})
    assert shown(desk.get(f"{URL}{session.pk}/")) == [early.pk]


def test_a_long_trail_shows_its_start_and_its_end(desk: Client) -> None:
    session = ended(transaction_id="77")
    pks = [say(session, minute, "MeterValues", {"transactionId": 77}).pk for minute in range(60)]
    response = desk.get(f"{URL}{session.pk}/")
    assert shown(response) == pks[:10] + pks[-40:]
    assert "Some messages between these are left out." in response.text


def test_a_trail_of_fifty_is_whole(desk: Client) -> None:
    session = ended(transaction_id="77")
    pks = [say(session, 1, "MeterValues", {"transactionId": 77}).pk for _number in range(50)]
    response = desk.get(f"{URL}{session.pk}/")
    assert shown(response) == pks
    assert "left out" not in response.text


def test_a_message_leads_to_the_log_and_to_its_request(desk: Client) -> None:
    session = ended(transaction_id="77")
    run = RunFactory(station=session.station)
    message = say(
        session, 5, "RemoteStopTransaction", {"transactionId": 77}, run=run, is_from_station=False
    )
    text = desk.get(f"{URL}{session.pk}/").text
    assert f'href="/operations/requests/{run.pk}/"' in text
    assert f'href="/operations/messages/{message.pk}/"' in text


def test_the_trail_leads_to_the_log_of_that_time(desk: Client) -> None:
    session = ended(transaction_id="77")
    last = say(session, 84.9, "StopTransaction", {"transactionId": 77})
    say(session, 120, "Heartbeat", {})
    response = desk.get(desk.get(f"{URL}{session.pk}/").context["log_url"])
    assert [message.pk for message in response.context["table"].records()] == [last.pk]


def test_an_empty_trail_says_so(desk: Client) -> None:
    assert "is in the log any more" in desk.get(f"{URL}{ended().pk}/").text


def test_stations_and_connectors_lead_to_their_sessions(desk: Client) -> None:
    session = SessionFactory()
    link = f'href="{URL}{session.pk}/"'
    assert link in desk.get(f"/operations/chargers/{session.charger_id}/connectors/").text
    page = desk.get(f"/operations/stations/{session.station_id}/").text
    assert link in page
    assert f"/operations/stations/{session.station_id}/sessions/" in page
