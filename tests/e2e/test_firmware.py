"""Firmware updates, from the click to the firmware that runs, with stations on real sockets."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import CommandRun, OcppMessage, Station
from operations.services.runs import Options
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually, history, status_of
from tests.factories import StationFactory
from tests.fake_station import Call, FakeStation
from tests.portal import Portal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
LOCATION = "ftp://anna:s3cret@files.example.org/firmware.bin"


class Updated:
    """A connected station and the update it was asked for."""

    def __init__(self, station: FakeStation, run: CommandRun, call: Call) -> None:
        self.station, self.run, self.call = station, run, call

    async def accepts(self, status: str = "Accepted") -> None:
        is_plain_16 = self.call.action == "UpdateFirmware" and self.station.version is V16
        await self.station.answers(self.call, {} if is_plain_16 else {"status": status})

    async def says(self, status: str, request_id: int | None = None) -> None:
        action = "FirmwareStatusNotification"
        payload: dict[str, Any] = {"status": status}
        if self.station.version is not V16:
            payload["requestId"] = request_id or self.run.pk
        await self.station.calls(action, payload)

    async def reaches(self, phase: str) -> None:
        def is_there() -> bool:
            self.run.refresh_from_db()
            return self.run.phase == phase

        await eventually(is_there, lambda: f"it is {self.run.phase}, {self.run.summary}")


async def updated(
    portal: Portal, version: OcppVersion, *, options: Options | None = None, **params: Any
) -> Updated:
    """A booted station that has just been asked to update."""
    await sync_to_async(StationFactory)(identity="CP-1", protocol=version.name, connected=False)
    station = FakeStation(portal.stations_url, "CP-1", version=version)
    await station.connects()
    await station.boots(firmwareVersion="6.4.0")
    run = await asks("CP-1", "firmware-update", location=LOCATION, options=options, **params)
    call = await station.expects("UpdateFirmware")
    return Updated(station, run, call)


@VERSIONS
async def test_an_update_is_followed_to_its_end(portal: Portal, version: OcppVersion) -> None:
    update = await updated(portal, version)
    location = update.call.payload.get("location") or update.call.payload["firmware"]["location"]
    assert location == LOCATION
    await update.accepts()
    await becomes(update.run, "accepted")
    for phase in ("Downloading", "Downloaded", "Installing"):
        await update.says(phase)
        await update.reaches(phase)
    assert await status_of(update.run) == "in-progress"
    await update.says("Installed")
    await becomes(update.run, "done")
    assert await history(update.run) == [
        *("queued", "sent", "accepted"),
        *("in-progress", "in-progress", "in-progress"),
        "done",
    ]
    logged = await OcppMessage.objects.aget(run=update.run)
    assert "s3cret" not in logged.call
    await update.station.drops()


@VERSIONS
async def test_phases_are_skipped_and_downloads_reopened(
    portal: Portal, version: OcppVersion
) -> None:
    update = await updated(portal, version)
    await update.accepts()
    await becomes(update.run, "accepted")
    await update.says("DownloadFailed")
    await becomes(update.run, "failed")
    await update.says("Downloading")
    await becomes(update.run, "in-progress")
    await update.says("Installed")
    await becomes(update.run, "done")
    await update.station.drops()


@VERSIONS
async def test_a_new_version_at_boot_is_an_update_that_worked(
    portal: Portal, version: OcppVersion
) -> None:
    update = await updated(portal, version)
    await update.accepts()
    await update.says("Installing")
    await update.reaches("Installing")
    await update.station.closes()
    await update.station.connects()
    await update.station.boots(firmwareVersion="6.5.0")
    await becomes(update.run, "done")
    assert "6.5.0" in update.run.summary
    await update.station.drops()


async def overdue(run: CommandRun) -> None:
    """Its time is over, and the sweeper comes by."""
    past = {"deadline_at": run.created_at}
    await CommandRun.objects.filter(pk=run.pk).aupdate(**past)
    await run.arefresh_from_db()


@VERSIONS
async def test_a_stalled_update_is_asked_for_and_given_up(
    portal: Portal, version: OcppVersion
) -> None:
    update = await updated(portal, version)
    await update.accepts()
    await update.says("Downloading")
    await update.reaches("Downloading")
    await overdue(update.run)
    trigger = await update.station.expects("TriggerMessage")
    assert trigger.payload == {"requestedMessage": "FirmwareStatusNotification"}
    await update.station.answers(trigger, status="Accepted")
    await overdue(update.run)
    await becomes(update.run, "not-confirmed")
    assert update.run.summary.startswith("Stalled")
    await update.says("Installed")
    await becomes(update.run, "done")
    await update.station.drops()


@VERSIONS
async def test_idle_after_a_nudge_means_nobody_knows(portal: Portal, version: OcppVersion) -> None:
    update = await updated(portal, version)
    await update.accepts()
    await update.says("Downloading")
    await update.reaches("Downloading")
    await overdue(update.run)
    await update.station.answers(await update.station.expects("TriggerMessage"), status="Accepted")
    await update.says("Idle")
    await becomes(update.run, "not-confirmed")
    assert update.run.summary.startswith("Unknown")
    await update.station.drops()


@pytest.mark.parametrize("version", [V201, V21], ids=str)
async def test_a_newer_update_supersedes_an_older_one(portal: Portal, version: OcppVersion) -> None:
    update = await updated(portal, version)
    await update.accepts()
    await update.says("Downloading")
    await update.reaches("Downloading")
    newer = await asks("CP-1", "firmware-update", location=LOCATION)
    call = await update.station.expects("UpdateFirmware")
    assert call.payload["requestId"] == newer.pk
    await update.station.answers(call, status="AcceptedCanceled")
    await becomes(newer, "accepted")
    await becomes(update.run, "superseded")
    # What is still said of the older one, or of one nobody knows, is not the newer one's.
    await update.says("Downloaded")
    await update.says("Installing", newer.pk + 1000)
    await update.says("Downloading", newer.pk)
    newer_update = Updated(update.station, newer, call)
    await newer_update.reaches("Downloading")
    assert await status_of(update.run) == "superseded"
    await update.station.drops()


async def test_a_signed_update_of_1_6_is_named_by_its_number(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", protocol="1.6", connected=False)
    station = FakeStation(portal.stations_url, "CP-1", version=V16)
    await station.connects()
    await station.boots(firmwareVersion="6.4.0")
    # It takes signed updates only, and says so to the plain message (whitepaper L01.FR.20).
    plain = await asks("CP-1", "firmware-update", location=LOCATION)
    await station.answers_error(await station.expects("UpdateFirmware"), "NotSupported")
    await becomes(plain, "unsupported")
    assert (await Station.objects.aget()).lacks("UpdateFirmware")
    run = await asks(
        "CP-1",
        "firmware-update",
        location=LOCATION,
        signing_certificate="-----BEGIN CERTIFICATE-----",
        signature="c2lnbmVk",
    )
    call = await station.expects("SignedUpdateFirmware")
    assert call.payload["requestId"] == run.pk
    await station.answers(call, status="Accepted")
    for status in ("Downloading", "SignatureVerified", "Installed"):
        payload = {"status": status, "requestId": run.pk}
        await station.calls("SignedFirmwareStatusNotification", payload)
    await becomes(run, "done")
    await station.drops()


@VERSIONS
async def test_a_late_answer_and_early_reports_are_no_trouble(
    portal: Portal, version: OcppVersion
) -> None:
    update = await updated(portal, version, options=Options(answer_timeout_s=1))
    await becomes(update.run, "timed-out")
    await update.says("Downloading")
    await becomes(update.run, "in-progress")
    await update.accepts()
    await update.says("Installed")
    await becomes(update.run, "done")
    await update.station.drops()


async def test_reports_nobody_waits_for_look_nothing_up(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations.services import outcomes

    looked: list[Any] = []
    monkeypatch.setattr(outcomes, "check_effects", lambda **what: looked.append(what) or [])
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    station = FakeStation(portal.stations_url, "CP-1")
    await station.connects()
    await station.boots()
    await station.calls("FirmwareStatusNotification", {"status": "Idle"})
    await station.calls("DiagnosticsStatusNotification", {"status": "Idle"})
    await station.beats()
    assert looked == []
    await station.drops()
