"""A triggered message over real sockets: asked for, heard, linked; in each OCPP version."""

import pytest
from asgiref.sync import sync_to_async

from operations.models import CommandRun, OcppMessage
from operations.services.runs import Options
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, history
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


async def ready(portal: Portal, version: OcppVersion) -> FakeStation:
    """A station that has booted and reported its connector Available."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    station = FakeStation(portal.stations_url, "CP-1", version=version)
    await station.connects()
    await station.boots()
    await station.reports_status(1, "Available")
    return station


async def proofs(run: CommandRun) -> list[str]:
    """The actions of the station's messages that are linked to the run."""
    linked = OcppMessage.objects.filter(run=run, is_from_station=True).order_by("pk")
    return [message.action async for message in linked]


@VERSIONS
async def test_a_heartbeat_that_was_asked_for_is_done_when_it_comes(
    portal: Portal, version: OcppVersion
) -> None:
    station = await ready(portal, version)
    await station.beats()
    run = await asks("CP-1", "trigger-message", message="heartbeat")
    call = await station.expects("TriggerMessage")
    assert call.payload == {"requestedMessage": "Heartbeat"}
    await station.answers(call, status="Accepted")
    await becomes(run, "accepted")
    assert await proofs(run) == []
    await station.beats()
    await becomes(run, "done")
    assert await history(run) == ["queued", "sent", "accepted", "done"]
    assert await proofs(run) == ["Heartbeat"]
    await station.drops()


@VERSIONS
async def test_a_status_may_come_before_the_answer(portal: Portal, version: OcppVersion) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "trigger-message", message="status-notification")
    call = await station.expects("TriggerMessage")
    await station.reports_status(1, "Available")
    await station.answers(call, status="Accepted")
    await becomes(run, "done")
    assert await proofs(run) == ["StatusNotification"]
    await station.drops()


@VERSIONS
async def test_a_boot_on_a_new_socket_counts(portal: Portal, version: OcppVersion) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "trigger-message", message="boot-notification")
    await station.answers(await station.expects("TriggerMessage"), status="Accepted")
    await becomes(run, "accepted")
    await station.drops()
    await station.connects()
    await station.boots()
    await becomes(run, "done")
    assert await proofs(run) == ["BootNotification"]
    await station.drops()


async def test_accepted_but_nothing_received(portal: Portal) -> None:
    station = await ready(portal, V16)
    patience = Options(effect_timeout_s=1)
    run = await asks("CP-1", "trigger-message", message="meter-values", options=patience)
    await station.answers(await station.expects("TriggerMessage"), status="Accepted")
    await station.beats()
    await becomes(run, "not-confirmed")
    assert run.summary == "Accepted, but nothing received: no MeterValues came."
    await station.drops()
