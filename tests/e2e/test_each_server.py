"""The whole portal on each server it may run on, as a process of its own."""

import json
from collections.abc import Iterator
from contextlib import suppress
from urllib.request import urlopen

import pytest
from asgiref.sync import sync_to_async
from pytest_django.plugin import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed, InvalidStatus

from operations.models import Station
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually, history
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import SERVERS, Portal, served_apart

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


@pytest.fixture(scope="module", params=SERVERS)
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


async def test_it_says_that_it_lives_and_is_ready(server: Portal) -> None:
    with urlopen(f"{server.url}/healthz") as answer:  # noqa: ASYNC210, S310
        assert answer.status == 200
    with urlopen(f"{server.url}/readyz") as answer:  # noqa: ASYNC210, S310
        assert json.load(answer) == {"database": True, "layer": True, "broker": True}


async def test_a_message_of_20_mib_ends_its_socket_alone(server: Portal) -> None:
    for identity in ("CP-1", "CP-2"):
        await sync_to_async(StationFactory)(identity=identity, connected=False)
    async with (
        FakeStation(server.stations_url, "CP-1") as station,
        FakeStation(server.stations_url, "CP-2") as neighbour,
    ):
        await neighbour.boots()
        with suppress(ConnectionClosed):
            await station.sends_raw("x" * 20 * 2**20)
        assert (await station.is_closed())[0] == 1009
        await neighbour.reports_status(1, "Available")
        await eventually(lambda: not Station.objects.get(identity="CP-1").is_connected)


async def test_a_refused_handshake_says_why(server: Portal) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await FakeStation(server.stations_url, "NOBODY").connects()
    assert caught.value.response.status_code == 404
    assert b"No station has this identity" in (caught.value.response.body or b"")
