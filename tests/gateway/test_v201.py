"""OCPP 2.0.1, and what 2.1 says alike: messages in, events out; answers in, payloads out."""

from typing import Any

import pytest

from operations import events
from operations.answers import SessionAnswer, TokenAnswer
from operations.statuses import ChargingStatus
from operations.versions import V201
from tests.gateway.phrases import A_MINUTE_AGO, HEARD_AT, answer_to, event_of

A_MINUTE_AGO_TEXT = "2026-03-01T11:59:00Z"
TOKEN = {"idToken": "04A2", "type": "ISO14443"}


def test_a_boot_tells_who_the_station_is_and_why_it_booted() -> None:
    payload = {
        "reason": "RemoteReset",
        "chargingStation": {
            "vendorName": "Alpitronic",
            "model": "HYC300",
            "serialNumber": "HYC-1",
            "firmwareVersion": "2.4",
            "modem": {"iccid": "8938", "imsi": "2934"},
        },
    }
    assert event_of(V201, "BootNotification", payload) == events.StationBooted(
        vendor="Alpitronic",
        model="HYC300",
        serial_number="HYC-1",
        firmware_version="2.4",
        iccid="8938",
        imsi="2934",
        reason="RemoteReset",
    )


def test_a_boot_needs_no_more_than_vendor_model_and_reason() -> None:
    payload = {"reason": "PowerUp", "chargingStation": {"vendorName": "A", "model": "B"}}
    event = event_of(V201, "BootNotification", payload)
    assert event == events.StationBooted("A", "B", reason="PowerUp")


def status(said: str, *, evse_id: int = 1, connector_id: int = 2) -> events.Event:
    payload = {
        "timestamp": A_MINUTE_AGO_TEXT,
        "connectorStatus": said,
        "evseId": evse_id,
        "connectorId": connector_id,
    }
    return event_of(V201, "StatusNotification", payload)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Available", ChargingStatus.AVAILABLE),
        ("Occupied", ChargingStatus.PREPARING),
        ("Reserved", ChargingStatus.RESERVED),
        ("Unavailable", ChargingStatus.UNAVAILABLE),
        ("Faulted", ChargingStatus.FAULTED),
    ],
)
def test_a_connectors_status(said: str, meant: ChargingStatus) -> None:
    assert status(said) == events.ConnectorStatusReported(
        connector_id=2,
        status=meant,
        at=A_MINUTE_AGO,
        evse_id=1,
        is_occupied=said == "Occupied",
    )
    assert answer_to(V201, "StatusNotification") == {}


def test_a_status_of_connector_0_is_the_evses_and_of_evse_0_the_stations() -> None:
    # 2.x has statuses of connectors only (G01.FR.01); stations that grew up with 1.6 send zeros.
    assert status("Unavailable", connector_id=0) == events.ChargerStatusReported(
        evse_id=1, status=ChargingStatus.UNAVAILABLE, at=A_MINUTE_AGO
    )
    assert status("Unavailable", evse_id=0, connector_id=0) == events.StationStatusReported(
        status=ChargingStatus.UNAVAILABLE, at=A_MINUTE_AGO
    )


def notified(component: dict[str, Any], variable: str, value: str) -> events.Event:
    data = {
        "eventId": 1,
        "timestamp": A_MINUTE_AGO_TEXT,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": component,
        "variable": {"name": variable},
    }
    payload = {"generatedAt": A_MINUTE_AGO_TEXT, "seqNo": 0, "eventData": [data]}
    return event_of(V201, "NotifyEvent", payload)


def test_events_tell_the_availability_of_connectors_evses_and_the_station() -> None:
    connector = {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}
    assert notified(connector, "AvailabilityState", "Occupied") == events.ComponentsReported(
        (
            events.ConnectorStatusReported(
                2, ChargingStatus.PREPARING, A_MINUTE_AGO, evse_id=1, is_occupied=True
            ),
        )
    )
    evse = {"name": "EVSE", "evse": {"id": 1}}
    assert notified(evse, "AvailabilityState", "Faulted") == events.ComponentsReported(
        (events.ChargerStatusReported(1, ChargingStatus.FAULTED, A_MINUTE_AGO),)
    )
    station = {"name": "ChargingStation"}
    assert notified(station, "AvailabilityState", "Available") == events.ComponentsReported(
        (events.StationStatusReported(ChargingStatus.AVAILABLE, A_MINUTE_AGO),)
    )
    assert answer_to(V201, "NotifyEvent") == {}


def test_events_tell_of_locks() -> None:
    lock = {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 2}}
    assert notified(lock, "Active", "TRUE") == events.ComponentsReported(
        (events.LockReported(2, 1, is_locked=True),)
    )
    assert notified(lock, "Problem", "false") == events.ComponentsReported(
        (events.LockReported(2, 1, has_problem=False),)
    )
    # An EVSE's only lock needs no connector.
    one = {"name": "ConnectorPlugRetentionLock", "evse": {"id": 3}}
    assert notified(one, "Active", "") == events.ComponentsReported((events.LockReported(1, 3),))


@pytest.mark.parametrize(
    ("component", "variable", "value"),
    [
        ({"name": "Connector", "evse": {"id": 1, "connectorId": 1}}, "AvailabilityState", "Odd"),
        ({"name": "ConnectorPlugRetentionLock"}, "Active", "true"),
        ({"name": "FanController"}, "Active", "true"),
    ],
)
def test_other_events_change_nothing(component: dict[str, Any], variable: str, value: str) -> None:
    assert notified(component, variable, value) == events.ComponentsReported(())


