"""Availability: what is sent, what the form says, and what confirms it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ocpp_gateway.schemas import check_request
from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.models import Charger, Connector
from operations.services import targets
from operations.statuses import ChargingStatus, OperationalStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.wiring import connector_of, wire
from tests.factories import ChargerFactory, ConnectorFactory, SessionFactory

pytestmark = pytest.mark.django_db

change, unlock = BY_SLUG["change-availability"], BY_SLUG["unlock"]


def test_1_6_asks_connector_0_only_for_the_whole_station() -> None:
    connector = connector_of(V16, number=1)
    charger = connector.charger
    ConnectorFactory(charger=charger, number=2)

    def asked(target: Target) -> list[int]:
        calls = wire(change, V16, target, availability="off")
        assert {payload["type"] for _action, payload in calls} == {"Inoperative"}
        return [payload["connectorId"] for _action, payload in calls]

    assert asked(targets.of_charger(charger)) == [0]
    assert asked(targets.of_connector(connector)) == [1]
    other = ChargerFactory(station=charger.station, number=2)
    ConnectorFactory(charger=other, number=3)
    assert asked(targets.of_charger(charger)) == [1, 2]
    assert asked(targets.of_charger(other)) == [3]


@pytest.mark.parametrize("version", [V201, V21])
def test_2_x_asks_the_evse_or_its_connector(version: OcppVersion) -> None:
    connector = connector_of(version, charger__number=2, number=1)
    assert wire(change, version, targets.of_charger(connector.charger), availability="on") == [
        ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2}})
    ]
    assert wire(change, version, targets.of_connector(connector), availability="off") == [
        (
            "ChangeAvailability",
            {"operationalStatus": "Inoperative", "evse": {"id": 2, "connectorId": 1}},
        )
    ]


def test_the_form_starts_with_the_opposite_of_how_it_is() -> None:
    connector = connector_of(V16)
    assert change.initial(targets.of_connector(connector)) == {"availability": "off"}
    connector.operational_status = OperationalStatus.INOPERATIVE
    assert change.initial(targets.of_connector(connector)) == {"availability": "on"}
    assert change.initial(targets.of_station(connector.station)) == {"availability": "on"}
    # What is faulted is Inoperative (OCPP 1.6 §7.7), and yet one wants it off.
    connector.charging_status = ChargingStatus.FAULTED
    assert change.initial(targets.of_connector(connector)) == {"availability": "off"}


def test_the_title_says_which_way() -> None:
    target = targets.of_charger(ChargerFactory(name="Quay"))
    assert change.title(target, {"availability": "on"}) == "Turn on Quay"
    assert change.title(target, {"availability": "off"}) == "Turn off Quay"
    assert change.title(target, {}) == "Turn Quay on or off"


def test_a_running_session_is_warned_of_before_turning_off() -> None:
    connector = connector_of(V16)
    SessionFactory(connector=connector, meter_start_wh=0, meter_last_wh=12_340)
    target = targets.of_connector(connector)
    (warning,) = change.warnings(target, {"availability": "off"})
    assert warning.startswith("A session is running: 12.3 kWh so far.")
    assert change.warnings(target, {"availability": "on"}) == ()


def test_a_session_without_a_meter_is_warned_of_too() -> None:
    connector = connector_of(V16)
    SessionFactory(connector=connector, meter_start_wh=None)
    (warning,) = unlock.warnings(targets.of_connector(connector), {})
    assert warning == "A session is running. Unlocking will end it."


def confirmed(target: Target, availability: str, *, since: bool = True) -> str | None:
    start = timezone.now() - timedelta(seconds=30) if since else None
    return change.confirmation(target, {"availability": availability}, start)


def test_availability_is_confirmed_by_the_class_of_every_connectors_status() -> None:
    first = connector_of(V16, number=1, charging_status=ChargingStatus.UNAVAILABLE)
    second = ConnectorFactory(
        charger=first.charger, number=2, charging_status=ChargingStatus.AVAILABLE
    )

    def target() -> Target:
        return targets.of_charger(Charger.objects.get())

    assert confirmed(target(), "off") is None
    second.charging_status = ChargingStatus.FAULTED
    second.save()
    assert confirmed(target(), "off") == f"{first.charger.name} is now Inoperative."
    Connector.objects.update(charging_status=ChargingStatus.PREPARING)
    assert confirmed(target(), "on") == f"{first.charger.name} is now Preparing."


def test_availability_is_not_confirmed_by_what_was_heard_before_or_never() -> None:
    old = timezone.now() - timedelta(hours=1)
    connector = connector_of(V16, status_heard_at=old)
    assert confirmed(targets.of_connector(connector), "on") is None
    assert confirmed(targets.of_connector(connector), "on", since=False) is not None
    connector.status_heard_at = None
    assert confirmed(targets.of_connector(connector), "on", since=False) is None
    connector.charging_status = ""
    assert confirmed(targets.of_connector(connector), "on", since=False) is None
    assert confirmed(targets.of_charger(ChargerFactory()), "on") is None


def test_some_stations_only_report_connector_0() -> None:
    # Grizzl-E, lbbrhzn 1623.
    connector = connector_of(V16, charging_status="")
    station = connector.station
    charger = connector.charger
    station.main_status, station.main_status_at = ChargingStatus.UNAVAILABLE, timezone.now()
    station.save()
    charger.refresh_from_db()
    assert confirmed(targets.of_charger(charger), "off") == f"{charger.name} is now Inoperative."
    assert confirmed(targets.of_charger(charger), "on") is None
    assert confirmed(targets.of_charger(charger), "off", since=False) is None
    station.main_status = ChargingStatus.AVAILABLE
    station.save()
    charger.refresh_from_db()
    assert confirmed(targets.of_charger(charger), "off") is None


def test_a_nudge_asks_each_connector_to_report() -> None:
    old, new = connector_of(V16, number=2), connector_of(V201, charger__number=3, number=1)
    requests = change.nudge(V16, targets.of_connector(old), {})
    assert [(each.action, each.payload) for each in requests] == [
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2})
    ]
    requests = change.nudge(V21, targets.of_connector(new), {})
    assert [each.payload for each in requests] == [
        {"requestedMessage": "StatusNotification", "evse": {"id": 3, "connectorId": 1}}
    ]
    for version, connector in ((V16, old), (V21, new)):
        for each in change.nudge(version, targets.of_connector(connector), {}):
            assert check_request(version, each.action, each.payload) is None


def test_a_scheduled_change_is_withdrawn_by_its_opposite() -> None:
    assert change.withdrawal({"availability": "off"}) == {"availability": "on"}
