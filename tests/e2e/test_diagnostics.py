"""Diagnostic requests, from the click to the log, with stations on real sockets."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import CommandRun
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
LOCATION = "ftp://anna:s3cret@files.example.org/logs/"


async def asked(portal: Portal, version: OcppVersion) -> tuple[FakeStation, CommandRun]:
    """A booted station that was asked for its diagnostics, and has accepted."""
    await sync_to_async(StationFactory)(identity="CP-1", protocol=version.name, connected=False)
    station = FakeStation(portal.stations_url, "CP-1", version=version)
    await station.connects()
    await station.boots()
    run = await asks("CP-1", "diagnostic-request", kind="diagnostics", location=LOCATION)
    if version is V16:
        call = await station.expects("GetDiagnostics")
        assert call.payload == {"location": LOCATION}
        await station.answers(call, fileName="log.zip")
    else:
        call = await station.expects("GetLog")
        assert call.payload["log"] == {"remoteLocation": LOCATION}
        assert call.payload["requestId"] == run.pk
        await station.answers(call, status="Accepted", filename="log.zip")
    await becomes(run, "accepted")
    assert "log.zip" in run.summary
    return station, run


async def says(station: FakeStation, run: CommandRun, status: str) -> None:
    if station.version is V16:
        await station.calls("DiagnosticsStatusNotification", {"status": status})
        return
    payload: dict[str, Any] = {"status": status, "requestId": run.pk}
    await station.calls("LogStatusNotification", payload)


@VERSIONS
async def test_a_log_is_followed_until_it_is_uploaded(portal: Portal, version: OcppVersion) -> None:
    station, run = await asked(portal, version)
    for _time in range(20):
        await says(station, run, "Uploading")
    await becomes(run, "in-progress")
    await says(station, run, "Uploaded")
    await becomes(run, "done")
    assert await run.transitions.acount() == 5
    await station.drops()


@VERSIONS
async def test_a_failed_upload_is_told_and_may_be_tried_again(
    portal: Portal, version: OcppVersion
) -> None:
    station, run = await asked(portal, version)
    await says(station, run, "UploadFailed" if version is V16 else "PermissionDenied")
    await becomes(run, "failed")
    await says(station, run, "Uploading")
    await becomes(run, "in-progress")
    await says(station, run, "Uploaded")
    await becomes(run, "done")
    await station.drops()


@VERSIONS
async def test_a_silent_upload_is_asked_for(portal: Portal, version: OcppVersion) -> None:
    station, run = await asked(portal, version)
    await CommandRun.objects.aupdate(deadline_at=run.created_at)
    trigger = await station.expects("TriggerMessage")
    wanted = "DiagnosticsStatusNotification" if version is V16 else "LogStatusNotification"
    assert trigger.payload == {"requestedMessage": wanted}
    await station.answers(trigger, status="Accepted")
    await says(station, run, "Uploading")
    await becomes(run, "in-progress")
    await says(station, run, "Idle")
    await becomes(run, "not-confirmed")
    assert run.summary.startswith("Unknown")
    await station.drops()


async def test_no_logs_in_1_6_are_said_to_be_none(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", protocol="1.6", connected=False)
    station = FakeStation(portal.stations_url, "CP-1")
    await station.connects()
    await station.boots()
    run = await asks("CP-1", "diagnostic-request", kind="diagnostics", location=LOCATION)
    await station.answers(await station.expects("GetDiagnostics"))
    await becomes(run, "failed")
    assert run.summary.startswith("No logs available")
    await station.drops()
