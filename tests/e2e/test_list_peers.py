"""Local lists and caches of charge point programs that others have made."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import LocalList, Station, StationList, Token
from operations.services import local_lists, tokens
from operations.services.local_lists import assigning
from operations.versions import V16, V21, V201, OcppVersion
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.peers.list_keepers import MOST, Shelf, live
from tests.portal import Portal

EACH = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
# The package's schemas of 2.1 know no BootNotification.
STRICT = pytest.mark.parametrize("version", [V16, V201], ids=str)
KEEPER_JS = Path(__file__).parents[1] / "peers" / "list_keeper.js"
CARDS = 25
PEER = "KEEPER"


@pytest.fixture
def _listed(portal: Portal) -> None:
    """A station that is to hold a list of 25 tokens."""
    station = StationFactory(identity=PEER, connected=False)
    Token.objects.bulk_create(Token(identifier=card(number)) for number in range(CARDS))
    local_list = LocalList(name="All cards")
    assigning.save(local_list=local_list, sites=[], tokens=[])
    assigning.assign(local_list=local_list, station_pks=[station.pk])


def card(number: int) -> str:
    return f"Card{number:02}"


async def loses(identifier: str) -> None:
    token = await Token.objects.aget(identifier=identifier)
    await sync_to_async(tokens.delete)(token=token)


async def holds(state: str) -> None:
    copy = StationList.objects.filter(state=state)
    await eventually(copy.exists, lambda: f"{StationList.objects.get().state}, not {state}")


@asynccontextmanager
async def keeper(portal: Portal, version: OcppVersion, shelf: Shelf) -> AsyncIterator[Any]:
    """The ocpp library's charge point, booted."""
    ready = asyncio.get_running_loop().create_future()
    living = asyncio.create_task(live(portal.stations_url, PEER, version, shelf, ready))
    await asyncio.wait({living, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield ready.result()
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


@EACH
@pytest.mark.usefixtures("_listed")
async def test_a_list_of_25_goes_in_three_and_its_changes_in_one(
    portal: Portal, version: OcppVersion
) -> None:
    shelf = Shelf()
    async with keeper(portal, version, shelf):
        await becomes(await asks(PEER, "send-local-list", mode="full"), "done")
        assert shelf.updates == [("Full", 1, 10), ("Differential", 2, 10), ("Differential", 3, 5)]
        assert len(shelf.tokens) == CARDS
        assert shelf.lets_in_offline(card(7))
        await loses(card(7))
        await becomes(await asks(PEER, "send-local-list", mode="differential"), "done")
        assert shelf.updates[3:] == [("Differential", 4, 1)]
        assert not shelf.lets_in_offline(card(7))
        assert shelf.lets_in_offline(card(8))
        await holds("in-step")


@EACH
@pytest.mark.usefixtures("_listed")
async def test_a_differential_that_does_not_match_becomes_one_full(
    portal: Portal, version: OcppVersion
) -> None:
    shelf = Shelf()
    async with keeper(portal, version, shelf):
        await becomes(await asks(PEER, "send-local-list", mode="full"), "done")
        await loses(card(7))
        shelf.mismatches, shelf.updates = 1, []
        run = await asks(PEER, "send-local-list", mode="differential")
        await becomes(run, "done")
        assert [(kind, size) for kind, _, size in shelf.updates] == [
            ("Differential", 1),
            ("Full", 10),
            ("Differential", 10),
            ("Differential", 4),
        ]
        versions = [number for _, number, _ in shelf.updates]
        assert versions == sorted(set(versions))
        assert card(7).casefold() not in shelf.tokens


@EACH
@pytest.mark.usefixtures("_listed")
async def test_a_list_changed_behind_our_back_is_shown_so(
    portal: Portal, version: OcppVersion
) -> None:
    shelf = Shelf()
    async with keeper(portal, version, shelf):
        await becomes(await asks(PEER, "send-local-list", mode="full"), "done")
        shelf.version += 3
        await becomes(await asks(PEER, "get-local-list-version"), "done")
        await holds("changed")
        refused = await asks(PEER, "send-local-list", mode="differential")
        await becomes(refused, "refused")
        await becomes(await asks(PEER, "send-local-list", mode="needed"), "done")
        await holds("in-step")
        assert shelf.updates[3][:2] == ("Full", 7)


@EACH
@pytest.mark.usefixtures("_listed")
async def test_more_than_it_can_hold_is_not_sent(portal: Portal, version: OcppVersion) -> None:
    more = [Token(identifier=card(number)) for number in range(CARDS, MOST + 1)]
    await Token.objects.abulk_create(more)
    await sync_to_async(local_lists.tokens_changed)()
    shelf = Shelf()
    async with keeper(portal, version, shelf):
        await becomes(await asks(PEER, "get-local-list-version"), "done")
        full = StationList.objects.filter(most_entries=MOST)
        await eventually(full.exists, lambda: "its limit is known")
        await becomes(await asks(PEER, "send-local-list", mode="full"), "refused")
        await holds("too-many")
        assert not shelf.updates


@EACH
@pytest.mark.usefixtures("_listed")
async def test_its_cache_is_emptied(portal: Portal, version: OcppVersion) -> None:
    shelf = Shelf()
    async with keeper(portal, version, shelf) as station:
        await station.presents(card(7))
        await station.presents("STRANGER")
        assert shelf.cache == {card(7).casefold(): "Accepted", "stranger": "Invalid"}
        await becomes(await asks(PEER, "clear-cache"), "done")
        assert not shelf.cache


@pytest.fixture
def said(
    portal: Portal, version: OcppVersion, node_modules: Path, tmp_path: Path, _listed: None
) -> Iterator[Path]:
    """What the station in JavaScript says of each update."""
    log = tmp_path / "node"
    arguments = [portal.stations_url, PEER, version.subprotocol]
    with services.running(
        [services.require("Node.js"), KEEPER_JS, *arguments],
        log=log,
        env=os.environ | {"NODE_PATH": str(node_modules)},
    ):
        yield log


def updates_in(said: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.read_text().splitlines()]


@STRICT
async def test_a_station_in_javascript_gets_the_same_list(said: Path) -> None:
    booted = Station.objects.filter(model="Keeper", connected_at__isnull=False)
    await eventually(booted.exists, lambda: said.read_text() or "it boots", within=15)
    await becomes(await asks(PEER, "send-local-list", mode="full"), "done")
    await loses(card(7))
    await becomes(await asks(PEER, "send-local-list", mode="differential"), "done")
    updates = updates_in(said)
    assert [(each["updateType"], each["size"], each["status"]) for each in updates] == [
        ("Full", 10, "Accepted"),
        ("Differential", 10, "Accepted"),
        ("Differential", 5, "Accepted"),
        ("Differential", 1, "VersionMismatch"),
        ("Full", 10, "Accepted"),
        ("Differential", 10, "Accepted"),
        ("Differential", 4, "Accepted"),
    ]
    assert set(updates[-1]["held"]) == {card(n).lower() for n in range(CARDS) if n != 7}
    await holds("in-step")
