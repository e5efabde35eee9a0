"""What a simulated station keeps for its central system, and what it tells of it."""

from typing import Any

import pytest

from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.gateway.simulated import ID, station_at
from tests.gateway.toy_central_system import ToyCentralSystem

EVERY_VERSION = pytest.mark.parametrize("version", VERSIONS, ids=str)
V2 = pytest.mark.parametrize("version", [V201, V21], ids=str)
LATER = "2100-03-01T12:00:00Z"
PERIODS = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 7200, "limit": 6.0}]


def reservation(version: OcppVersion, number: int, charger: int = 1) -> dict[str, Any]:
    if version is V16:
        return {
            "connectorId": charger,
            "expiryDate": LATER,
            "idTag": "04A1",
            "reservationId": number,
        }
    return {
        "id": number,
        "expiryDateTime": LATER,
        "idToken": {"idToken": "04A1", "type": "ISO14443"},
        "evseId": charger,
    }


def reserved(version: OcppVersion, status: str) -> dict[str, Any]:
    if version is V16:
        return {"connectorId": 1, "status": status}
    return {"evseId": 1, "connectorId": 1, "connectorStatus": status}


@EVERY_VERSION
async def test_a_reserved_connector_says_so_until_it_is_cancelled(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification", **reserved(version, "Available"))
        answer = await strict.ask(ID, "ReserveNow", reservation(version, 5))
        assert answer["status"] == "Accepted"
        await strict.hears("StatusNotification", **reserved(version, "Reserved"))
        taken = await strict.ask(ID, "ReserveNow", reservation(version, 6))
        assert taken["status"] == "Occupied"
        nowhere = await strict.ask(ID, "ReserveNow", reservation(version, 6, charger=9))
        assert nowhere["status"] == "Rejected"
        mark = len(strict.frames)
        for number, status in ((6, "Rejected"), (5, "Accepted")):
            answer = await strict.ask(ID, "CancelReservation", {"reservationId": number})
            assert answer["status"] == status
        await strict.hears("StatusNotification", since=mark, **reserved(version, "Available"))


def profile(version: OcppVersion, number: int, level: int) -> dict[str, Any]:
    schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS}
    kept = {
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
    }
    if version is V16:
        kept |= {"chargingProfileId": number, "chargingSchedule": schedule}
        return {"connectorId": 1, "csChargingProfiles": kept}
    kept |= {"id": number, "chargingSchedule": [{"id": 1, **schedule}]}
    return {"evseId": 1, "chargingProfile": kept}


