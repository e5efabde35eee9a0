"""Batches with stations of all manners, and with any of the portal's processes killed at any time.

The stations count what they heard: whatever the portal says of its runs must agree with them.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from evcharge.asgi import runtime
from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.models import CommandRun, Connector
from operations.services import batch_figures
from operations.services.terms import Terms
from operations.statuses import BatchStatus, RunStatus
from operations.versions import V16, V21, V201
from tests import services
from tests.e2e.asking import eventually
from tests.e2e.test_batches import most_open, reboot_all, turn_off_all
from tests.factories import StationFactory
from tests.portal import served_apart

SINGLE = Profile("Alfen", "Eve Single", ("6.4.0",), (1,))
# A thousand takes minutes: EVCHARGE_TESTS_STATIONS=1000.
SIZE = int(os.environ.get("EVCHARGE_TESTS_STATIONS", "160"))
PATIENCE_S = max(60.0, SIZE / 5)
PACE = Pace(reboot_s=0.1, meter_s=60, retry_s=0.1, longest_retry_s=0.5)
# Out of each twenty: 10 % slow, some of them too slow, 10 % silent, 10 % refuse, 5 % hang up.
BEHAVIOURS = {
    **dict.fromkeys(range(20), ("", RunStatus.DONE)),
    0: ("late-answers=1", RunStatus.DONE),
    1: ("late-answers=5", RunStatus.DONE),  # timed out first, and corrected when it answers
    **dict.fromkeys((2, 3), ("silent", RunStatus.TIMED_OUT)),
    **dict.fromkeys((4, 5), ("rejects", RunStatus.REFUSED)),
    6: ("drops-on-call", RunStatus.CONNECTION_LOST),
}


def fleet(url: str, behaviours: list[str], *, first: int = 0) -> Fleet:
    """Simulated stations of all versions."""
    specs = [
        StationSpec(
            f"SIM-{number:03}",
            (V16, V201, V21)[number % 3],
            SINGLE,
            quirks=quirks_of([behaviour] if behaviour else []),
        )
        for number, behaviour in enumerate(behaviours, first)
    ]
    return Fleet(url, specs, pace=PACE)


def heard(*fleets: Fleet, action: str) -> dict[str, int]:
    """How often each station was asked so."""
    return {
        identity: station.tally.heard[action]
        for each in fleets
        for identity, station in each.stations.items()
    }


@asynccontextmanager
async def known(stations: Fleet) -> AsyncIterator[Fleet]:
    """Switched on, and all of them connected and reported."""
    for identity in stations.stations:
        await sync_to_async(StationFactory)(identity=identity, connected=False, protocol="")
    await stations.start()
    try:
        reported = Connector.objects.exclude(charging_status="")
        size = len(stations.stations)
        await eventually(
            lambda: reported.count() == size, lambda: f"{reported.count()} reported", PATIENCE_S
        )
        yield stations
    finally:
        await stations.stop()


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
async def test_the_counters_equal_what_the_stations_saw(tmp_path: Path) -> None:
    plan = {f"SIM-{number:03}": BEHAVIOURS[number % 20] for number in range(SIZE)}
    with served_apart("daphne", log=tmp_path / "log") as portal:
        stations = fleet(portal.stations_url, [behaviour for behaviour, _end in plan.values()])
        async with known(stations):
            terms = Terms(most_open=100, answer_timeout_s=3, effect_timeout_s=10)
            batch = await sync_to_async(turn_off_all)(terms)
            expected = Counter(status for _behaviour, status in plan.values())

            def is_settled() -> bool:
                batch.refresh_from_db()
                found = batch_figures.counters(batch=batch).by_status
                return batch.ended_at is not None and found == expected

            await eventually(
                is_settled, lambda: str(batch_figures.counters(batch=batch).by_status), PATIENCE_S
            )
            saw = heard(stations, action="ChangeAvailability")
    assert set(saw.values()) == {1}, {name: count for name, count in saw.items() if count != 1}
    runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
    assert {name: run.status for name, run in runs.items()} == {
        name: status for name, (_behaviour, status) in plan.items()
    }
    assert batch.status == BatchStatus.DONE
    assert await sync_to_async(most_open)(batch) <= 100
    answers = dict(await sync_to_async(batch_figures.answers)(batch=batch))
    answered = sum(station.tally.answered for station in stations.stations.values())
    assert answers["Accepted"] + answers["Rejected"] == answered


# -- embedded: one process, killed again and again


@pytest.mark.usefixtures("_no_other_sweeper")
async def test_killed_at_any_moment_no_reboot_is_sent_twice_and_the_batch_ends(
    tmp_path: Path,
) -> None:
    """When the first was just sent, in the middle, and when the last are on their way."""
    size, most = 30, 4
    port = services.free_port()
    stations = fleet(f"ws://127.0.0.1:{port}/ocpp", [""] * size)
    sent = CommandRun.objects.filter(sent_at__isnull=False)
    with ExitStack() as stack:
        portal = stack.enter_context(served_apart("daphne", log=tmp_path / "0", port=port))
        async with known(stations):
            terms = Terms(most_open=most, effect_timeout_s=4)
            batch = await sync_to_async(reboot_all)(terms)
            for life, moment in enumerate((1, size // 2, size - 2), 1):
                await eventually(
                    lambda moment=moment: sent.count() >= moment,
                    lambda moment=moment: f"{sent.count()} of {moment} sent",
                    60,
                )
                assert portal.process is not None
                portal.process.kill()
                await asyncio.to_thread(portal.process.wait)
                portal = await asyncio.to_thread(
                    stack.enter_context, served_apart("daphne", log=tmp_path / str(life), port=port)
                )

            def has_ended() -> bool:
                batch.refresh_from_db()
                return batch.ended_at is not None

            await eventually(has_ended, lambda: str(batch_figures.counters(batch=batch)), 60)
            saw = heard(stations, action="Reset")
            boots = {name: each.tally.boots for name, each in stations.stations.items()}
    assert max(saw.values()) == 1, "a Reset is never sent twice"
    runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
    for name, run in runs.items():
        assert run.status in {RunStatus.DONE, RunStatus.NOT_CONFIRMED}, (name, run.summary)
        # Each boots when it is switched on, and after each kill; done is who booted once more.
        # Killed between claiming a run and sending it, nobody can know whether it was asked: the
        # boot that follows counts, as it does for a station that reboots without an answer.
        if run.status == RunStatus.DONE:
            assert boots[name] >= 2, name
    unheard = [name for name, run in runs.items() if run.status == "done" and not saw[name]]
    assert len(unheard) <= 3 * most, "only what was open when the server was killed"
    unsure = sum(run.status == RunStatus.NOT_CONFIRMED for run in runs.values())
    assert unsure <= 3 * most, "only those that were being asked when it was killed"
    assert await sync_to_async(most_open)(batch) <= most
