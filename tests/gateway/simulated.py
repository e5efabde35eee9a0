"""A simulated station against the toy central system, and how to ask things of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.versions import V16, OcppVersion
from tests.gateway.toy_central_system import DEADLINE_S, ToyCentralSystem

ID = "SIM-0001"
DOUBLE = Profile("Alfen", "Eve Double", ("6.4.0",), (1, 1), lock_is_writable=True)
QUICK = Pace(reboot_s=0.05, meter_s=0.03, retry_s=0.02, longest_retry_s=0.1)


@asynccontextmanager
async def station_at(
    system: ToyCentralSystem,
    version: OcppVersion,
    *behaviours: str,
    profile: Profile = DOUBLE,
    password: str | None = None,
) -> AsyncIterator[SimulatedStation]:
    """One station, on and reported."""
    spec = StationSpec(ID, version, profile, password=password, quirks=quirks_of(behaviours))
    fleet = Fleet(system.url, [spec], pace=QUICK)
    await fleet.start()
    try:
        yield fleet.stations[ID]
    finally:
        await fleet.stop()


def status_of(version: OcppVersion, connector: int, status: str) -> dict[str, Any]:
    """The fields of a StatusNotification; DOUBLE has connector 1 on each of its chargers."""
    if version is V16:
        return {"connectorId": connector, "status": status}
    word = status if status in ("Available", "Unavailable", "Faulted") else "Occupied"
    return {"evseId": connector, "connectorId": 1, "connectorStatus": word}


def off(version: OcppVersion, connector: int | None, *, operative: bool = False) -> dict[str, Any]:
    """A ChangeAvailability request for a connector, or for the whole station."""
    word = "Operative" if operative else "Inoperative"
    if version is V16:
        return {"connectorId": connector or 0, "type": word}
    evse = {"evse": {"id": connector, "connectorId": 1}} if connector else {}
    return {"operationalStatus": word, **evse}


async def comes_true(condition: Callable[[], object]) -> None:
    """Wait for something inside a station that it does not tell."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - it has no event for this
            await asyncio.sleep(0.005)


@asynccontextmanager
async def offline(station: SimulatedStation) -> AsyncIterator[None]:
    """Its line is cut meanwhile; it comes back, boots and tells what happened."""
    station.lose_network()
    await comes_true(lambda: not station.is_connected)
    yield
    station.mend_network()
    await comes_true(lambda: station.is_accepted)
