"""OCPP 2.0.1: the certification cases passed: remote start, availability, meters, events."""

from typing import Any

import pytest

from operations.models import Connector, MeterReading, Session, Station, StationEvent
from operations.statuses import LockStatus
from operations.versions import V201
from tests.conformance.kit import IDENTITY, Asked, exchanges, working
from tests.conformance.v201_calls_b_to_h import EVSE_1, connector_status, reserve
from tests.conformance.v201_stories import (
    CHARGES,
    LOCAL_END,
    PLUGGED,
    Step,
    authorizes,
    ended,
    says,
    started,
)
from tests.conformance.v201_values import ACCEPTED, AT, ID_TOKEN, SCHEDULE, octt, profile
from tests.e2e.asking import asks, becomes
from tests.portal import Portal

# --- F: remote start, unlock


def remote_start(**more: Any) -> Asked:
    payload = {"remoteStartId": 1, "idToken": ID_TOKEN, "evseId": 1, **more}
    return Asked("RequestStartTransaction", payload, ACCEPTED)


@octt("F_01")
async def test_a_remote_start_at_a_plugged_car(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await says(station, started("CablePluggedIn", "EVConnected"))
        payload = remote_start().payload
        answer = {"status": "Accepted", "transactionId": "T-1"}
        await exchanges(station, Asked("RequestStartTransaction", payload, answer))
        told = {"transactionId": "T-1", "chargingState": "Charging", "remoteStartId": 1}
        step = Step("Updated", "RemoteStart", token=True)
        answered = await says(station, step, 1, transactionInfo=told)
        assert answered["idTokenInfo"]["status"] == "Accepted"
        await says(station, LOCAL_END, 2)


@pytest.mark.parametrize(
    ("is_authorized", "asked"),
    [
        pytest.param(True, remote_start(), id="F_02", marks=octt("F_02")),
        pytest.param(False, remote_start(), id="F_03", marks=octt("F_03")),
        pytest.param(
            False,
            remote_start(chargingProfile=profile("TxProfile")),
            id="K_37",
            marks=octt("K_37"),
        ),
    ],
)
async def test_a_remote_start_before_the_plug(
    portal: Portal, is_authorized: bool, asked: Asked
) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, asked)
        if is_authorized:
            assert await authorizes(station) == "Accepted"
        told = {"transactionId": "T-1", "remoteStartId": 1}
        step = Step("Started", "RemoteStart", token=True)
        answered = await says(station, step, transactionInfo=told)
        assert answered["idTokenInfo"]["status"] == "Accepted"
        for number, further in enumerate((PLUGGED, CHARGES, LOCAL_END), start=1):
            await says(station, further, number)
    assert (await Session.objects.aget()).stop_reason == "Local"


@octt("F_04")
async def test_a_remote_start_and_the_plug_never_comes(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, remote_start())
        await says(station, Step("Started", "RemoteStart", token=True))
        await says(station, ended("EVConnectTimeout", "Timeout", "Idle"), 1)
    assert (await Session.objects.aget()).stop_reason == "Timeout"


@octt("F_06")
async def test_unlocking(portal: Portal) -> None:
    async with working(portal, V201) as station:
        run = await asks(IDENTITY, "unlock", connector=1)
        call = await station.expects("UnlockConnector")
        assert call.payload == {"evseId": 1, "connectorId": 1}
        await station.answers(call, status="Unlocked")
        await becomes(run, "done")


@octt("K_60")
async def test_a_profile_for_a_running_session(portal: Portal) -> None:
    async with working(portal, V201) as station:
        session = await station.starts_session(1)
        limit = profile("TxProfile", transactionId=session)
        payload = {"evseId": 1, "chargingProfile": limit}
        await exchanges(station, Asked("SetChargingProfile", payload, ACCEPTED))


async def test_limits_that_others_set_are_taken(portal: Portal) -> None:
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    async with working(portal, V201) as station:
        session = await station.starts_session(1)
        payload = {"evseId": 1, "chargingLimit": limit}
        assert await station.calls("NotifyChargingLimit", payload) == {}
        with_schedule = payload | {"chargingSchedule": [SCHEDULE]}
        assert await station.calls("NotifyChargingLimit", with_schedule) == {}
        step = Step("Updated", "ChargingRateChanged", "Charging")
        assert await says(station, step, 1, str(session)) == {}
        asked = {"requestId": 3, "chargingProfile": {"chargingLimitSource": ["EMS"]}}
        told = {
            "requestId": 3,
            "chargingLimitSource": "EMS",
            "evseId": 1,
            "chargingProfile": [profile("ChargingStationExternalConstraints")],
        }
        then = (("ReportChargingProfiles", told),)
        await exchanges(station, Asked("GetChargingProfiles", asked, ACCEPTED, then))
        cleared = {"chargingLimitSource": "EMS", "evseId": 1}
        assert await station.calls("ClearedChargingLimit", cleared) == {}


