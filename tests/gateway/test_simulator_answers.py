"""What a simulated station does when it is asked."""

from typing import Any

import pytest

from ocpp_gateway.simulator.profiles import Profile
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.simulated import ID, off, station_at, status_of
from tests.gateway.toy_central_system import ToyCentralSystem

V2 = [V201, V21]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_connector_is_switched_off_and_on(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification", **status_of(version, 2, "Available"))
        assert (await strict.ask(ID, "ChangeAvailability", off(version, 2)))["status"] == "Accepted"
        await strict.hears("StatusNotification", **status_of(version, 2, "Unavailable"))
        mark = len(strict.frames)
        await strict.ask(ID, "ChangeAvailability", off(version, 2, operative=True))
        await strict.hears("StatusNotification", since=mark, **status_of(version, 2, "Available"))
        assert not strict.said("StatusNotification", **status_of(version, 1, "Unavailable"))


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_switch_off_waits_for_the_session(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        answer = await strict.ask(ID, "ChangeAvailability", off(version, None))
        assert answer["status"] == "Scheduled"
        # The idle connector follows at once, the busy one when its session is over.
        await strict.hears("StatusNotification", **status_of(version, 2, "Unavailable"))
        assert not strict.said("StatusNotification", **status_of(version, 1, "Unavailable"))
        await station.drivers.stop(station.hardware.connectors[0], "Local")
        await strict.hears("StatusNotification", **status_of(version, 1, "Unavailable"))


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_a_scheduled_switch_off_is_withdrawn_by_its_opposite(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        await strict.ask(ID, "ChangeAvailability", off(version, 1))
        await strict.ask(ID, "ChangeAvailability", off(version, 1, operative=True))
        mark = len(strict.frames)
        await station.drivers.stop(station.hardware.connectors[0], "Local")
        await strict.hears("StatusNotification", since=mark, **status_of(version, 1, "Available"))
        assert not strict.said("StatusNotification", **status_of(version, 1, "Unavailable"))


async def test_2x_switches_a_charger_with_all_its_connectors(strict: ToyCentralSystem) -> None:
    profile = Profile("Alpitronic", "HYC300", ("2.5",), (2, 1))
    async with station_at(strict, V201, profile=profile):
        await strict.hears("StatusNotification", evseId=2)
        request = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
        await strict.ask(ID, "ChangeAvailability", request)
        for connector in (1, 2):
            await strict.hears(
                "StatusNotification",
                evseId=1,
                connectorId=connector,
                connectorStatus="Unavailable",
            )
        assert not strict.said("StatusNotification", evseId=2, connectorStatus="Unavailable")


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_being_switched_off_outlives_a_reboot(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification", **status_of(version, 2, "Available"))
        await strict.ask(ID, "ChangeAvailability", off(version, 1))
        await strict.hears("StatusNotification", **status_of(version, 1, "Unavailable"))
        mark = len(strict.frames)
        await strict.ask(ID, "Reset", {"type": "Soft" if version is V16 else "Immediate"})
        await strict.hears("BootNotification", since=mark)
        await strict.hears("StatusNotification", since=mark, **status_of(version, 1, "Unavailable"))


async def test_a_reset_of_1_6_ends_sessions_then_reboots(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        mark = len(strict.frames)
        assert await strict.ask(ID, "Reset", {"type": "Hard"}) == {"status": "Accepted"}
        await strict.hears("BootNotification", since=mark)
        assert strict.said("StopTransaction", reason="HardReset")
        assert strict.closed == [(ID, 1001)]


@pytest.mark.parametrize("version", V2, ids=str)
async def test_a_reset_on_idle_waits_for_the_session(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        assert await strict.ask(ID, "Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
        assert not strict.closed
        await station.drivers.stop(station.hardware.connectors[0], "Local")
        await strict.hears("BootNotification", reason="ScheduledReset")


async def test_an_immediate_reset_says_so_in_session_and_boot(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        assert await strict.ask(ID, "Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await strict.hears("BootNotification", reason="RemoteReset")
        ended = strict.said("TransactionEvent", eventType="Ended")[0]
        assert ended["transactionInfo"]["stoppedReason"] == "ImmediateReset"


async def test_2_1_resumes_the_session_after_a_reset_that_asks_for_it(
    strict: ToyCentralSystem,
) -> None:
    async with station_at(strict, V21, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        await strict.ask(ID, "Reset", {"type": "ImmediateAndResume"})
        await strict.hears("BootNotification", reason="RemoteReset")
        mark = len(strict.frames)
        await strict.hears("TransactionEvent", since=mark, eventType="Updated")
        assert not strict.said("TransactionEvent", eventType="Ended")


async def test_unlocking_ends_the_session_in_1_6(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        assert await strict.ask(ID, "UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
        await strict.hears("StopTransaction", reason="UnlockCommand")
        mark = len(strict.frames)
        await strict.hears("StatusNotification", since=mark, connectorId=1, status="Available")


async def test_unlocking_is_refused_during_a_session_in_2x(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        busy = await strict.ask(ID, "UnlockConnector", {"evseId": 1, "connectorId": 1})
        idle = await strict.ask(ID, "UnlockConnector", {"evseId": 2, "connectorId": 1})
        nowhere = await strict.ask(ID, "UnlockConnector", {"evseId": 3, "connectorId": 1})
        assert [each["status"] for each in (busy, idle, nowhere)] == [
            "OngoingAuthorizedTransaction",
            "Unlocked",
            "UnknownConnector",
        ]


TRIGGERS = {
    V16: {
        "BootNotification": "BootNotification",
        "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
        "FirmwareStatusNotification": "FirmwareStatusNotification",
        "Heartbeat": "Heartbeat",
        "MeterValues": "MeterValues",
        "StatusNotification": "StatusNotification",
    },
    V201: {
        "FirmwareStatusNotification": "FirmwareStatusNotification",
        "Heartbeat": "Heartbeat",
        "LogStatusNotification": "LogStatusNotification",
        "MeterValues": "MeterValues",
        "StatusNotification": "StatusNotification",
    },
}


@pytest.mark.parametrize("version", TRIGGERS, ids=str)
async def test_triggered_messages_follow_the_answer(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification", **status_of(version, 2, "Available"))
        for wanted, action in TRIGGERS[version].items():
            where = {} if version is V16 else {"evse": {"id": 1, "connectorId": 1}}
            mark = len(strict.frames)
            answer = await strict.ask(ID, "TriggerMessage", {"requestedMessage": wanted, **where})
            assert answer == {"status": "Accepted"}
            await strict.hears(action, since=mark)


async def test_2x_refuses_triggers_the_specification_refuses(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201) as station:
        await strict.until(lambda: station.is_accepted)
        for wanted, status in (
            ("BootNotification", "Rejected"),
            ("StatusNotification", "Rejected"),
            ("SignV2GCertificate", "NotImplemented"),
        ):
            answer = await strict.ask(ID, "TriggerMessage", {"requestedMessage": wanted})
            assert answer == {"status": status}


async def test_sessions_start_and_stop_from_afar(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V16) as station:
        await strict.hears("StatusNotification", connectorId=2)
        request = {"connectorId": 2, "idTag": "T1"}
        assert await strict.ask(ID, "RemoteStartTransaction", request) == {"status": "Accepted"}
        await strict.until(lambda: station.tally.sessions)
        assert not strict.said("Authorize")
        await strict.hears("StatusNotification", connectorId=2, status="Charging")
        assert await strict.ask(ID, "RemoteStopTransaction", {"transactionId": 1}) == {
            "status": "Accepted"
        }
        await strict.hears("StopTransaction", reason="Remote")


async def test_2x_sessions_start_and_stop_from_afar(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V21):
        await strict.hears("StatusNotification", evseId=2)
        token = {"idToken": "T1", "type": "Central"}
        request = {"evseId": 2, "idToken": token, "remoteStartId": 5}
        assert await strict.ask(ID, "RequestStartTransaction", request) == {"status": "Accepted"}
        started = await strict.hears("TransactionEvent", triggerReason="RemoteStart")
        transaction = {"transactionId": started["transactionInfo"]["transactionId"]}
        await strict.hears("TransactionEvent", eventType="Updated")
        assert await strict.ask(ID, "RequestStopTransaction", transaction) == {"status": "Accepted"}
        await strict.hears("TransactionEvent", triggerReason="RemoteStop")


TOKEN = {"idToken": "T1", "type": "Central"}
MINE = {"vendorId": "Alfen", "data": {"someKey_X": [1, None]}}
EDGES: list[tuple[OcppVersion, str, dict[str, Any], str]] = [
    (V16, "ChangeAvailability", {"connectorId": 9, "type": "Operative"}, "Rejected"),
    (V16, "UnlockConnector", {"connectorId": 9}, "NotSupported"),
    (V16, "UnlockConnector", {"connectorId": 0}, "NotSupported"),
    (V16, "TriggerMessage", {"requestedMessage": "Heartbeat", "connectorId": 9}, "Rejected"),
    (V16, "TriggerMessage", {"requestedMessage": "Dance"}, "NotImplemented"),
    (V16, "DataTransfer", {"vendorId": "Alfen", "data": "x"}, "Accepted"),
    (V16, "DataTransfer", {"vendorId": "Nobody"}, "UnknownVendorId"),
    (V16, "RemoteStartTransaction", {"idTag": "T1", "connectorId": 9}, "Rejected"),
    (V16, "RemoteStopTransaction", {"transactionId": 99}, "Rejected"),
    (V201, "ChangeAvailability", off(V201, 9), "Rejected"),
    (V201, "Reset", {"type": "Immediate", "evseId": 1}, "Accepted"),
    (V201, "Reset", {"type": "Immediate", "evseId": 9}, "Rejected"),
    (V201, "TriggerMessage", {"requestedMessage": "TransactionEvent"}, "Accepted"),
    (V201, "TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 9}}, "Rejected"),
    (V201, "DataTransfer", MINE, "Accepted"),
    (V201, "DataTransfer", {"vendorId": "Nobody"}, "UnknownVendorId"),
    (V201, "GetBaseReport", {"requestId": 1, "reportBase": "SummaryInventory"}, "NotSupported"),
    (V201, "GetBaseReport", {"requestId": 1, "reportBase": "ConfigurationInventory"}, "Accepted"),
    (
        V201,
        "RequestStartTransaction",
        {"idToken": TOKEN, "remoteStartId": 1, "evseId": 9},
        "Rejected",
    ),
    (V201, "RequestStopTransaction", {"transactionId": "none"}, "Rejected"),
    (V21, "GetReport", {"requestId": 2}, "Accepted"),
]


@pytest.mark.parametrize(("version", "action", "payload", "status"), EDGES)
async def test_the_edges_of_each_call(
    strict: ToyCentralSystem,
    version: OcppVersion,
    action: str,
    payload: dict[str, Any],
    status: str,
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification", **status_of(version, 2, "Available"))
        answer = await strict.ask(ID, action, payload)
        assert answer["status"] == status
        assert answer.get("data") == (payload.get("data") if status == "Accepted" else None)


async def test_a_reset_type_of_2_1_is_unknown_to_2_0_1(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201):
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "Reset", {"type": "ImmediateAndResume"}) == "FormatViolation"


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_tethered_chargers_have_nothing_to_unlock(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    tethered = Profile("Efacec", "QC45", ("8.2.0",), (1,), has_lock=False)
    where = {"connectorId": 1} if version is V16 else {"evseId": 1, "connectorId": 1}
    async with station_at(strict, version, profile=tethered):
        await strict.hears("StatusNotification")
        answer = await strict.ask(ID, "UnlockConnector", where)
        assert answer["status"] == ("NotSupported" if version is V16 else "UnlockFailed")


async def test_a_charger_restarts_alone_in_2x(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        request = {"type": "Immediate", "evseId": 1}
        assert await strict.ask(ID, "Reset", request) == {"status": "Accepted"}
        await strict.hears("TransactionEvent", triggerReason="ResetCommand")
        assert not strict.closed


async def test_a_running_session_can_be_asked_for(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        request = {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
        assert await strict.ask(ID, "TriggerMessage", request) == {"status": "Accepted"}
        await strict.hears("TransactionEvent", triggerReason="Trigger")


async def test_a_session_the_central_system_refuses_ends_at_once(
    strict: ToyCentralSystem,
) -> None:
    refused = {"transactionId": 5, "idTagInfo": {"status": "Invalid"}}
    strict.answers["StartTransaction"] = refused
    async with station_at(strict, V16, "charging"):
        await strict.hears("StopTransaction", transactionId=5, reason="DeAuthorized")


async def test_a_session_goes_on_after_the_line_was_cut(strict: ToyCentralSystem) -> None:
    async with station_at(strict, V201, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        strict.sockets[0][1].transport.abort()
        await strict.until(lambda: len(strict.said("BootNotification")) == 2)
        await strict.hears("TransactionEvent", since=len(strict.frames), eventType="Updated")
        assert len(strict.said("TransactionEvent", eventType="Started")) == 1


async def test_a_token_that_is_refused_does_not_charge(strict: ToyCentralSystem) -> None:
    strict.answers["Authorize"] = {"idTagInfo": {"status": "Blocked"}}
    async with station_at(strict, V16, "charging") as station:
        await strict.hears("Authorize")
        mark = len(strict.frames)
        await strict.hears("StatusNotification", since=mark, connectorId=1, status="Available")
        assert station.tally.sessions == 0


@pytest.mark.parametrize("version", VERSIONS, ids=str)
async def test_what_it_cannot_do_is_said_with_the_right_code(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        assert await strict.ask(ID, "CertificateSigned", {}) == "NotSupported"
        assert await strict.ask(ID, "MakeCoffee", {}) == "NotImplemented"
        code = "FormationViolation" if version is V16 else "FormatViolation"
        assert await strict.ask(ID, "ChangeAvailability", {}) == code
