"""A server process of its own: the main job, and every way such a process ends."""

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM
from urllib.request import urlopen

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed

from evcharge.asgi import runtime
from ocpp_gateway.gateway import gateway
from operations.models import CommandRun, Connection, Node, OcppMessage, Station
from operations.services import connections, sweeping
from operations.services.runs import Options
from operations.versions import V16, V21, V201, OcppVersion
from tests import services
from tests.e2e.asking import asks, becomes, eventually, history, status_of
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import SERVERS, Portal, served_apart

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
KINDS = pytest.mark.parametrize("kind", SERVERS)
# One server for all tests that leave it alive; xdist keeps them together.
EACH_SERVER = pytest.mark.parametrize(
    "_served_apart",
    [pytest.param(kind, marks=pytest.mark.xdist_group(f"life-{kind}")) for kind in SERVERS],
    indirect=True,
)


@pytest.fixture
def _no_other_sweeper(transactional_db: None) -> Iterator[None]:
    """The portal that other tests have in this process would sweep what is ours to see swept."""
    was_running = runtime._is_started
    if was_running:
        runtime._celery.stop()
    yield
    if was_running:
        runtime._celery.start()


@pytest.fixture(scope="module")
def _served_apart(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Portal]:
    log = tmp_path_factory.mktemp("server") / "log"
    with django_db_blocker.unblock(), served_apart(request.param, log=log) as portal:
        yield portal


@pytest.fixture
def server(_served_apart: Portal, transactional_db: None) -> Portal:
    return _served_apart


# --- While it lives


@EACH_SERVER
@VERSIONS
async def test_the_main_job(server: Portal, version: OcppVersion) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(server.stations_url, "CP-1", version=version) as station:
        assert (await station.boots())["status"] == "Accepted"
        await station.reports_status(1, "Available")
        run = await asks("CP-1", "change-availability", connector=1, availability="off")
        await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
        await station.reports_status(1, "Unavailable")
        await becomes(run, "done")
        await station.closes()
    assert await history(run) == ["queued", "sent", "accepted", "done"]
    await eventually(lambda: not Station.objects.get().is_connected)


@EACH_SERVER
async def test_it_says_that_it_lives_and_is_ready(server: Portal) -> None:
    with urlopen(f"{server.url}/healthz") as answer:  # noqa: ASYNC210, S310
        assert answer.status == 200
    with urlopen(f"{server.url}/readyz") as answer:  # noqa: ASYNC210, S310
        assert json.load(answer) == {"database": True, "layer": True, "broker": True}


@EACH_SERVER
async def test_a_message_of_20_mib_ends_its_socket_alone(server: Portal) -> None:
    for identity in ("CP-1", "CP-2"):
        await sync_to_async(StationFactory)(identity=identity, connected=False)
    async with (
        FakeStation(server.stations_url, "CP-1") as station,
        FakeStation(server.stations_url, "CP-2") as neighbour,
    ):
        await neighbour.boots()
        with pytest.raises(ConnectionClosed):
            await station.sends_raw("x" * 20 * 2**20)
            await station.receives()
        assert (await station.is_closed())[0] == 1009
        await neighbour.reports_status(1, "Available")
        await eventually(lambda: not Station.objects.get(identity="CP-1").is_connected)


@EACH_SERVER
async def test_a_refused_handshake_says_why(server: Portal) -> None:
    with pytest.raises(Exception, match="404") as caught:
        await FakeStation(server.stations_url, "NOBODY").connects()
    assert b"No station has this identity" in caught.value.response.body


# --- Killed


@KINDS
@pytest.mark.usefixtures("_no_other_sweeper")
async def test_killed_in_the_middle_of_runs_and_started_again(kind: str, tmp_path: Path) -> None:
    port = services.free_port()
    options = Options(effect_timeout_s=2, answer_timeout_s=20)
    async with AsyncExitStack() as stack:
        with served_apart(kind, log=tmp_path / "first", port=port) as portal:
            names = ("QUEUED", "SENT", "RESET", "ACCEPTED")
            for name in names:
                await sync_to_async(StationFactory)(identity=name, connected=False)
            fleet = {name: FakeStation(portal.stations_url, name) for name in names}
            for station in fleet.values():
                await stack.enter_async_context(station)
            for name in ("SENT", "RESET", "ACCEPTED"):
                await fleet[name].boots()
                await fleet[name].reports_status(1, "Available")
            off = {"connector": 1, "availability": "off", "options": options}
            runs = {
                "QUEUED": await asks("QUEUED", "reboot", mode="idle", options=options),
                "SENT": await asks("SENT", "change-availability", **off),
                "RESET": await asks("RESET", "reboot", mode="idle", options=options),
                "ACCEPTED": await asks("ACCEPTED", "change-availability", **off),
            }
            unanswered = await fleet["SENT"].expects("ChangeAvailability")
            await fleet["RESET"].expects("Reset")
            accepted = await fleet["ACCEPTED"].expects("ChangeAvailability")
            await fleet["ACCEPTED"].answers(accepted, status="Accepted")
            await becomes(runs["ACCEPTED"], "accepted")
            assert await status_of(runs["QUEUED"]) == "queued"
            assert await status_of(runs["SENT"]) == "sent"
            dead = await Node.objects.exclude(name__in=["sweeper", gateway.node]).aget()
            assert portal.process is not None
            portal.process.kill()
            portal.process.wait()

        with served_apart(kind, log=tmp_path / "second", port=port):
            # All that the dead process held is settled before anybody may connect.
            assert not await Connection.objects.filter(closed_at=None).aexists()
            assert not await Station.objects.exclude(connected_at=None).aexists()
            assert not await Node.objects.filter(name=dead.name).aexists()
            await becomes(runs["QUEUED"], "not-connected")
            await becomes(runs["SENT"], "connection-lost")
            await becomes(runs["RESET"], "in-progress", "not-confirmed")
            await becomes(runs["ACCEPTED"], "not-confirmed")

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
            await fleet["RESET"].hears_nothing(within=2.5)
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
    assert not await Node.objects.exclude(name__in=["sweeper", gateway.node]).aexists()
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


@pytest.mark.django_db
def test_who_could_not_renew_because_nobody_could_is_not_dead() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Node.objects.create(name="asleep", started_at=long_ago, renewed_at=long_ago)
    Node.objects.create(name=connections.SWEEPER, started_at=long_ago, renewed_at=long_ago)
    sweeping.sweep()
    assert Node.objects.filter(name="asleep").exists()
    # Once the sweeper has watched for a whole lease, silence is death.
    watched = timezone.now() - connections.LEASE * 1.1
    Node.objects.filter(name=connections.SWEEPER).update(started_at=watched)
    sweeping.sweep()
    assert not Node.objects.filter(name="asleep").exists()