# --- G: availability


@octt("G_01")
async def test_an_occupied_connector_is_shown(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await station.reports_status(1, "Preparing")
        assert (await Connector.objects.aget()).charging_status == "Preparing"
        await station.notifies_status(1, "Available")
    assert (await Connector.objects.aget()).charging_status == "Available"


@pytest.mark.parametrize(
    ("target", "evse", "word", "is_scheduled"),
    [
        pytest.param({"charger": 1}, EVSE_1, "off", False, id="evse-off", marks=octt("G_03")),
        pytest.param({"charger": 1}, EVSE_1, "on", False, id="evse-on", marks=octt("G_04")),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "off",
            False,
            id="connector-off",
            marks=octt("G_07"),
        ),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "on",
            False,
            id="connector-on",
            marks=octt("G_08"),
        ),
        pytest.param({"charger": 1}, EVSE_1, "off", True, id="evse-busy", marks=octt("G_11")),
        pytest.param(
            {"charger": 1, "connector": 1},
            {"id": 1, "connectorId": 1},
            "off",
            True,
            id="connector-busy",
            marks=octt("G_17"),
        ),
    ],
)
async def test_availability_of_a_part(
    portal: Portal, target: dict[str, int], evse: dict[str, int], word: str, is_scheduled: bool
) -> None:
    async with working(portal, V201) as station:
        await station.reports_status(1, "Available" if word == "off" else "Unavailable")
        session = await station.starts_session(1) if is_scheduled else ""
        run = await asks(IDENTITY, "change-availability", **target, availability=word)
        call = await station.expects("ChangeAvailability")
        status = "Operative" if word == "on" else "Inoperative"
        assert call.payload == {"operationalStatus": status, "evse": evse}
        await station.answers(call, status="Scheduled" if is_scheduled else "Accepted")
        if session:
            await becomes(run, "scheduled")
            await station.stops_session(session)
        await station.reports_status(1, "Unavailable" if word == "off" else "Available")
        await becomes(run, "done")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param("Inoperative", "Accepted", id="off", marks=octt("G_05")),
        pytest.param("Operative", "Accepted", id="on", marks=octt("G_06")),
        pytest.param("Inoperative", "Scheduled", id="busy", marks=octt("G_14")),
    ],
)
async def test_availability_of_the_whole_station(portal: Portal, status: str, answer: str) -> None:
    async with working(portal, V201) as station:
        session = await station.starts_session(1) if answer == "Scheduled" else ""
        payload = {"operationalStatus": status}
        await exchanges(station, Asked("ChangeAvailability", payload, {"status": answer}))
        if session:
            await station.stops_session(session)
        said = "Unavailable" if status == "Inoperative" else "Available"
        await station.reports_status(1, said)
    assert (await Connector.objects.aget()).operational_status == status


@octt("G_20")
async def test_a_failing_lock_is_noted(portal: Portal) -> None:
    event = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Alerting",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {
            "name": "ConnectorPlugRetentionLock",
            "evse": {"id": 1, "connectorId": 1},
        },
        "variable": {"name": "Problem"},
    }
    async with working(portal, V201) as station:
        assert await authorizes(station) == "Accepted"
        payload = {"generatedAt": AT, "seqNo": 0, "eventData": [event]}
        assert await station.calls("NotifyEvent", payload) == {}
    connector = await Connector.objects.aget()
    assert connector.error_code == "ConnectorLockFailure"
    assert connector.lock_status != LockStatus.LOCKED


@octt("H_01")
async def test_a_reservation_is_used(portal: Portal) -> None:
    async with working(portal, V201) as station:
        await exchanges(station, reserve(ACCEPTED, connector_status("Reserved"), evseId=1))
        assert await authorizes(station) == "Accepted"
        began = Step("Started", "Authorized", token=True)
        answer = await says(station, began, reservationId=7)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        for number, step in enumerate((PLUGGED, CHARGES, LOCAL_END), start=1):
            await says(station, step, number)
    assert (await Session.objects.aget()).stop_reason == "Local"


