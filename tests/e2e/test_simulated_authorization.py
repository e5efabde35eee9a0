"""Simulated stations and the portal: who charges offline is what the portal's tokens say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.fleet import Fleet
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from ocpp_gateway.simulator.station import SimulatedStation
from operations.models import LocalList, Session, Station, StationList, Token
from operations.services import tokens
from operations.services.local_lists import assigning
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.gateway.simulated import offline
from tests.portal import Portal

EACH = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
WALL = Profile("Alfen", "Eve Single", ("6.4.0",))
QUICK = Pace(reboot_s=0.05, meter_s=60, retry_s=0.02, longest_retry_s=0.1)
CARDS = 25


@asynccontextmanager
async def simulated(
    portal: Portal, version: OcppVersion, *behaviours: str
) -> AsyncIterator[SimulatedStation]:
    """One station that has booted, and is to hold a list of all tokens."""
    await sync_to_async(_set_up)()
    fleet = Fleet(
        portal.stations_url,
        [StationSpec("CP-1", version, WALL, quirks=quirks_of(behaviours))],
        pace=QUICK,
    )
    await fleet.start()
    try:
        known = Station.objects.filter(identity="CP-1", firmware_version="6.4.0")
        await eventually(known.exists, lambda: "it has booted")
        yield fleet.stations["CP-1"]
    finally:
        await fleet.stop()


def _set_up() -> None:
    station = StationFactory(identity="CP-1", connected=False)
    Token.objects.bulk_create(Token(identifier=card(number)) for number in range(CARDS))
    local_list = LocalList(name="All cards")
    assigning.save(local_list=local_list, sites=[], tokens=[])
    assigning.assign(local_list=local_list, station_pks=[station.pk])


def card(number: int) -> str:
    return f"CARD{number:02}"


async def holds(state: str) -> None:
    """Wait until the portal says so of the station's list."""
    copy = StationList.objects.filter(state=state)
    await eventually(copy.exists, lambda: f"{StationList.objects.get().state}, not {state}")


async def comes_offline(station: SimulatedStation, token: str) -> bool:
    """Somebody comes while the line is cut, and leaves again; whether they charged."""
    async with offline(station):
        connector = station.hardware.connectors[0]
        await station.drivers.start(connector, token, stays=True)
        charged = connector.session is not None
        # Two sessions of one second and one meter reading would be the same one, told twice.
        connector.energy_wh += 100
        await station.drivers.stop(connector, "Local")
        await station.drivers.unplug(connector)
    return charged


def sent(station: SimulatedStation) -> list[tuple[str, int]]:
    """How its list came: kinds of update, and how many identifiers each had."""
    return [
        (call.payload["updateType"], len(call.payload.get("localAuthorizationList", [])))
        for call in station.calls
        if call.action == "SendLocalList"
    ]


@EACH
async def test_a_list_of_25_is_sent_in_three_and_used_offline(
    portal: Portal, version: OcppVersion
) -> None:
    async with simulated(portal, version) as station:
        await becomes(await asks("CP-1", "send-local-list", mode="full"), "done")
        await holds("in-step")
        assert sent(station) == [("Full", 10), ("Differential", 10), ("Differential", 5)]
        assert len(station.local_list.entries) == CARDS
        assert await comes_offline(station, card(7))
        assert not await comes_offline(station, "STRANGER")
        ended = Session.objects.filter(token=card(7), status="ended")
        await eventually(ended.exists, lambda: "what happened offline is told")


@EACH
async def test_a_removed_token_no_longer_charges_offline(
    portal: Portal, version: OcppVersion
) -> None:
    async with simulated(portal, version) as station:
        await becomes(await asks("CP-1", "send-local-list", mode="full"), "done")
        assert await comes_offline(station, card(7))
        gone = await Token.objects.aget(identifier=card(7))
        await sync_to_async(tokens.delete)(token=gone)
        run = await asks("CP-1", "send-local-list", mode="differential")
        await becomes(run, "done")
        assert sent(station)[-1] == ("Differential", 1)
        assert not await comes_offline(station, card(7))
        assert await comes_offline(station, card(8))


@EACH
async def test_a_list_somebody_else_has_changed_is_told_and_put_right(
    portal: Portal, version: OcppVersion
) -> None:
    async with simulated(portal, version) as station:
        await becomes(await asks("CP-1", "send-local-list", mode="full"), "done")
        station.local_list.change_unasked()
        await becomes(await asks("CP-1", "get-local-list-version"), "done")
        await holds("changed")
        await becomes(await asks("CP-1", "send-local-list", mode="needed"), "done")
        await holds("in-step")
        assert len(station.local_list.entries) == CARDS


@EACH
async def test_a_list_too_long_for_one_message_is_halved(
    portal: Portal, version: OcppVersion
) -> None:
    async with simulated(portal, version, "no-list-limits", "small-lists=7") as station:
        await becomes(await asks("CP-1", "send-local-list", mode="full"), "done")
        await holds("in-step")
        assert len(station.local_list.entries) == CARDS
        # 25 and 12 are too many, 6 are not.
        assert [size for _, size in sent(station)] == [25, 12, 6, 6, 6, 6, 1]


@EACH
async def test_what_the_cache_knows_is_cleared(portal: Portal, version: OcppVersion) -> None:
    async with simulated(portal, version) as station:
        connector = station.hardware.connectors[0]
        await station.drivers.start(connector, card(7), stays=True)
        connector.energy_wh += 100
        await station.drivers.stop(connector, "Local")
        await station.drivers.unplug(connector)
        assert await comes_offline(station, card(7))
        # The answers to what it tells afterwards fill the cache again.
        ended = Session.objects.filter(status="ended")
        await eventually(lambda: ended.count() == 2, lambda: "both sessions are told")
        await becomes(await asks("CP-1", "clear-cache"), "done")
        assert not await comes_offline(station, card(7))


@EACH
@pytest.mark.parametrize(
    ("behaviour", "status"), [("normal", "done"), ("ignores-settings", "not-confirmed")]
)
async def test_what_a_station_does_with_a_setting_is_told(
    portal: Portal, version: OcppVersion, behaviour: str, status: str
) -> None:
    key = "LocalPreAuthorize" if version is V16 else "AuthCtrlr.LocalPreAuthorize"
    async with simulated(portal, version, behaviour):
        settings = [{"key": key, "value": "true"}]
        await becomes(await asks("CP-1", "change-settings", settings=settings), status)


@EACH
async def test_a_setting_is_done_once_the_station_uses_it(
    portal: Portal, version: OcppVersion
) -> None:
    name = "WebSocketPingInterval"
    key = name if version is V16 else f"OCPPCommCtrlr.{name}"
    async with simulated(portal, version, "old-until-reboot"):
        run = await asks("CP-1", "change-settings", settings=[{"key": key, "value": "30"}])
        await becomes(run, "scheduled")
        await becomes(await asks("CP-1", "reboot", mode="now"), "done")
        await becomes(run, "done")
