"""What end-to-end tests do over and over: ask a station, and wait for what becomes of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.commands import BY_SLUG
from operations.models import CommandRun, Connector, RunTransition, Station
from operations.services import runs, targets
from operations.services.runs import Options
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

DEADLINE_S = 30.0


async def asks(
    identity: str,
    slug: str,
    *,
    connector: int | None = None,
    charger: int | None = None,
    options: Options | None = None,
    **params: Any,
) -> CommandRun:
    """Submit a command as a page would; returns the run as it was left."""

    def submit() -> CommandRun:
        station = Station.objects.get(identity=identity)
        target = targets.of_station(station)
        if connector is not None:
            found = Connector.objects.filter(station=station, number=connector)
            if charger is not None:
                found = found.filter(charger__number=charger)
            target = targets.of_connector(found.select_related("charger", "station").get())
        elif charger is not None:
            target = targets.of_charger(station.chargers.get(number=charger))
        return runs.submit(command=BY_SLUG[slug], target=target, params=params, options=options)

    return await sync_to_async(submit)()


async def becomes(run: CommandRun, *statuses: str, within: float = DEADLINE_S) -> CommandRun:
    """Wait until the run has one of these statuses."""

    def is_there() -> bool:
        run.refresh_from_db()
        return run.status in statuses

    await eventually(is_there, lambda: f"{run} is {run.status}: {run.summary}", within)
    return run


async def eventually(
    condition: Callable[[], bool],
    what: Callable[[], str] = lambda: "the condition",
    within: float = DEADLINE_S,
) -> None:
    """Wait until a condition on the database holds."""
    try:
        async with asyncio.timeout(within):
            while not await sync_to_async(condition)():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        said = await sync_to_async(what)()
        raise AssertionError(f"not within {within} s: {said}") from None


async def history(run: CommandRun) -> list[str]:
    """The statuses the run went through."""
    steps = RunTransition.objects.filter(run=run).order_by("pk")
    return [step.to_status async for step in steps]


async def status_of(run: CommandRun) -> RunStatus:
    await run.arefresh_from_db()
    return RunStatus(run.status)


VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


async def ready(portal: Portal, version: OcppVersion, identity: str = "CP-1") -> FakeStation:
    """A station that has booted and reported its connector Available."""
    await sync_to_async(StationFactory)(identity=identity, connected=False)
    station = FakeStation(portal.stations_url, identity, version=version)
    await station.connects()
    await station.boots()
    await station.reports_status(1, "Available")
    return station
