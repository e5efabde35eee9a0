"""Simulated stations and the portal's own files: asked for, and really fetched or brought."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.models import Download, ReceivedFile, Station
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.filing import stored_image
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
WALL = Profile("Alfen", "Eve Single", ("6.4.0",))
QUICK = Pace(reboot_s=0.05, meter_s=60, retry_s=0.02, longest_retry_s=0.1, install_s=0.05)


@pytest.fixture
def files(portal: Portal, settings: Any, tmp_path: Path) -> Portal:
    """The portal, with a folder for files and an address stations can reach it by."""
    settings.EVCHARGE_FILES_ROOT = tmp_path
    settings.EVCHARGE_PUBLIC_URL = portal.url
    return portal


@asynccontextmanager
async def simulated(
    portal: Portal, version: OcppVersion, *behaviours: str
) -> AsyncIterator[SimulatedStation]:
    """One station that has booted."""
    station = await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    spec = StationSpec("CP-1", version, WALL, quirks=quirks_of(behaviours))
    pace = replace(QUICK, speed=1000.0)
    fleet = Fleet(portal.stations_url, [spec], pace=pace)
    await fleet.start()
    try:
        known = Station.objects.filter(pk=station.pk, firmware_version="6.4.0")
        await eventually(known.exists, lambda: "it has booted")
        yield fleet.stations["CP-1"]
    finally:
        await fleet.stop()


@VERSIONS
async def test_an_image_of_the_library_is_fetched_and_installed(
    files: Portal, version: OcppVersion
) -> None:
    image = await sync_to_async(stored_image)(
        bytes(50_000), version="6.5.1", file_name="eve-6.5.1.bin"
    )
    async with simulated(files, version) as station:
        run = await asks("CP-1", "firmware-update", image=image.pk)
        await becomes(run, "done", within=15)
        assert run.phase == "Installed"
        assert station.firmware == "6.5.1"
        fetched = Download.objects.filter(reached_bytes=50_000, finished_at__isnull=False)
        await eventually(fetched.exists, lambda: "the whole image was sent")


@VERSIONS
async def test_a_log_is_brought_to_the_portal(files: Portal, version: OcppVersion) -> None:
    async with simulated(files, version):
        run = await asks("CP-1", "diagnostic-request", kind="diagnostics", receiver="http")
        await becomes(run, "done", within=15)
    received = await ReceivedFile.objects.aget()
    assert (received.state, received.original_name.startswith("CP-1-")) == ("complete", True)


async def test_an_update_whose_end_is_never_told_is_known_by_the_version(files: Portal) -> None:
    image = await sync_to_async(stored_image)(
        bytes(50_000), version="6.5.1", file_name="eve-6.5.1.bin"
    )
    async with simulated(files, V16, "never-installed"):
        run = await asks("CP-1", "firmware-update", image=image.pk)
        await becomes(run, "done", within=15)
        assert "6.5.1" in run.summary
