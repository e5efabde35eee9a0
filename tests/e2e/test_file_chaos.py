"""Firmware fetched by programs that others wrote; the server killed in the middle of it."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import (
    CommandBatch,
    CommandRun,
    Download,
    FirmwareImage,
    ReceivedFile,
    Station,
    Token,
)
from operations.services import batches
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import CountsUntil
from operations.versions import V16, V21, V201, OcppVersion
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import TOKEN
from tests.filing import FileHouse, bytes_of, house_of_files, link_to_image, stored_image
from tests.peers import ocpp_library

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
WALL = Profile("Alfen", "Eve Single", ("6.4.0",), (1,))
PACE = Pace(reboot_s=0.1, meter_s=60, retry_s=0.1, longest_retry_s=0.3, install_s=0.2)


@pytest.fixture(scope="module")
def _house(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[FileHouse]:
    with django_db_blocker.unblock(), house_of_files(tmp_path_factory.mktemp("files")) as house:
        yield house


@pytest.fixture
def house(_house: FileHouse, transactional_db: None, settings: Settings) -> FileHouse:
    _house.is_meant_by(settings)
    return _house


@asynccontextmanager
async def librarys_station(
    house: FileHouse, version: OcppVersion, folder: Path
) -> AsyncIterator[None]:
    """The charge point of the `ocpp` library, connected until the block ends."""
    station = await sync_to_async(StationFactory)(identity="PEER", connected=False)
    await Token.objects.acreate(identifier=TOKEN)
    living = asyncio.create_task(
        ocpp_library.live(house.portal.stations_url, "PEER", version, folder)
    )
    try:
        known = Station.objects.filter(pk=station.pk, model="Wallbox")
        await eventually(known.exists, lambda: "it has booted")
        yield
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


@VERSIONS
async def test_a_station_that_knows_only_ftp_has_all_it_needs(
    house: FileHouse, version: OcppVersion, tmp_path: Path
) -> None:
    services.require("curl")
    content = os.urandom(500_000)
    (tmp_path / "station.log").write_bytes(content[:1000])
    image = await sync_to_async(stored_image)(content, vendor="Maker", model="Wallbox")
    async with librarys_station(house, version, tmp_path):
        update = await asks("PEER", "firmware-update", image=image.pk, protocol="ftp")
        await becomes(update, "done", within=20)
        assert (tmp_path / "firmware").read_bytes() == content
        fetched = await Download.objects.aget()
        assert (fetched.protocol, fetched.percent) == ("ftp", 100)
        asked = await asks("PEER", "diagnostic-request", kind="diagnostics", receiver="ftp")
        await becomes(asked, "done", within=20)
    log = await ReceivedFile.objects.aget()
    assert (log.state, log.original_name) == ("complete", "station.log")
    assert bytes_of(log.stored_name) == content[:1000]


# -- the server dies


def test_a_download_goes_on_where_its_server_was_killed(house: FileHouse, tmp_path: Path) -> None:
    # More than the machine's buffers take: they would go on without the server.
    content = os.urandom(64 * 2**20)
    url = link_to_image(stored_image(content))
    fetched = tmp_path / "firmware"
    curl = [services.require("curl"), "--silent", "--output", fetched, url]
    with services.running([*curl, "--limit-rate", "8M"], log=tmp_path / "log") as slow:
        services.wait_until(
            lambda: (
                fetched.exists()
                and fetched.stat().st_size > 2**20
                and Download.objects.filter(requests=1).exists()
            ),
            what="a beginning",
        )
        house.is_killed()
        ended = slow.wait(60)
    house.opens()
    assert ended != 0, "it saw that this was not all"
    assert 0 < fetched.stat().st_size < len(content)
    subprocess.run([*curl, "--continue-at", "-"], timeout=60, check=True)  # noqa: S603
    assert fetched.read_bytes() == content
    finished = Download.objects.filter(requests=2, finished_at__isnull=False)
    services.wait_until(finished.exists, what="the rest to be noted")


@asynccontextmanager
async def fleet_at(house: FileHouse, size: int) -> AsyncIterator[Fleet]:
    """Simulated stations of all versions, all connected."""
    versions = (V16, V201, V21)
    specs = [StationSpec(f"SIM-{number:02}", versions[number % 3], WALL) for number in range(size)]
    for spec in specs:
        await sync_to_async(StationFactory)(
            identity=spec.identity, connected=False, protocol="", vendor="Alfen", model=WALL.model
        )
    fleet = Fleet(house.portal.stations_url, specs, pace=PACE)
    await fleet.start()
    try:
        booted = Station.objects.filter(firmware_version="6.4.0")
        await eventually(lambda: booted.count() == size, lambda: f"{booted.count()} booted", 30)
        yield fleet
    finally:
        await fleet.stop()


def roll_out(image: FirmwareImage, most_open: int) -> CommandBatch:
    return batches.submit(
        command=BY_SLUG["firmware-update"],
        selection=Selection(TargetKind.STATION, Station.objects.all()),
        params={"image": image.pk, "retries": 20, "retry_interval_s": 1},
        user=None,
        terms=Terms(most_open=most_open, counts_until=CountsUntil.CLOSED, effect_timeout_s=60),
    )


async def test_killed_in_the_middle_of_a_rollout_every_station_is_told_once(
    house: FileHouse,
) -> None:
    """Some are fetching, some installing, some wait for their turn."""
    image = await sync_to_async(stored_image)(
        bytes(12 * 2**20),
        vendor="Alfen",
        model=WALL.model,
        version="6.5.1",
        file_name="eve-6.5.1.bin",
    )
    async with fleet_at(house, 15) as fleet:
        batch = await sync_to_async(roll_out)(image, 5)
        done = CommandRun.objects.filter(status="done")
        fetching = CommandRun.objects.filter(phase="Downloading", status="in-progress")
        await eventually(
            lambda: done.count() >= 3 and fetching.exists(), lambda: str(statuses(batch)), 30
        )
        await asyncio.to_thread(house.is_killed)
        assert await done.acount() < 15, "it was killed too late to tell"
        await asyncio.to_thread(house.opens)
        stations = fleet.stations.values()

        def is_over() -> bool:
            batch.refresh_from_db()
            updated = sum(station.firmware == "6.5.1" for station in stations)
            return batch.ended_at is not None and updated == done.count()

        await eventually(is_over, lambda: str(statuses(batch)), 60)
        heard = {each.spec.identity: each.tally.heard["UpdateFirmware"] for each in stations}
    assert max(heard.values()) == 1, heard
    runs = [run async for run in batch.runs.select_related("station")]
    for run in runs:
        is_updated = fleet.stations[run.station.identity].firmware == "6.5.1"
        assert (run.status == "done") == is_updated, (run.status, run.summary)
        # Who may never have heard of it is not said to have been updated, or to be at it.
        assert run.status in {"done", "connection-lost", "not-confirmed"}
    # All but at most the five that were open when the server was killed.
    assert await done.acount() >= 10


def statuses(batch: CommandBatch) -> list[str]:
    """Where its runs are, for whoever reads that a test failed."""
    return [f"{run} {run.status} {run.phase}: {run.summary}" for run in batch.runs.all()]