@EVERY_VERSION
async def test_the_composite_schedule_is_the_highest_profiles(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    place = "connectorId" if version is V16 else "evseId"
    key = "chargingSchedule" if version is V16 else "schedule"
    async with station_at(strict, version):

        async def periods(duration: int) -> Any:
            asked = {place: 1, "duration": duration}
            answer = await strict.ask(ID, "GetCompositeSchedule", asked)
            assert answer["status"] == "Accepted"
            return answer[key]["chargingSchedulePeriod"]

        await strict.hears("StatusNotification")
        assert await periods(3600) == [{"startPeriod": 0, "limit": 32.0}]
        answer = await strict.ask(ID, "SetChargingProfile", profile(version, 7, 1))
        assert answer["status"] == "Accepted"
        assert await periods(3600) == PERIODS[:1]
        assert await periods(86_400) == PERIODS
        nowhere = {**profile(version, 8, 1), place: 9}
        assert (await strict.ask(ID, "SetChargingProfile", nowhere))["status"] == "Rejected"
        wanted = {"id": 7} if version is V16 else {"chargingProfileId": 7}
        for status in ("Accepted", "Unknown"):
            answer = await strict.ask(ID, "ClearChargingProfile", wanted)
            assert answer["status"] == status


@V2
async def test_its_profiles_are_told_place_by_place(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        asked = {"requestId": 3, "chargingProfile": {}}
        none = await strict.ask(ID, "GetChargingProfiles", asked)
        assert none["status"] == "NoProfiles"
        for number in (1, 2):
            await strict.ask(ID, "SetChargingProfile", profile(version, number, number))
        await strict.ask(ID, "GetChargingProfiles", asked)
        await strict.hears("ReportChargingProfiles", requestId=3, tbc=True)
        await strict.hears("ReportChargingProfiles", requestId=3, tbc=False)


@V2
async def test_messages_are_shown_told_and_cleared(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    message = {"format": "UTF8", "content": "Back at noon"}
    shown = {"id": 3, "priority": "InFront", "message": message}
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        asked = {"requestId": 4, "priority": "InFront"}
        assert (await strict.ask(ID, "GetDisplayMessages", asked))["status"] == "Unknown"
        await strict.ask(ID, "SetDisplayMessage", {"message": shown})
        await strict.ask(ID, "GetDisplayMessages", asked)
        await strict.hears("NotifyDisplayMessages", requestId=4, messageInfo=[shown])
        for status in ("Accepted", "Unknown"):
            answer = await strict.ask(ID, "ClearDisplayMessage", {"id": 3})
            assert answer["status"] == status


@V2
async def test_certificates_are_installed_listed_and_deleted(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    root = {"certificateType": "CSMSRootCertificate", "certificate": "PEM"}
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        answer = await strict.ask(ID, "GetInstalledCertificateIds", {})
        assert answer["status"] == "NotFound"
        await strict.ask(ID, "InstallCertificate", root)
        (kept,) = (await strict.ask(ID, "GetInstalledCertificateIds", {}))[
            "certificateHashDataChain"
        ]
        named = {"certificateHashData": kept["certificateHashData"]}
        for status in ("Accepted", "NotFound"):
            answer = await strict.ask(ID, "DeleteCertificate", named)
            assert answer["status"] == status


async def test_the_security_extension_keeps_certificates(strict: ToyCentralSystem) -> None:
    kind = {"certificateType": "CentralSystemRootCertificate"}
    async with station_at(strict, V16, "security-extension"):
        await strict.hears("StatusNotification")
        answer = await strict.ask(ID, "GetInstalledCertificateIds", kind)
        assert answer["status"] == "NotFound"
        await strict.ask(ID, "InstallCertificate", {**kind, "certificate": "PEM"})
        kept = await strict.ask(ID, "GetInstalledCertificateIds", kind)
        (named,) = kept["certificateHashData"]
        answer = await strict.ask(ID, "DeleteCertificate", {"certificateHashData": named})
        assert answer["status"] == "Accepted"


def monitor(component: str, **more: Any) -> dict[str, Any]:
    return {
        "value": 90.0,
        "type": "UpperThreshold",
        "severity": 4,
        "component": {"name": component},
        "variable": {"name": "Entries"},
        **more,
    }


@V2
async def test_monitors_are_set_told_and_cleared(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    asked = {"requestId": 8}
    async with station_at(strict, version):
        await strict.hears("StatusNotification")
        empty = await strict.ask(ID, "GetMonitoringReport", asked)
        assert empty["status"] == "EmptyResultSet"
        data = [monitor("LocalAuthListCtrlr"), monitor("Teapot")]
        answer = await strict.ask(ID, "SetVariableMonitoring", {"setMonitoringData": data})
        said = [each["status"] for each in answer["setMonitoringResult"]]
        assert said == ["Accepted", "UnknownComponent"]
        changed = monitor("LocalAuthListCtrlr", id=1, severity=2)
        await strict.ask(ID, "SetVariableMonitoring", {"setMonitoringData": [changed]})
        await strict.ask(ID, "GetMonitoringReport", asked)
        told = await strict.hears("NotifyMonitoringReport", requestId=8)
        (shown,) = told["monitor"]
        assert [each["severity"] for each in shown["variableMonitoring"]] == [2]
        elsewhere = {**asked, "componentVariable": [{"component": {"name": "EVSE"}}]}
        empty = await strict.ask(ID, "GetMonitoringReport", elsewhere)
        assert empty["status"] == "EmptyResultSet"
        answer = await strict.ask(ID, "ClearVariableMonitoring", {"id": [1, 2]})
        said = [each["status"] for each in answer["clearMonitoringResult"]]
        assert said == ["Accepted", "NotFound"]


@V2
async def test_it_tells_of_people_and_sessions(
    strict: ToyCentralSystem, version: OcppVersion
) -> None:
    async with station_at(strict, version, "charging") as station:
        await strict.until(lambda: station.tally.sessions)
        session = station.hardware.connectors[0].session
        assert session is not None
        token = {"idToken": session.token, "type": "ISO14443"}
        asked = {"requestId": 6, "report": True, "clear": False, "idToken": token}
        await strict.ask(ID, "CustomerInformation", asked)
        await strict.hears("NotifyCustomerInformation", requestId=6, data="1 running sessions")
        status = await strict.ask(ID, "GetTransactionStatus", {})
        assert status == {"messagesInQueue": False}
        named = {"transactionId": session.transaction}
        status = await strict.ask(ID, "GetTransactionStatus", named)
        assert status == {"messagesInQueue": False, "ongoingIndicator": True}
        assert await strict.ask(ID, "CostUpdated", {"totalCost": 3, **named}) == {}
