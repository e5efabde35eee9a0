"""Local lists over real sockets: pieces one after the other, refusals, and what is left of them."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from operations.models import LocalList, RunTransition, StationList, Token
from operations.models.local_lists import ListState
from operations.services.local_lists import assigning, revisions, syncing
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import OrganisationFactory, StationFactory, TokenFactory
from tests.fake_station import FakeStation
from tests.portal import Portal

VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


def prepare(version: OcppVersion, count: int, **of_list: Any) -> LocalList:
    """A station and its list of so many tokens."""
    organisation = OrganisationFactory()
    for number in range(count):
        TokenFactory(identifier=f"TAG{number:03}", organisation=organisation)
    station = StationFactory(
        identity="CP-1", connected=False, organisation=organisation, protocol=version.name
    )
    local_list = LocalList(name="Cards", organisation=organisation, **of_list)
    assigning.save(local_list=local_list, sites=[], tokens=[])
    assigning.assign(local_list=local_list, station_pks=[station.pk])
    return local_list


async def ready(
    portal: Portal, version: OcppVersion, count: int, **of_list: Any
) -> tuple[FakeStation, LocalList]:
    """A station that has booted, and the list it is to hold."""
    local_list = await sync_to_async(prepare)(version, count, **of_list)
    station = FakeStation(portal.stations_url, "CP-1", version=version)
    await station.connects()
    await station.boots()
    return station, local_list


async def is_looked_at(station: FakeStation, held: int = 0, most: int = 10) -> None:
    """Answer what is asked before a list goes out."""
    look = await station.expects("GetLocalListVersion")
    if station.version is V16:
        await station.answers(look, listVersion=held)
        keys = await station.expects("GetConfiguration")
        limit = {"key": "SendLocalListMaxLength", "readonly": True, "value": str(most)}
        await station.answers(keys, configurationKey=[limit])
        return
    await station.answers(look, versionNumber=held)
    asked = await station.expects("GetVariables")
    results = [
        {
            **each,
            "attributeStatus": "Accepted",
            "attributeValue": str(most),
        }
        if each["variable"]["name"] == "ItemsPerMessage"
        else {**each, "attributeStatus": "UnknownVariable"}
        for each in asked.payload["getVariableData"]
    ]
    await station.answers(asked, getVariableResult=results)


async def takes(station: FakeStation, status: str = "Accepted") -> tuple[str, int, int]:
    """Answer a piece; returns its update type, version and number of entries."""
    call = await station.expects("SendLocalList")
    await station.stays_silent(0.1)  # the next one waits for this answer
    await station.answers(call, status=status)
    payload = call.payload
    number = payload.get("listVersion", payload.get("versionNumber"))
    return payload["updateType"], number, len(payload.get("localAuthorizationList", []))


async def state_of(local_list: LocalList) -> StationList:
    return await StationList.objects.aget(local_list=local_list)


@VERSIONS
async def test_25_with_a_limit_of_10_go_as_full_10_differential_10_and_5(
    portal: Portal, version: OcppVersion
) -> None:
    station, local_list = await ready(portal, version, 25)
    run = await asks("CP-1", "send-local-list", mode="full")
    await is_looked_at(station)
    assert [await takes(station) for _piece in range(3)] == [
        ("Full", 1, 10),
        ("Differential", 2, 10),
        ("Differential", 3, 5),
    ]
    await becomes(run, "done")
    copy = await state_of(local_list)
    assert (copy.state, copy.version) == (ListState.IN_STEP, 3)
    await station.drops()


@VERSIONS
async def test_a_differential_refused_with_version_mismatch_turns_into_one_full(
    portal: Portal, version: OcppVersion
) -> None:
    station, local_list = await ready(portal, version, 3)
    run = await asks("CP-1", "send-local-list", mode="full")
    await is_looked_at(station)
    await takes(station)
    await becomes(run, "done")
    await sync_to_async(_lose_a_token)(local_list)
    assert (await state_of(local_list)).state == ListState.BEHIND

    run = await asks("CP-1", "send-local-list", mode="differential")
    await is_looked_at(station, held=1)
    assert await takes(station, "VersionMismatch") == ("Differential", 2, 1)
    assert await takes(station) == ("Full", 3, 2)
    await becomes(run, "done")
    causes = [step.cause async for step in RunTransition.objects.filter(run=run)]
    assert any("VersionMismatch. Sending the whole list instead." in cause for cause in causes)
    await station.drops()


def _lose_a_token(local_list: LocalList) -> None:
    Token.objects.filter(identifier="TAG001").delete()
    revisions.tokens_changed()
    syncing.keep_up(now=timezone.now() + syncing.QUIET)


async def test_a_socket_lost_between_two_pieces_leaves_a_partly_applied_list(
    portal: Portal,
) -> None:
    station, local_list = await ready(portal, V16, 25)
    run = await asks("CP-1", "send-local-list", mode="full")
    await is_looked_at(station)
    await takes(station)
    await station.expects("SendLocalList")
    await station.drops()
    await becomes(run, "connection-lost")
    assert "partly applied: version 1, 10 of 25" in run.summary
    copy = await state_of(local_list)
    assert (copy.state, copy.applied) == (ListState.PARTLY, 10)


async def test_other_requests_are_answered_between_two_pieces(portal: Portal) -> None:
    station, _local_list = await ready(portal, V16, 25)
    run = await asks("CP-1", "send-local-list", mode="full")
    await is_looked_at(station)
    piece = await station.expects("SendLocalList")
    other = await asks("CP-1", "clear-cache")
    await station.answers(piece, status="Accepted")
    await station.answers(await station.expects("ClearCache"), status="Accepted")
    await becomes(other, "done")
    assert await takes(station) == ("Differential", 2, 10)
    assert await takes(station) == ("Differential", 3, 5)
    await becomes(run, "done")
    await station.drops()


async def test_a_list_that_syncs_follows_its_tokens(portal: Portal) -> None:
    station, local_list = await ready(portal, V16, 2, syncs=True)
    await is_looked_at(station)
    assert await takes(station) == ("Full", 1, 2)

    def is_in_step() -> bool:
        return StationList.objects.get(local_list=local_list).state == ListState.IN_STEP

    await eventually(is_in_step)
    await sync_to_async(_block)()
    await is_looked_at(station, held=1)
    # A token that is blocked charges offline no more.
    assert await takes(station) == ("Differential", 2, 1)
    await eventually(is_in_step)
    await station.drops()


def _block() -> None:
    Token.objects.filter(identifier="TAG001").update(status="Blocked")
    revisions.tokens_changed()
    LocalList.objects.update(stale_at=timezone.now() - syncing.QUIET)
