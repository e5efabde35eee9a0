"""Every message a station may send is answered as its schema asks; every other one refused."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product

import pytest
from asgiref.sync import sync_to_async

from operations.models import OcppMessage, Station
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e import samples
from tests.e2e.asking import eventually
from tests.factories import StationFactory
from tests.fake_station import AnsweredWithErrorError, FakeStation
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
TURNS = 6

# Who may say what, from the texts: 1.6 §4 and the security extension's §3, 2.0.1 and 2.1 part 2.
OF_STATIONS_V16 = {
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
}
OF_STATIONS_V201 = {
    "Authorize",
    "BootNotification",
    "ClearedChargingLimit",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "SignCertificate",
    "StatusNotification",
    "TransactionEvent",
}
OF_STATIONS = {
    V16: OF_STATIONS_V16,
    V201: OF_STATIONS_V201,
    V21: OF_STATIONS_V201
    | {
        "BatterySwap",
        "ClosePeriodicEventStream",
        "GetCertificateChainStatus",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPriorityCharging",
        "NotifySettlement",
        "NotifyWebPaymentStarted",
        "OpenPeriodicEventStream",
        "PullDynamicScheduleUpdate",
        "ReportDERControl",
        "VatNumberValidation",
    },
}


@asynccontextmanager
async def connected(portal: Portal, version: OcppVersion) -> AsyncIterator[FakeStation]:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1", version=version) as station:
        await station.boots()
        yield station
        await station.closes()
        await eventually(lambda: not Station.objects.get().is_connected)


@VERSIONS
async def test_whatever_a_station_may_say_is_answered_by_the_book(
    portal: Portal, version: OcppVersion, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {}
    async with connected(portal, version) as station:
        for action, turn in product(sorted(OF_STATIONS[version]), range(TURNS)):
            payload = samples.sample(samples.request_schema(version, action), turn)
            try:
                answer = await station.calls(action, payload, unique_id=f"{action}-{turn}")
            except AnsweredWithErrorError as error:
                wrong[f"{action}-{turn}"] = str(error)
                continue
            if not samples.answer_is_valid(version, action, answer):
                wrong[f"{action}-{turn}"] = json.dumps(answer)
    assert wrong == {}
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    said = len(OF_STATIONS[version]) * TURNS + 1
    await eventually(lambda: OcppMessage.objects.exclude(answered_at=None).count() == said)


@VERSIONS
async def test_what_only_a_central_system_may_say_is_not_supported(
    portal: Portal, version: OcppVersion
) -> None:
    codes = {}
    async with connected(portal, version) as station:
        for action in sorted(samples.actions(version) - OF_STATIONS[version]):
            payload = samples.sample(samples.request_schema(version, action), 0)
            with pytest.raises(AnsweredWithErrorError) as caught:
                await station.calls(action, payload)
            codes[action] = caught.value.code
    assert set(codes.values()) == {"NotSupported"}, codes
    assert {"Reset", "ChangeAvailability", "UnlockConnector"} <= codes.keys()


async def test_a_stream_is_never_answered(portal: Portal) -> None:
    data = [{"t": 0, "v": "1.5"}]
    stream = {"id": 1, "pending": 0, "basetime": "2026-11-23T10:00:00Z", "data": data}
    async with connected(portal, V21) as station:
        for payload in (stream, {"no": "sense"}):
            await station.sends_raw(json.dumps([6, "s", "NotifyPeriodicEventStream", payload]))
        await station.beats()
        await station.hears_nothing()
    kept = OcppMessage.objects.filter(answer="", is_from_station=True)
    await eventually(lambda: kept.count() == 2)
