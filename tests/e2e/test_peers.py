"""The main job with charge point programs that nobody here wrote."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from operations.models import Connector, ProtocolFinding, Session, Station, Token
from operations.versions import V16, V21, V201, OcppVersion
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import TOKEN
from tests.peers import ocpp_library
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
PACKAGE = "ocpp-rpc@2.2.1"
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


@pytest.fixture
def _known(portal: Portal) -> None:
    StationFactory(identity="PEER", connected=False)
    Token.objects.create(identifier=TOKEN)


@VERSIONS
@pytest.mark.usefixtures("_known")
async def test_the_ocpp_librarys_charge_point(portal: Portal, version: OcppVersion) -> None:
    peer = asyncio.create_task(ocpp_library.live(portal.stations_url, "PEER", version))
    job = asyncio.create_task(goes_through_the_main_job())
    await asyncio.wait({peer, job}, return_when=asyncio.FIRST_COMPLETED)
    peer.cancel()
    with suppress(asyncio.CancelledError):
        await peer
    await job
    await eventually(lambda: not Station.objects.get().is_connected)


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, installed for this run: nothing of it is kept in the project."""
    services.require("Node.js")
    folder = tmp_path_factory.mktemp("npm")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    installed = subprocess.run(  # noqa: S603
        [services.require("npm"), "install", *quiet, "--prefix", folder, PACKAGE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if installed.returncode:
        services.miss(f"{PACKAGE} could not be installed: {installed.stderr[-300:]}")
    return folder / "node_modules"


@pytest.fixture
def node_station(
    portal: Portal, version: OcppVersion, node_modules: Path, tmp_path: Path, _known: None
) -> Iterator[subprocess.Popen[str]]:
    arguments = [portal.stations_url, "PEER", version.subprotocol, TOKEN]
    with services.running(
        [services.require("Node.js"), PEERS / "ocpp_rpc.js", *arguments],
        log=tmp_path / "node",
        env=os.environ | {"NODE_PATH": str(node_modules)},
    ) as process:
        yield process


@VERSIONS
async def test_a_station_in_javascript_that_minds_every_schema(
    node_station: subprocess.Popen[str], tmp_path: Path
) -> None:
    try:
        await goes_through_the_main_job()
    except AssertionError as error:
        error.add_note((tmp_path / "node").read_text())
        raise
    assert await sync_to_async(node_station.poll)() is None
