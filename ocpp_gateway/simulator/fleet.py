"""Many simulated stations in one process, started one after the other."""

import asyncio
import itertools
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.profiles import PROFILES
from ocpp_gateway.simulator.specs import Pace, StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.versions import OcppVersion

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FleetCount:
    """Where the fleet stands, over all its stations."""

    stations: int
    connected: int
    accepted: int
    failed_connects: int
    boots: int
    said: int
    heard: int
    answered: int


class Fleet:
    """Stations that run together; `stations` finds one by identity."""

    def __init__(
        self,
        url: str,
        specs: Iterable[StationSpec],
        *,
        rate: float = 200.0,
        pace: Pace | None = None,
    ) -> None:
        pace = pace or Pace()
        self.stations = {spec.identity: SimulatedStation(url, spec, pace) for spec in specs}
        self._rate = rate
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            await self.start()
            await asyncio.Event().wait()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Switch all stations on, so many a second; returns when the last one is on."""
        began = time.monotonic()
        for number, station in enumerate(self.stations.values()):
            await asyncio.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            task = asyncio.create_task(station.run(), name=station.spec.identity)
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Switch all stations off; each says goodbye."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def count(self) -> FleetCount:
        """The stations' tallies, summed."""
        stations = self.stations.values()
        tallies = [station.tally for station in stations]
        return FleetCount(
            stations=len(stations),
            connected=sum(station.is_connected for station in stations),
            accepted=sum(each.is_connected and each.is_accepted for each in stations),
            failed_connects=sum(tally.failed_connects for tally in tallies),
            boots=sum(tally.boots for tally in tallies),
            said=sum(tally.said for tally in tallies),
            heard=sum(tally.heard.total() for tally in tallies),
            answered=sum(tally.answered for tally in tallies),
        )

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error(
                "A simulated station broke", exc_info=error, extra={"identity": task.get_name()}
            )


def mixed_specs(  # noqa: PLR0913 - what the command line offers
    count: int,
    versions: Sequence[OcppVersion],
    *,
    prefix: str = "SIM",
    password: str | None = None,
    quirks: Quirks | None = None,
    sessions_per_hour: float = 0.0,
    seed: int = 0,
) -> list[StationSpec]:
    """Specs of `count` stations, PREFIX-0001 and on, in turn of each version and model."""
    kinds = zip(itertools.cycle(versions), _each_for(len(versions)), strict=False)
    return [
        StationSpec(
            identity=f"{prefix}-{number:04d}",
            version=version,
            profile=PROFILES[turn % len(PROFILES)],
            password=password,
            quirks=quirks or Quirks(),
            sessions_per_hour=sessions_per_hour,
            seed=seed,
        )
        for number, (version, turn) in zip(range(1, count + 1), kinds, strict=False)
    ]


def _each_for(times: int) -> Iterable[int]:
    """0, 0, 0, 1, 1, 1 …: so that every model comes in every version."""
    return (number // times for number in itertools.count())
