"""The main job with charge point programs that nobody here wrote."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import (
    Connector,
    Download,
    ProtocolFinding,
    ReceivedFile,
    Session,
    Station,
    Token,
)
from operations.versions import V16, V21, V201, OcppVersion
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import TOKEN
from tests.filing import bytes_of, stored_image
from tests.peers import ocpp_library
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
PEERS = Path(__file__).parents[1] / "peers"


async def goes_through_the_main_job() -> None:
    """What an operator asks of the station, whoever made it; its session comes by itself."""
    await eventually(lambda: Session.objects.filter(status="ended").exists(), within=20)
    session = await Session.objects.aget()
    assert (session.token, session.energy_wh) == (TOKEN, 1500)
    connector = await Connector.objects.aget()
    assert connector.charging_status

    off = await asks("PEER", "change-availability", connector=1, availability="off")
    await becomes(off, "done")
    await becomes(await asks("PEER", "unlock", connector=1), "done")
    await becomes(await asks("PEER", "reboot", mode="now"), "done")
    await eventually(lambda: Connector.objects.get().charging_status == "Available")
    station = await Station.objects.aget()
    assert (station.vendor, station.model, station.is_connected) == ("Maker", "Wallbox", True)
    assert station.epoch == 2
    assert not await ProtocolFinding.objects.aexists()


async def moves_its_files(folder: Path) -> None:
    """It fetches the firmware it is given, byte by byte, and brings the log it is asked for."""
    await eventually(lambda: Session.objects.filter(status="ended").exists(), within=20)
    content = os.urandom(700_000)
    image = await sync_to_async(stored_image)(content, vendor="Maker", model="Wallbox")
    update = await asks("PEER", "firmware-update", image=image.pk)
    await becomes(update, "done", within=20)
    phases = [step.phase async for step in update.transitions.order_by("pk") if step.phase]
    assert phases == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert (folder / "firmware").read_bytes() == content
    fetched = Download.objects.filter(sent_bytes=len(content), finished_at__isnull=False)
    await eventually(fetched.exists, lambda: "the whole image was sent")

    asked = await asks("PEER", "diagnostic-request", kind="diagnostics", receiver="http")
    await becomes(asked, "done", within=20)
    log = await ReceivedFile.objects.aget(run=asked)
    assert (log.state, log.original_name) == ("complete", "station.log")
    assert bytes_of(log.stored_name) == (folder / "station.log").read_bytes()
    assert not await ProtocolFinding.objects.aexists()


@pytest.fixture
def folder(portal: Portal, settings: Any, tmp_path: Path) -> Path:
    """What the station has instead of a disk; the portal serves files from beside it."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "store"
    settings.EVCHARGE_PUBLIC_URL = portal.url
    place = tmp_path / "station"
    place.mkdir()
    (place / "station.log").write_bytes(os.urandom(200_000))
    return place


@pytest.fixture
def _known(portal: Portal) -> None:
    StationFactory(identity="PEER", connected=False)
    Token.objects.create(identifier=TOKEN)


@VERSIONS
@pytest.mark.usefixtures("_known")
async def test_the_ocpp_librarys_charge_point(
    portal: Portal, version: OcppVersion, folder: Path
) -> None:
    services.require("curl")
    peer = asyncio.create_task(ocpp_library.live(portal.stations_url, "PEER", version, folder))
    job = asyncio.create_task(all_of_it(folder))
    await asyncio.wait({peer, job}, return_when=asyncio.FIRST_COMPLETED)
    peer.cancel()
    with suppress(asyncio.CancelledError):
        await peer
    await job
    await eventually(lambda: not Station.objects.get().is_connected)


async def all_of_it(folder: Path) -> None:
    await goes_through_the_main_job()
    await moves_its_files(folder)


@pytest.fixture
def node_station(
    portal: Portal,
    version: OcppVersion,
    node_modules: Path,
    folder: Path,
    tmp_path: Path,
    _known: None,
) -> Iterator[subprocess.Popen[str]]:
    arguments = [portal.stations_url, "PEER", version.subprotocol, TOKEN, folder]
    with services.running(
        [services.require("Node.js"), PEERS / "ocpp_rpc.js", *arguments],
        log=tmp_path / "node",
        env=os.environ | {"NODE_PATH": str(node_modules)},
    ) as process:
        yield process


@VERSIONS
async def test_a_station_in_javascript_that_minds_every_schema(
    node_station: subprocess.Popen[str], folder: Path, tmp_path: Path
) -> None:
    try:
        await all_of_it(folder)
    except AssertionError as error:
        error.add_note((tmp_path / "node").read_text())
        raise
    assert await sync_to_async(node_station.poll)() is None