def lock_report(*attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Active"},
        "variableAttribute": list(attributes),
    }


def test_a_report_is_kept_and_tells_which_locks_can_be_closed() -> None:
    data = [
        lock_report({"value": "false"}, {"type": "Target", "value": "true"}),
        lock_report({"type": "Actual", "mutability": "ReadOnly"}),
    ]
    payload = {
        "requestId": 7,
        "generatedAt": A_MINUTE_AGO_TEXT,
        "seqNo": 1,
        "tbc": True,
        "reportData": data,
    }
    assert event_of(V201, "NotifyReport", payload) == events.ReportPartReceived(
        kind="NotifyReport",
        request_id=7,
        seq_no=1,
        is_last=False,
        data=data,
        parts=(
            events.LockReported(1, 1, is_locked=False, is_writable=True),
            events.LockReported(1, 1, is_writable=False),
        ),
    )


def test_an_empty_report_is_its_last_part() -> None:
    payload = {"requestId": 7, "generatedAt": A_MINUTE_AGO_TEXT, "seqNo": 0}
    assert event_of(V201, "NotifyReport", payload) == events.ReportPartReceived(
        "NotifyReport", 7, 0, is_last=True, data=[]
    )
    assert event_of(V201, "NotifyMonitoringReport", payload) == events.ReportPartReceived(
        "NotifyMonitoringReport", 7, 0, is_last=True, data=[]
    )
    assert answer_to(V201, "NotifyMonitoringReport") == {}


def test_a_token_is_presented_and_judged() -> None:
    event = event_of(V201, "Authorize", {"idToken": TOKEN})
    assert event == events.TokenPresented("04A2", "ISO14443")
    assert answer_to(V201, "Authorize", TokenAnswer("Invalid")) == {
        "idTokenInfo": {"status": "Invalid"}
    }
    assert answer_to(V201, "Authorize", TokenAnswer("Accepted", A_MINUTE_AGO)) == {
        "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": A_MINUTE_AGO_TEXT}
    }


def test_a_transaction_event_with_all_it_may_tell() -> None:
    sample = {
        "value": 12.5,
        "unitOfMeasure": {"unit": "kWh", "multiplier": -1},
    }
    payload = {
        "eventType": "Ended",
        "timestamp": A_MINUTE_AGO_TEXT,
        "triggerReason": "EVDeparted",
        "seqNo": 3,
        "offline": True,
        "transactionInfo": {
            "transactionId": "tx-1",
            "chargingState": "EVConnected",
            "stoppedReason": "EVDisconnected",
        },
        "evse": {"id": 1, "connectorId": 2},
        "idToken": TOKEN,
        "meterValue": [{"timestamp": A_MINUTE_AGO_TEXT, "sampledValue": [sample]}],
    }
    assert event_of(V201, "TransactionEvent", payload) == events.SessionChanged(
        kind="Ended",
        transaction_id="tx-1",
        seq_no=3,
        at=A_MINUTE_AGO,
        evse_id=1,
        connector_id=2,
        charging_state="EVConnected",
        token="04A2",
        token_type="ISO14443",
        stopped_reason="EVDisconnected",
        is_offline=True,
        readings=(events.Reading(A_MINUTE_AGO, (sample,), energy_wh=1250.0),),
    )


def test_a_transaction_event_with_as_little_as_it_must() -> None:
    payload = {
        "eventType": "Updated",
        "timestamp": "never",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "tx-1"},
    }
    event = event_of(V201, "TransactionEvent", payload)
    assert event == events.SessionChanged("Updated", "tx-1", 1, HEARD_AT)


def test_a_transactions_answer_speaks_of_a_token_only_where_one_was_presented() -> None:
    assert answer_to(V201, "TransactionEvent", SessionAnswer("tx-1")) == {}
    answer = SessionAnswer("tx-1", TokenAnswer("Accepted"))
    assert answer_to(V201, "TransactionEvent", answer) == {"idTokenInfo": {"status": "Accepted"}}


def test_meter_values_of_an_evse_belong_to_no_session() -> None:
    sample = {"value": 230.1, "measurand": "Voltage"}
    payload = {
        "evseId": 2,
        "meterValue": [{"timestamp": A_MINUTE_AGO_TEXT, "sampledValue": [sample]}],
    }
    assert event_of(V201, "MeterValues", payload) == events.MetersRead(
        0, 2, "", (events.Reading(A_MINUTE_AGO, (sample,)),)
    )


def test_a_report_tells_which_connectors_there_are() -> None:
    connector = {
        "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Available"},
        "variableAttribute": [{"value": "true"}],
    }
    lock = {
        "component": {"name": "Connector"},
        "variable": {"name": "AvailabilityState"},
        "variableAttribute": [{"value": "Available"}],
    }
    payload = {
        "requestId": 7,
        "generatedAt": A_MINUTE_AGO_TEXT,
        "seqNo": 0,
        "reportData": [connector, connector, lock],
    }
    event = event_of(V201, "NotifyReport", payload)
    assert isinstance(event, events.ReportPartReceived)
    assert event.parts == (events.ConnectorKnown(1, 2),), "once each; reports bring no news"


@pytest.mark.parametrize(
    ("group", "told"), [("FLEET-7", True), ("F" * 36, True), ("F" * 37, False)]
)
def test_a_group_is_told_if_it_can_be(group: str, told: bool) -> None:
    answer = answer_to(V201, "Authorize", TokenAnswer("Accepted", group=group))
    expected = {"groupIdToken": {"idToken": group, "type": "Central"}} if told else {}
    assert answer == {"idTokenInfo": {"status": "Accepted", **expected}}
