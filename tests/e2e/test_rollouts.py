"""Rollouts over real sockets and real downloads: nobody is asked twice, whatever is killed."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from evcharge.asgi import runtime
from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, Download, FirmwareImage, Station
from operations.services import batch_figures, batches
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import BatchStatus, RunStatus
from operations.versions import V16, V201
from tests import services
from tests.e2e.asking import eventually
from tests.e2e.test_batches import ends, most_open
from tests.factories import StationFactory
from tests.filing import stored_image
from tests.portal import Portal, served_apart

WALL = Profile("Alfen", "Eve Single", ("6.4.0",))
QUICK = Pace(
    reboot_s=0.05, meter_s=60, retry_s=0.1, longest_retry_s=0.5, install_s=0.05, speed=1000.0
)
SIZE = 50_000
DONE = CommandRun.objects.filter(status=RunStatus.DONE)


def new_image() -> FirmwareImage:
    """What every station of these tests is to have."""
    return stored_image(
        bytes(SIZE), vendor="Alfen", model="Eve Single", version="6.5.1", file_name="eve-6.5.1.bin"
    )


@asynccontextmanager
async def fleet_at(url: str, behaviours: list[str]) -> AsyncIterator[Fleet]:
    """Stations that have booted with the old version, half of them 2.0.1."""
    specs = [
        StationSpec(
            f"SIM-{number:03}",
            (V16, V201)[number % 2],
            WALL,
            quirks=quirks_of(behaviour.split()),
        )
        for number, behaviour in enumerate(behaviours)
    ]
    for spec in specs:
        await sync_to_async(StationFactory)(identity=spec.identity, connected=False, protocol="")
    fleet = Fleet(url, specs, pace=QUICK)
    await fleet.start()
    try:
        booted = Station.objects.filter(firmware_version="6.4.0", model="Eve Single")
        await eventually(
            lambda: booted.count() == len(specs), lambda: f"{booted.count()} booted", 30
        )
        yield fleet
    finally:
        await fleet.stop()


def roll_out(image: FirmwareImage, terms: Terms) -> CommandBatch:
    return batches.submit(
        command=BY_SLUG["firmware-update"],
        selection=Selection(TargetKind.STATION, Station.objects.all()),
        params={"image": image.pk, "version": image.version},
        user=None,
        terms=terms,
    )


def asked(fleet: Fleet) -> Counter[str]:
    """How often each station was asked for an update."""
    return Counter(
        {
            identity: station.tally.heard["UpdateFirmware"]
            for identity, station in fleet.stations.items()
        }
    )


@pytest.fixture
def files(portal: Portal, settings: Any, tmp_path: Path) -> Portal:
    """The portal, with a folder for files and an address stations can reach it by."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = portal.url
    return portal


async def test_a_rollout_goes_in_waves_and_its_failed_ones_are_asked_again(files: Portal) -> None:
    behaviours = ["", "rejects", "", "download-fails-twice ignores-retries", "", ""]
    async with fleet_at(files.stations_url, behaviours) as fleet:
        image = await sync_to_async(new_image)()
        terms = Terms(wave_size=2, most_open=2, answer_timeout_s=5, effect_timeout_s=20)
        batch = await sync_to_async(roll_out)(image, terms)
        await ends(batch)
        counters = await sync_to_async(batch_figures.counters)(batch=batch)
        assert (counters.done, counters.failed) == (4, 2)
        assert batch.wave == 3
        assert await sync_to_async(most_open)(batch) <= 2
        assert set(asked(fleet).values()) == {1}
        fetched = Download.objects.filter(finished_at__isnull=False)
        await eventually(lambda: fetched.count() == 4, lambda: f"{fetched.count()} fetched")
        installed = Station.objects.filter(firmware_version="6.5.1")
        assert await installed.acount() == 4
        # Only those that failed are asked again; the third time one of them gets it.
        for _again in range(2):
            batch = await sync_to_async(batches.retry_failed)(batch=batch, user=None)
            await ends(batch)
        runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
        assert {identity: run.status for identity, run in runs.items()} == {
            "SIM-001": RunStatus.REFUSED,
            "SIM-003": RunStatus.DONE,
        }
        assert sorted(asked(fleet).values()) == [1, 1, 1, 1, 3, 3]


@pytest.fixture
def _no_other_sweeper(transactional_db: None) -> Iterator[None]:
    """The portal that other tests have in this process would sweep what is ours to see swept."""
    was_running = runtime._is_started
    if was_running:
        runtime._celery.stop()
    yield
    if was_running:
        runtime._celery.start()


@pytest.mark.usefixtures("_no_other_sweeper")
async def test_killed_in_the_middle_a_rollout_goes_on_and_nobody_is_asked_twice(
    tmp_path: Path, settings: Any
) -> None:
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    env = {"EVCHARGE_FILES_ROOT": str(tmp_path / "files")}
    port, number = services.free_port(), 24
    url = f"ws://127.0.0.1:{port}/ocpp"
    with served_apart("daphne", log=tmp_path / "first", port=port, env=env) as portal:
        async with fleet_at(url, [""] * number) as fleet:
            image = await sync_to_async(new_image)()
            batch = await sync_to_async(roll_out)(image, Terms(most_open=4, effect_timeout_s=20))
            await eventually(lambda: DONE.count() >= 6, lambda: f"{DONE.count()} done", 30)
            assert portal.process is not None
            portal.process.kill()
            portal.process.wait()
            sent = await CommandRun.objects.filter(sent_at__isnull=False).acount()
            assert sent < number, "it was killed too late to tell"
            with served_apart("daphne", log=tmp_path / "second", port=port, env=env):
                await ends(batch, within=90)
            heard = asked(fleet)
    assert max(heard.values()) == 1, "an update is never sent twice"
    assert batch.status == BatchStatus.DONE
    runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
    for identity, run in runs.items():
        if run.status == RunStatus.DONE:
            assert heard[identity] == 1, identity
    # Those that were at it when it was killed may not have got it, or not have told.
    assert await DONE.acount() >= number - 4
    assert await sync_to_async(most_open)(batch) <= 4