# --- J: meter values

SIGNED = {
    "signedMeterData": "c2lnbmVk",
    "signingMethod": "ECDSA",
    "encodingMethod": "OCMF",
    "publicKey": "a2V5",
}


def metered(context: str, *, is_signed: bool = False) -> list[dict[str, Any]]:
    value: dict[str, Any] = {"value": 1500.0, "context": context}
    if is_signed:
        value["signedMeterValue"] = SIGNED
    return [{"timestamp": AT, "sampledValue": [value]}]


@octt("J_01")
async def test_clock_aligned_values_without_a_session(portal: Portal) -> None:
    async with working(portal, V201) as station:
        payload = {"evseId": 1, "meterValue": metered("Sample.Clock")}
        assert await station.calls("MeterValues", payload) == {}
    reading = await MeterReading.objects.aget()
    assert reading.samples == metered("Sample.Clock")[0]["sampledValue"]


@pytest.mark.parametrize(
    ("number", "context", "is_signed"),
    [
        pytest.param(1, "Sample.Clock", False, id="J_02", marks=octt("J_02")),
        pytest.param(2, "Sample.Clock", False, id="J_03", marks=octt("J_03")),
        pytest.param(1, "Sample.Clock", True, id="J_04", marks=octt("J_04")),
        pytest.param(0, "Transaction.Begin", False, id="J_07", marks=octt("J_07")),
        pytest.param(0, "Transaction.Begin", False, id="J_08", marks=octt("J_08")),
        pytest.param(1, "Sample.Periodic", False, id="J_09", marks=octt("J_09")),
        pytest.param(2, "Transaction.End", False, id="J_10", marks=octt("J_10")),
        pytest.param(2, "Transaction.End", True, id="J_11", marks=octt("J_11")),
    ],
)
async def test_values_of_a_session(
    portal: Portal, number: int, context: str, is_signed: bool
) -> None:
    sampled = metered(context, is_signed=is_signed)
    steps = (
        started("Authorized", "Charging", token=True),
        Step("Updated", "MeterValuePeriodic", "Charging"),
        LOCAL_END,
    )
    async with working(portal, V201) as station:
        for position, step in enumerate(steps):
            more = {"meterValue": sampled} if position == number else {}
            await says(station, step, position, **more)
    reading = await MeterReading.objects.select_related("session").aget()
    assert reading.session is not None
    assert reading.session.transaction_id == "T-1"
    assert reading.samples == sampled[0]["sampledValue"]


# --- N, P: events and data


@octt("N_21", "N_24")
async def test_monitoring_events_of_every_kind_are_taken(portal: Portal) -> None:
    kinds = ("HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor")
    triggers = ("Alerting", "Delta", "Periodic")
    async with working(portal, V201) as station:
        for number, (kind, trigger) in enumerate(
            (kind, trigger) for kind in kinds for trigger in triggers
        ):
            event = {
                "eventId": number,
                "timestamp": AT,
                "trigger": trigger,
                "actualValue": "42",
                "eventNotificationType": kind,
                "variableMonitoringId": 1,
                "component": {"name": "EVSE", "evse": {"id": 1}},
                "variable": {"name": "Power"},
            }
            payload = {"generatedAt": AT, "seqNo": 0, "eventData": [event]}
            assert await station.calls("NotifyEvent", payload) == {}


@octt("P_02")
async def test_data_of_an_unknown_vendor_is_refused(portal: Portal) -> None:
    data = {"vendorId": "org.nobody", "messageId": "x", "data": {"soc_URL": [1, None]}}
    async with working(portal, V201) as station:
        answer = await station.calls("DataTransfer", data)
        assert answer["status"] in {"UnknownVendorId", "Rejected"}
    assert (await StationEvent.objects.aget(title="DataTransfer")).details == data


@octt("P_03")
async def test_custom_data_is_taken_along(portal: Portal) -> None:
    custom = {"customData": {"vendorId": "org.nobody", "anything": {"goes": [1]}}}
    async with working(portal, V201) as station:
        assert "currentTime" in await station.calls("Heartbeat", custom)
        answer = await station.calls("Authorize", {"idToken": ID_TOKEN | custom, **custom})
        assert answer["idTokenInfo"]["status"] == "Accepted"
    assert await Station.objects.acount() == 1
