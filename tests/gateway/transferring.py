"""A simulated station that fetches and brings files without wasting time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.specs import StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.versions import V16, OcppVersion
from tests.gateway.simulated import DOUBLE, ID, QUICK
from tests.gateway.toy_central_system import ToyCentralSystem

IMAGE = bytes(range(256)) * 600  # some 150 kB: several chunks
FAST = replace(QUICK, install_s=0.05, speed=1000.0)


@asynccontextmanager
async def station(
    system: ToyCentralSystem, version: OcppVersion, *behaviours: str
) -> AsyncIterator[SimulatedStation]:
    """One station that wastes no time, accepted and reported."""
    spec = StationSpec(ID, version, DOUBLE, quirks=quirks_of(behaviours))
    fleet, mark = Fleet(system.url, [spec], pace=FAST), len(system.frames)
    await fleet.start()
    try:
        await system.hears("StatusNotification", since=mark)
        yield fleet.stations[ID]
    finally:
        await fleet.stop()


def update(version: OcppVersion, url: str, **more: Any) -> dict[str, Any]:
    """An UpdateFirmware, for now if nothing else is said."""
    now = datetime.now(UTC).isoformat()
    if version is V16:
        return {"location": url, "retrieveDate": now, "retries": 3, "retryInterval": 5, **more}
    return {
        "requestId": 7,
        "retries": 3,
        "retryInterval": 5,
        "firmware": {"location": url, "retrieveDateTime": now, **more},
    }


def told(system: ToyCentralSystem, action: str = "FirmwareStatusNotification") -> list[str]:
    return [payload["status"] for payload in system.said(action)]
