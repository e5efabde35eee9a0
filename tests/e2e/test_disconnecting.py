"""An operator closes a station's socket, puts it into quarantine, or forgets it."""

from asgiref.sync import sync_to_async

from operations.models import Connection, Station
from operations.services import connections, stations
from operations.statuses import Registration
from tests.e2e.asking import eventually
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

WORDS = "disconnected by an operator"


async def test_a_disconnected_station_hears_why_and_may_come_back(portal: Portal) -> None:
    row = await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1") as station:
        await station.boots()
        assert await sync_to_async(connections.disconnect)(station=row, why="Disconnected by lee.")
        assert await station.is_closed() == (4004, WORDS)
        await eventually(lambda: not Station.objects.get().is_connected)
        await station.connects()
        assert (await station.boots())["status"] == "Accepted"
    closed = await Connection.objects.order_by("epoch").afirst()
    assert closed is not None
    assert (closed.close_code, closed.close_reason) == (4004, "Disconnected by lee.")


async def test_in_quarantine_a_station_is_told_to_wait(portal: Portal) -> None:
    row = await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    async with FakeStation(portal.stations_url, "CP-1") as station:
        assert (await station.boots())["status"] == "Accepted"
        await sync_to_async(stations.quarantine)(station=row, why="Put into quarantine.")
        assert await station.is_closed() == (4004, WORDS)
        await station.connects()
        assert (await station.boots())["status"] == "Pending"


async def test_a_forgotten_station_is_gone_and_its_socket_closed(portal: Portal) -> None:
    row = await sync_to_async(StationFactory)(
        identity="CP-1", connected=False, organisation=None, registration=Registration.PENDING
    )
    async with FakeStation(portal.stations_url, "CP-1") as station:
        await station.boots()
        await sync_to_async(stations.forget)(station=row, why="Forgotten.")
        assert await station.is_closed() == (4004, WORDS)
    assert not await Station.objects.aexists()
