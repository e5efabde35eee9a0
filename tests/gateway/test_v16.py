"""OCPP 1.6: messages in, events out; answers in, payloads out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from operations import events
from operations.answers import BootAnswer, SessionAnswer, TokenAnswer
from operations.statuses import ChargingStatus, Registration
from operations.versions import V16
from tests.gateway.phrases import A_MINUTE_AGO, HEARD_AT, answer_to, event_of

ENERGY = "Energy.Active.Import.Register"
LAST_YEAR = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def test_a_boot_tells_who_the_station_is() -> None:
    payload = {
        "chargePointVendor": "ABB",
        "chargePointModel": "Terra 54",
        "chargePointSerialNumber": "T54-1",
        "chargeBoxSerialNumber": "BOX-1",
        "firmwareVersion": "1.2",
        "iccid": "8938",
        "imsi": "2934",
    }
    assert event_of(V16, "BootNotification", payload) == events.StationBooted(
        vendor="ABB",
        model="Terra 54",
        serial_number="T54-1",
        firmware_version="1.2",
        iccid="8938",
        imsi="2934",
    )


def test_the_boxs_serial_number_serves_where_the_stations_own_is_missing() -> None:
    payload = {
        "chargePointVendor": "ABB",
        "chargePointModel": "Terra 54",
        "chargeBoxSerialNumber": "BOX-1",
    }
    event = event_of(V16, "BootNotification", payload)
    assert event == events.StationBooted("ABB", "Terra 54", serial_number="BOX-1")


def test_a_boot_is_answered_with_whole_seconds_and_z() -> None:
    # Some stations trip over microseconds and +00:00.
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    answer = BootAnswer(Registration.PENDING, 60, at)
    assert answer_to(V16, "BootNotification", answer) == {
        "status": "Pending",
        "currentTime": "2026-03-01T12:00:00Z",
        "interval": 60,
    }


def test_a_heartbeat_is_answered_with_the_time() -> None:
    assert event_of(V16, "Heartbeat", {}) == events.HeartbeatHeard()
    assert answer_to(V16, "Heartbeat")["currentTime"].endswith("Z")


def test_a_connectors_status_keeps_its_fault() -> None:
    payload = {
        "connectorId": 2,
        "status": "Faulted",
        "errorCode": "GroundFailure",
        "info": "RCD",
        "vendorErrorCode": "E17",
        "timestamp": "2026-03-01T11:59:00Z",
    }
    assert event_of(V16, "StatusNotification", payload) == events.ConnectorStatusReported(
        connector_id=2,
        status=ChargingStatus.FAULTED,
        at=A_MINUTE_AGO,
        error_code="GroundFailure",
        info="RCD",
        vendor_error_code="E17",
    )
    assert answer_to(V16, "StatusNotification") == {}


def test_a_status_without_error_and_time_happened_when_it_was_heard() -> None:
    payload = {"connectorId": 1, "status": "SuspendedEV", "errorCode": "NoError"}
    assert event_of(V16, "StatusNotification", payload) == events.ConnectorStatusReported(
        connector_id=1, status=ChargingStatus.SUSPENDED_EV, at=HEARD_AT
    )


def test_connector_0_is_the_station_itself() -> None:
    payload = {"connectorId": 0, "status": "Unavailable", "errorCode": "OtherError", "info": "Door"}
    assert event_of(V16, "StatusNotification", payload) == events.StationStatusReported(
        status=ChargingStatus.UNAVAILABLE, at=HEARD_AT, error_code="OtherError", info="Door"
    )


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-03-09T00:00:00Z", "yesterday"]
)
def test_a_clock_that_was_never_set_is_not_believed(text: str) -> None:
    payload = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "timestamp": text}
    event = event_of(V16, "StatusNotification", payload)
    assert isinstance(event, events.ConnectorStatusReported)
    assert event.at == HEARD_AT


def test_a_token_is_presented_and_judged() -> None:
    assert event_of(V16, "Authorize", {"idTag": "04A2"}) == events.TokenPresented("04A2")
    assert answer_to(V16, "Authorize", TokenAnswer("Blocked")) == {
        "idTagInfo": {"status": "Blocked"}
    }
    assert answer_to(V16, "Authorize", TokenAnswer("Accepted", A_MINUTE_AGO)) == {
        "idTagInfo": {"status": "Accepted", "expiryDate": "2026-03-01T11:59:00Z"}
    }


def test_a_session_queued_while_offline_keeps_its_old_time() -> None:
    payload = {
        "connectorId": 1,
        "idTag": "04A2",
        "meterStart": 1200,
        "timestamp": "2025-03-01T12:00:00Z",
    }
    assert event_of(V16, "StartTransaction", payload) == events.SessionStarted(
        connector_id=1, token="04A2", at=LAST_YEAR, meter_start_wh=1200.0
    )


def test_a_start_is_answered_with_our_transaction_id() -> None:
    answer = SessionAnswer("17", TokenAnswer("Accepted"))
    assert answer_to(V16, "StartTransaction", answer) == {
        "transactionId": 17,
        "idTagInfo": {"status": "Accepted"},
    }


def test_a_stop_brings_its_meter_its_reason_and_its_data() -> None:
    payload = {
        "transactionId": 17,
        "idTag": "04A2",
        "meterStop": 5200,
        "timestamp": "2026-03-01T11:59:00Z",
        "reason": "EVDisconnected",
        "transactionData": [
            {"timestamp": "2026-03-01T11:59:00Z", "sampledValue": [{"value": "5200"}]}
        ],
    }
    assert event_of(V16, "StopTransaction", payload) == events.SessionStopped(
        transaction_id="17",
        at=A_MINUTE_AGO,
        meter_stop_wh=5200.0,
        reason="EVDisconnected",
        token="04A2",
        readings=(events.Reading(A_MINUTE_AGO, ({"value": "5200"},), energy_wh=5200.0),),
    )


def test_a_stop_needs_no_reason_token_or_data() -> None:
    payload = {"transactionId": 17, "meterStop": 5200, "timestamp": "2026-03-01T11:59:00Z"}
    event = event_of(V16, "StopTransaction", payload)
    assert event == events.SessionStopped("17", A_MINUTE_AGO, 5200.0)


def test_a_stops_answer_speaks_of_a_token_only_where_one_was_presented() -> None:
    assert answer_to(V16, "StopTransaction", SessionAnswer("17")) == {}
    assert answer_to(V16, "StopTransaction", SessionAnswer("17", TokenAnswer("Invalid"))) == {
        "idTagInfo": {"status": "Invalid"}
    }


def reading_of(*samples: dict[str, Any]) -> events.Reading:
    payload = {
        "connectorId": 1,
        "transactionId": 17,
        "meterValue": [{"timestamp": "2026-03-01T11:59:00Z", "sampledValue": list(samples)}],
    }
    event = event_of(V16, "MeterValues", payload)
    assert isinstance(event, events.MetersRead)
    assert event.transaction_id == "17"
    return event.readings[0]


def test_meter_values_are_kept_as_spelled_and_understood_in_base_units() -> None:
    samples = (
        {"value": "7.2", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "1.5", "unit": "kWh"},
        {"value": "64", "measurand": "SoC", "unit": "Percent"},
    )
    assert reading_of(*samples) == events.Reading(
        at=A_MINUTE_AGO, samples=samples, energy_wh=1500.0, power_w=7200.0, soc_percent=64.0
    )


def test_one_phases_value_is_not_the_total() -> None:
    reading = reading_of(
        {"value": "100", "measurand": ENERGY, "phase": "L1"}, {"value": "300", "measurand": ENERGY}
    )
    assert reading.energy_wh == 300.0


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "n/a"},
        {"value": "NaN"},
        {"value": "1e308", "unit": "kWh"},
        # Signed data is hexadecimal; this one reads as a large number.
        {"value": "0012e45", "format": "SignedData"},
    ],
)
def test_what_is_no_number_is_no_energy(sample: dict[str, Any]) -> None:
    assert reading_of(sample).energy_wh is None


def test_meter_values_outside_a_session_name_none() -> None:
    sample = {"value": "9", "measurand": "Temperature"}
    payload = {"connectorId": 0, "meterValue": [{"timestamp": "", "sampledValue": [sample]}]}
    event = event_of(V16, "MeterValues", payload)
    assert event == events.MetersRead(0, None, "", (events.Reading(HEARD_AT, (sample,)),))


@pytest.mark.parametrize(
    "action", ["FirmwareStatusNotification", "SignedFirmwareStatusNotification"]
)
def test_how_far_the_firmware_is(action: str) -> None:
    event = event_of(V16, action, {"status": "Downloading"})
    assert event == events.FirmwareStatusReported("Downloading")
    assert answer_to(V16, action) == {}


@pytest.mark.parametrize("action", ["DiagnosticsStatusNotification", "LogStatusNotification"])
def test_how_far_the_diagnostics_are(action: str) -> None:
    assert event_of(V16, action, {"status": "Uploading"}) == events.LogStatusReported("Uploading")
    assert answer_to(V16, action) == {}


def test_a_security_event_keeps_what_the_station_adds() -> None:
    payload = {"type": "TamperDetection", "timestamp": "2026-03-01T11:59:00Z", "techInfo": "lid"}
    event = event_of(V16, "SecurityEventNotification", payload)
    assert event == events.SecurityEventReported("TamperDetection", A_MINUTE_AGO, "lid")


def test_an_unknown_vendors_data_is_kept_and_refused() -> None:
    payload = {"vendorId": "com.example", "data": "x"}
    assert event_of(V16, "DataTransfer", payload) == events.MessageHeard("DataTransfer", payload)
    assert answer_to(V16, "DataTransfer") == {"status": "UnknownVendorId"}


@pytest.mark.parametrize(
    ("group", "told"), [("FLEET-7", True), ("F" * 20, True), ("F" * 21, False)]
)
def test_a_parent_is_told_if_it_can_be(group: str, told: bool) -> None:
    answer = answer_to(V16, "Authorize", TokenAnswer("Accepted", group=group))
    expected = {"parentIdTag": group} if told else {}
    assert answer == {"idTagInfo": {"status": "Accepted", **expected}}
