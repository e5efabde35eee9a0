"""Sockets: who is admitted, which one counts, and what closing means."""

import gc
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from pytest_django.fixtures import Settings
from websockets.exceptions import InvalidStatus

from ocpp_gateway.consumers import StationConsumer
from ocpp_gateway.conversation import Conversation
from operations.models import Connection, Station
from operations.services import stations
from operations.versions import V16, V21, V201
from tests.e2e.asking import asks, eventually
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal


async def refusal(station: FakeStation) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        await station.connects()
    return caught.value


async def test_an_unknown_station_is_refused_with_a_reason(portal: Portal) -> None:
    error = await refusal(FakeStation(portal.stations_url, "NOBODY"))
    assert error.response.status_code == 404
    assert b"No station has this identity" in (error.response.body or b"")
    assert not await Station.objects.aexists()


async def test_an_unknown_station_may_be_accepted(portal: Portal, settings: Settings) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = "accept"
    async with FakeStation(portal.stations_url, "NEW-1", version=V201) as station:
        assert (await station.boots())["status"] == "Accepted"
    row = await Station.objects.aget()
    assert (row.identity, row.vendor, row.protocol) == ("NEW-1", "Alfen", "2.0.1")


async def test_an_unknown_station_in_quarantine_is_pending_until_approved(
    portal: Portal, settings: Settings
) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = "quarantine"
    async with FakeStation(portal.stations_url, "NEW-1") as station:
        assert (await station.boots())["status"] == "Pending"
        row = await Station.objects.aget()
        await sync_to_async(stations.approve)(station=row, organisation=None)
        assert (await station.boots())["status"] == "Accepted"


async def test_a_station_with_a_password_must_give_it(portal: Portal) -> None:
    await sync_to_async(stations.create_station)(identity="CP-1", password="s3cret-enough-16")
    for wrong in (None, "wrong", ""):
        error = await refusal(FakeStation(portal.stations_url, "CP-1", password=wrong))
        assert error.response.status_code == 401
        assert error.response.headers["WWW-Authenticate"].startswith("Basic")
    async with FakeStation(portal.stations_url, "CP-1", password="s3cret-enough-16") as station:
        assert (await station.boots())["status"] == "Accepted"


@pytest.mark.parametrize("identity", ["CP:1|a@b=c", "Büro 7", "CP/1", "ÄÖÜ*+"])
async def test_identities_are_percent_encoded(portal: Portal, identity: str) -> None:
    await sync_to_async(stations.create_station)(identity=identity, password="s3cret-enough-16")
    async with FakeStation(portal.stations_url, identity, password="s3cret-enough-16") as station:
        await station.boots()
    assert (await Station.objects.aget()).booted_at is not None


async def test_a_trailing_slash_is_tolerated_and_case_is_not(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-a", connected=False)
    station = FakeStation(portal.stations_url, "CP-a")
    station.url += "/"
    async with station:
        await station.boots()
    assert (await refusal(FakeStation(portal.stations_url, "cp-A"))).response.status_code == 404


async def test_our_preference_chooses_among_the_offered_versions(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    offered = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1", "mqtt"]
    async with FakeStation(portal.stations_url, "CP-1", subprotocols=offered) as station:
        assert station.socket.subprotocol == "ocpp2.1"
    assert (await Station.objects.aget()).protocol == V21.name


async def test_without_a_version_we_speak_there_is_no_socket(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    for offered in ([], ["ocpp1.5"]):
        station = FakeStation(portal.stations_url, "CP-1", subprotocols=offered)
        error = await refusal(station)
        assert error.response.status_code == 400
        assert b"ocpp2.0.1" in (error.response.body or b"")


async def test_the_newest_socket_has_the_station(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    old = FakeStation(portal.stations_url, "CP-1")
    new = FakeStation(portal.stations_url, "CP-1")
    await old.connects()
    await old.boots()
    await new.connects()
    assert await old.is_closed() == (4001, "replaced by a newer connection")
    await new.boots()
    assert (await Station.objects.aget()).is_connected
    await asks("CP-1", "reboot", mode="idle")
    await new.expects("Reset")
    connections = [row async for row in Connection.objects.order_by("epoch")]
    assert [row.closed_at is None for row in connections] == [False, True]
    assert connections[0].close_reason == "Replaced by a newer connection."
    await new.drops()
    await eventually(lambda: not Station.objects.get().is_connected)


async def test_a_closed_socket_is_noted_with_code_and_time(portal: Portal) -> None:
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1", version=V16) as station:
        await station.boots()
        await station.closes(1000, "bye")
        await eventually(lambda: not Station.objects.get().is_connected)
    connection = await Connection.objects.aget()
    assert connection.close_code == 1000
    assert connection.closed_at is not None
    assert (await Station.objects.aget()).disconnected_at is not None


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def of_stations() -> list[object]:
    kinds = (StationConsumer, Conversation)
    return [each for each in gc.get_objects() if type(each) in kinds]


@pytest.mark.usefixtures("_no_collector")
async def test_a_station_that_goes_leaves_nothing_to_the_collector(portal: Portal) -> None:
    """With ten thousand, the collector would stop the process for a second and more."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    assert not of_stations()
    async with FakeStation(portal.stations_url, "CP-1") as station:
        await station.boots()
        assert len(of_stations()) == 2
    await eventually(lambda: not of_stations())
