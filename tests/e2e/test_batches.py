"""Batches over real sockets: the counters equal what the stations saw, whatever is killed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from evcharge.asgi import runtime
from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandBatch, CommandRun, Connector, Station
from operations.services import batch_figures, batches
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import BatchStatus, RunStatus
from operations.versions import V16, V201
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal, served_apart

SINGLE = Profile("Alfen", "Eve Single", ("6.4.0",), (1,))
QUICK = Pace(reboot_s=0.1, meter_s=1, retry_s=0.1, longest_retry_s=0.5)

# Out of each twenty: what they do, and how a run that turns them off ends.
BEHAVIOURS = {
    **dict.fromkeys(range(20), ("", RunStatus.DONE)),
    **dict.fromkeys((0, 1), ("late-answers=0.5", RunStatus.DONE)),
    **dict.fromkeys((2, 3), ("silent", RunStatus.TIMED_OUT)),
    **dict.fromkeys((4, 5), ("rejects", RunStatus.REFUSED)),
    6: ("drops-on-call", RunStatus.CONNECTION_LOST),
}


@asynccontextmanager
async def fleet_at(url: str, behaviours: list[str]) -> AsyncIterator[Fleet]:
    """Simulated stations, all connected and reported, half of them 2.0.1."""
    specs = [
        StationSpec(
            f"SIM-{number:03}",
            (V16, V201)[number % 2],
            SINGLE,
            quirks=quirks_of([behaviour] if behaviour else []),
        )
        for number, behaviour in enumerate(behaviours)
    ]
    await sync_to_async(_make_known)(specs)
    fleet = Fleet(url, specs, pace=QUICK)
    await fleet.start()
    try:
        reported = Connector.objects.exclude(charging_status="")
        await eventually(
            lambda: reported.count() == len(specs), lambda: f"{reported.count()} reported", 30
        )
        yield fleet
    finally:
        await fleet.stop()


def _make_known(specs: list[StationSpec]) -> None:
    for spec in specs:
        StationFactory(identity=spec.identity, connected=False, protocol="")


def turn_off_all(terms: Terms) -> CommandBatch:
    return batches.submit(
        command=BY_SLUG["change-availability"],
        selection=Selection(TargetKind.CONNECTOR, Connector.objects.all()),
        params={"availability": "off"},
        user=None,
        terms=terms,
    )


def reboot_all(terms: Terms) -> CommandBatch:
    return batches.submit(
        command=BY_SLUG["reboot"],
        selection=Selection(TargetKind.STATION, Station.objects.all()),
        params={"mode": "now"},
        user=None,
        terms=terms,
    )


async def ends(batch: CommandBatch, within: float = 60) -> None:
    def has_ended() -> bool:
        batch.refresh_from_db()
        return batch.ended_at is not None

    await eventually(has_ended, lambda: str(batch_figures.counters(batch=batch)), within)


def most_open(batch: CommandBatch) -> int:
    """How many runs were open at the busiest moment, by the records."""
    spans: list[tuple[datetime, datetime]] = [
        (run.released_at, run.closed_at)
        for run in batch.runs.all()
        if run.released_at and run.closed_at
    ]
    # At the same moment ends go before beginnings.
    steps = sorted([(began, 1) for began, _end in spans] + [(end, -1) for _began, end in spans])
    most = now = 0
    for _at, step in steps:
        now += step
        most = max(most, now)
    return most


async def test_the_counters_equal_what_the_stations_saw(portal: Portal) -> None:
    behaviours = [BEHAVIOURS[number % 20][0] for number in range(60)]
    async with fleet_at(portal.stations_url, behaviours) as fleet:
        terms = Terms(most_open=15, answer_timeout_s=2, effect_timeout_s=5)
        batch = await sync_to_async(turn_off_all)(terms)
        await ends(batch)
        heard = {
            identity: station.tally.heard["ChangeAvailability"]
            for identity, station in fleet.stations.items()
        }
    assert set(heard.values()) == {1}, heard
    runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
    expected = {f"SIM-{number:03}": BEHAVIOURS[number % 20][1] for number in range(60)}
    assert {identity: run.status for identity, run in runs.items()} == expected
    counters = await sync_to_async(batch_figures.counters)(batch=batch)
    assert counters.by_status == {
        RunStatus.DONE: 45,
        RunStatus.TIMED_OUT: 6,
        RunStatus.REFUSED: 6,
        RunStatus.CONNECTION_LOST: 3,
    }
    assert batch.status == BatchStatus.DONE
    assert await sync_to_async(most_open)(batch) == 15
    answers = dict(await sync_to_async(batch_figures.answers)(batch=batch))
    assert (answers["Accepted"], answers["Rejected"]) == (45, 6)


async def test_a_single_click_is_not_stuck_behind_a_batch(portal: Portal) -> None:
    async with fleet_at(portal.stations_url, ["silent"] * 12) as _fleet:
        # Nobody's time is over while the click has its turn, however busy the machine is.
        terms = Terms(most_open=6, answer_timeout_s=300)
        batch = await sync_to_async(turn_off_all)(terms)
        await sync_to_async(StationFactory)(identity="CP-1", connected=False)
        async with FakeStation(portal.stations_url, "CP-1") as station:
            await station.boots()
            await station.reports_status(1, "Available")
            click = await asks("CP-1", "unlock", connector=1)
            call = await station.expects("UnlockConnector")
            await station.answers(call, status="Unlocked")
            await becomes(click, "done")
        held = CommandRun.objects.held().filter(batch=batch)
        assert await held.aexists(), "the batch goes on meanwhile"
        await sync_to_async(batches.cancel_rest)(batch=batch, user=None)
    # The silent ones have left: what they were asked has ended too.
    await ends(batch)
    assert batch.status == BatchStatus.CANCELLED


async def test_a_station_is_asked_when_it_connects_where_that_is_wanted(portal: Portal) -> None:
    async with fleet_at(portal.stations_url, [""]):
        pass
    away = Station.objects.filter(connected_at=None)
    await eventually(away.exists)
    terms = Terms(waits_until=timezone.now() + timedelta(minutes=5))
    batch = await sync_to_async(turn_off_all)(terms)
    run = await batch.runs.aget()
    assert run.waits_for_station
    async with FakeStation(portal.stations_url, "SIM-000") as station:
        await station.boots()
        await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
        await station.reports_status(1, "Unavailable")
        await becomes(run, "done")
        await ends(batch)


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
async def test_killed_in_the_middle_a_batch_goes_on_and_nobody_is_asked_twice(
    tmp_path: Path,
) -> None:
    port = services.free_port()
    url = f"ws://127.0.0.1:{port}/ocpp"
    done = CommandRun.objects.filter(status=RunStatus.DONE)
    with served_apart("daphne", log=tmp_path / "first", port=port) as portal:
        async with fleet_at(url, [""] * 30) as fleet:
            batch = await sync_to_async(reboot_all)(Terms(most_open=5, effect_timeout_s=30))
            await eventually(lambda: done.count() >= 8, lambda: f"{done.count()} done", 30)
            assert portal.process is not None
            portal.process.kill()
            portal.process.wait()
            asked = await CommandRun.objects.filter(sent_at__isnull=False).acount()
            assert asked < 30, "it was killed too late to tell"
            with served_apart("daphne", log=tmp_path / "second", port=port):
                await ends(batch, within=90)
            heard = {
                identity: station.tally.heard["Reset"]
                for identity, station in fleet.stations.items()
            }
    assert max(heard.values()) == 1, "a Reset is never sent twice"
    runs = {run.station.identity: run async for run in batch.runs.select_related("station")}
    assert {run.status for run in runs.values()} <= {RunStatus.DONE, RunStatus.NOT_CONFIRMED}
    for identity, run in runs.items():
        # One that was cut off before its Reset went out boots as it comes back: done, unanswered.
        if run.status == RunStatus.DONE and run.answered_at is not None:
            assert heard[identity] == 1, identity
    # Those that were being asked when it was killed may not have got it.
    assert await done.acount() >= 25
    assert await sync_to_async(most_open)(batch) <= 5
