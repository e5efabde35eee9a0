"""What the portal learns of what stations can't do, and of how they transfer files."""

from typing import Any

import pytest

from operations.events import ReportPartReceived
from operations.models import Station
from operations.services import abilities
from tests.domain.telling import tells
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def station() -> Station:
    found: Station = StationFactory(firmware_version="6.4.0")
    return found


def learned(station: Station, action: str, answer: dict[str, Any]) -> Station:
    abilities.learn(station_pk=station.pk, action=action, answer=answer)
    return Station.objects.get()


@pytest.mark.parametrize("code", ["NotSupported", "NotImplemented"])
def test_what_is_not_supported_is_remembered_until_the_firmware_changes(
    station: Station, code: str
) -> None:
    station = learned(station, "UpdateFirmware", {"error": code})
    assert station.lacks("UpdateFirmware")
    assert not station.lacks("GetLog")
    station.firmware_version = "6.5.0"
    assert not station.lacks("UpdateFirmware")


def test_other_errors_say_nothing_of_what_it_can(station: Station) -> None:
    assert not learned(station, "UpdateFirmware", {"error": "InternalError"}).refused_actions


def test_a_deleted_stations_answer_is_no_crash() -> None:
    abilities.learn(station_pk=1, action="GetLog", answer={"error": "NotSupported"})


def test_a_station_that_told_nothing_may_transfer_by_anything(station: Station) -> None:
    assert station.transfers_by("sftp")


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (
            "GetConfiguration",
            {
                "configurationKey": [
                    {
                        "key": "SupportedFileTransferProtocols",
                        "value": "FTP, HTTP",
                        "readonly": True,
                    }
                ]
            },
        ),
        (
            "GetVariables",
            {
                "getVariableResult": [
                    {
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "FileTransferProtocols"},
                        "attributeValue": "FTP,HTTP",
                    }
                ]
            },
        ),
    ],
)
def test_an_answer_may_tell_the_protocols(
    station: Station, action: str, payload: dict[str, Any]
) -> None:
    station = learned(station, action, {"payload": payload})
    assert station.transfers_by("ftp")
    assert station.transfers_by("HTTP")
    assert not station.transfers_by("sftp")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"configurationKey": "FTP"},
        {"configurationKey": [{"key": "SupportedFileTransferProtocols", "value": None}, "x"]},
        {"configurationKey": [{"key": "HeartbeatInterval", "value": "FTP"}]},
    ],
)
def test_nonsense_teaches_nothing(station: Station, payload: dict[str, Any]) -> None:
    assert learned(station, "GetConfiguration", {"payload": payload}).file_protocols == ""
    nonsense = {"getVariableResult": [{"component": "x", "variable": 1, "attributeValue": "FTP"}]}
    assert learned(station, "GetVariables", {"payload": nonsense}).file_protocols == ""
    assert learned(station, "Reset", {"payload": {"status": "Accepted"}}).file_protocols == ""


def test_a_report_may_tell_them_too(station: Station) -> None:
    item = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "FileTransferProtocols"},
        "variableAttribute": [{"type": "Target", "value": "FTP"}, {"value": "HTTPS,SFTP"}],
    }
    part = ReportPartReceived("NotifyReport", 1, 0, is_last=True, data=[item, {"component": None}])
    tells(station, part)
    assert Station.objects.get().file_protocols == "HTTPS,SFTP"
