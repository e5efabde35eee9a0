"""A server process of its own: the main job, and every way such a process ends."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from evcharge.asgi import runtime
from ocpp_gateway.gateway import gateway
from operations.models import CommandRun, Connection, Node, OcppMessage, Station
from operations.services import connections
from operations.services.runs import Options
from tests import services
from tests.domain.asked import overdue
from tests.e2e.asking import asks, becomes, eventually, status_of
from tests.factories import StationFactory
from tests.fake_station import Call, FakeStation
from tests.portal import SERVERS, Portal, served_apart

KINDS = pytest.mark.parametrize("kind", SERVERS)


@pytest.fixture
def _no_other_sweeper(transactional_db: None) -> Iterator[None]:
    """The portal that other tests have in this process would sweep what is ours to see swept."""
    was_running = runtime._is_started
    if was_running:
        runtime._celery.stop()
    yield
    if was_running:
        runtime._celery.start()


# --- Killed


@KINDS
@pytest.mark.usefixtures("_no_other_sweeper")
async def test_killed_in_the_middle_of_runs_and_started_again(kind: str, tmp_path: Path) -> None:
    port = services.free_port()
    async with AsyncExitStack() as stack:
        with served_apart(kind, log=tmp_path / "first", port=port) as portal:
            fleet = await _four_stations(portal, stack)
            runs = await _a_run_of_each_kind()
            unanswered = await fleet["SENT"].expects("ChangeAvailability")
            await fleet["RESET"].expects("Reset")
            accepted = await fleet["ACCEPTED"].expects("ChangeAvailability")
            await fleet["ACCEPTED"].answers(accepted, status="Accepted")
            await becomes(runs["ACCEPTED"], "accepted")
            assert await status_of(runs["QUEUED"]) == "queued"
            assert await status_of(runs["SENT"]) == "sent"
            held = await _killed(portal)
            await sync_to_async(overdue)(runs["ACCEPTED"])

        with served_apart(kind, log=tmp_path / "second", port=port):
            # All that the dead process held is settled before anybody may connect.
            assert not await Connection.objects.filter(closed_at=None).aexists()
            assert not await Station.objects.exclude(connected_at=None).aexists()
            assert not await held.aexists()
            await becomes(runs["QUEUED"], "not-connected")
            await becomes(runs["SENT"], "connection-lost")
            await becomes(runs["RESET"], "in-progress")
            await becomes(runs["ACCEPTED"], "not-confirmed")
            await _goes_on(fleet, runs, unanswered)


async def _four_stations(portal: Portal, stack: AsyncExitStack) -> dict[str, FakeStation]:
    """Three have booted, and one may not be asked yet."""
    names = ("QUEUED", "SENT", "RESET", "ACCEPTED")
    for name in names:
        await sync_to_async(StationFactory)(identity=name, connected=False)
    fleet = {name: FakeStation(portal.stations_url, name) for name in names}
    for station in fleet.values():
        await stack.enter_async_context(station)
    for name in ("SENT", "RESET", "ACCEPTED"):
        await fleet[name].boots()
        await fleet[name].reports_status(1, "Available")
    return fleet


async def _a_run_of_each_kind() -> dict[str, CommandRun]:
    # Long enough for each status to be seen, however busy the machine is.
    options = Options(effect_timeout_s=60, answer_timeout_s=60)
    off: dict[str, Any] = {"connector": 1, "availability": "off", "options": options}
    return {
        "QUEUED": await asks("QUEUED", "reboot", mode="idle", options=options),
        "SENT": await asks("SENT", "change-availability", **off),
        "RESET": await asks("RESET", "reboot", mode="idle", options=options),
        "ACCEPTED": await asks("ACCEPTED", "change-availability", **off),
    }


async def _killed(portal: Portal) -> QuerySet[Node]:
    """What the process that is no more held."""
    assert portal.process is not None
    held = Node.objects.filter(name__contains=f"-{portal.process.pid}-")
    assert await held.aexists()
    portal.process.kill()
    portal.process.wait()
    return held


async def _goes_on(
    fleet: dict[str, FakeStation], runs: dict[str, CommandRun], unanswered: Call
) -> None:
    """The stations come back: what they say counts, and nobody is asked twice."""
    for station in fleet.values():
        await station.connects()
    await fleet["RESET"].boots()
    await becomes(runs["RESET"], "done")
    # A late answer is matched by its id, on another socket and in another process.
    await fleet["SENT"].answers(unanswered, status="Accepted")
    await becomes(runs["SENT"], "accepted")
    assert "Answered after" in runs["SENT"].summary
    await fleet["SENT"].reports_status(1, "Unavailable")
    await becomes(runs["SENT"], "done")
    for name in ("QUEUED", "SENT", "ACCEPTED"):
        await fleet[name].boots()
    await fleet["RESET"].hears_nothing(within=1.5)
    for station in fleet.values():
        await station.hears_nothing(within=0.1)
    assert not await CommandRun.objects.open().aexists()
    for station in fleet.values():
        await station.closes()


# --- Stopped


@KINDS
@pytest.mark.usefixtures("_no_other_sweeper")
async def test_stopped_it_says_goodbye_and_leaves_nothing_open(kind: str, tmp_path: Path) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    with served_apart(kind, log=tmp_path / "log") as portal:
        async with FakeStation(portal.stations_url, "CP-1") as station:
            await station.boots()
            run = await asks("CP-1", "reboot", mode="now")
            await station.expects("Reset")
            await station.beats()
            assert portal.process is not None
            portal.process.send_signal(SIGTERM)
            code, _reason = await station.is_closed(within=10)
            # uvicorn has its own word for it, and ends by the signal it got once all is done.
            assert code == {"daphne": 1001, "uvicorn": 1012}[kind]
            ended = await sync_to_async(portal.process.wait)(15)
            assert ended == {"daphne": 0, "uvicorn": -SIGTERM}[kind]
    connection = await Connection.objects.aget()
    assert connection.closed_at is not None
    assert connection.close_code in (1001, 1012)
    assert not (await Station.objects.aget()).is_connected
    assert await status_of(run) == "in-progress"
    assert not await Node.objects.filter(name__contains=f"-{portal.process.pid}-").aexists()
    assert await OcppMessage.objects.filter(action="Heartbeat").aexists()
    assert "Traceback" not in (tmp_path / "log").read_text()


# --- Taken for dead


async def test_a_socket_the_database_has_closed_is_hung_up(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1") as station:
        await station.boots()
        # As when this process stood still for longer than its lease, and another one swept.
        await sync_to_async(connections.stop_node)(name=gateway.node)
        assert not (await Station.objects.aget()).is_connected
        assert (await station.is_closed(within=10))[0] == 4003
        await station.connects()
        await station.beats()
        assert (await Station.objects.aget()).is_connected
        await eventually(lambda: Node.objects.filter(name=gateway.node).exists())
        await station.closes()
        await eventually(lambda: not Station.objects.get().is_connected)
