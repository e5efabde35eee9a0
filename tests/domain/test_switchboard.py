"""Sockets and browsers hear of things, whichever thread or process they happened in."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import ConnectionError as RedisConnectionError

from operations.services import live
from operations.services.live import BROWSERS, Switchboard, publishing


@pytest.fixture
async def board() -> AsyncIterator[Switchboard]:
    board = Switchboard()
    board.bind(asyncio.get_running_loop())
    yield board
    board.unbind()


async def heard(name: str) -> dict[str, Any]:
    layer = get_channel_layer()
    assert layer is not None
    return dict(await asyncio.wait_for(layer.receive(name), timeout=20))


async def a_browser() -> str:
    layer = get_channel_layer()
    assert layer is not None
    name = str(await layer.new_channel())
    await layer.group_add(BROWSERS, name)
    return name


async def test_a_socket_is_told_from_another_thread(board: Switchboard) -> None:
    layer = get_channel_layer()
    assert layer is not None
    name = await layer.new_channel()
    await asyncio.to_thread(board.tell, name, {"type": "command.run", "run": 5})
    assert await heard(name) == {"type": "command.run", "run": 5}


async def test_a_socket_of_this_process_needs_no_layer(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = OtherLayer()
    monkeypatch.setattr(live, "get_channel_layer", lambda: layer)
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    board.listen("ours", told.put_nowait)
    for run in (1, 2):
        await asyncio.to_thread(board.tell, "ours", {"type": "command.run", "run": run})
    heard = [await asyncio.wait_for(told.get(), timeout=20) for _ in range(2)]
    assert [message["run"] for message in heard] == [1, 2]
    assert layer.sent == []
    board.forget("ours")
    board.tell("ours", {"type": "command.run", "run": 3})
    await asyncio.wait_for(layer.has_sent.wait(), timeout=20)
    assert [message["run"] for _name, message in layer.sent] == [3]
    assert told.empty()


async def test_changes_are_gathered_for_a_moment(board: Switchboard) -> None:
    browser = await a_browser()
    await asyncio.to_thread(board.changed, {"charger:2", "charger:1"})
    board.changed({"run:3"})
    assert await heard(browser) == {
        "type": "live.changed",
        "keys": ["charger:1", "charger:2", "run:3"],
    }
    board.changed({"run:4"})
    assert (await heard(browser))["keys"] == ["run:4"]


async def test_a_push_is_only_so_long(board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_KEYS", 2)
    browser = await a_browser()
    board.changed({"a:1", "b:2", "c:3"})
    assert (await heard(browser))["keys"] == ["a:1", "b:2"]


class OtherLayer:
    """A layer that reaches other processes, if it is there."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.has_sent = asyncio.Event()
        self._error = error

    async def send(self, name: str, message: dict[str, Any]) -> None:
        if self._error:
            raise self._error
        self.sent.append((name, message))
        self.has_sent.set()

    group_send = send


def test_a_process_without_a_loop_sends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = OtherLayer()
    monkeypatch.setattr(live, "get_channel_layer", lambda: layer)
    board = Switchboard()
    board.tell("ch", {"type": "command.run", "run": 5})
    board.changed({"run:5"})
    assert layer.sent == [
        ("ch", {"type": "command.run", "run": 5}),
        (BROWSERS, {"type": "live.changed", "keys": ["run:5"]}),
    ]


def test_a_layer_that_reaches_nobody_is_not_used() -> None:
    board = Switchboard()
    board.tell("ch", {"type": "command.run", "run": 5})
    board.changed({"run:5"})


class HangingLayer(OtherLayer):
    """A layer that takes a message and says nothing."""

    async def send(self, name: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(3600)

    group_send = send


@pytest.mark.parametrize(
    "layer",
    [OtherLayer(RedisConnectionError("gone")), OtherLayer(OSError("gone")), HangingLayer()],
)
def test_a_layer_that_is_away_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, layer: OtherLayer
) -> None:
    monkeypatch.setattr(live, "PATIENCE_S", 0.01)
    monkeypatch.setattr(live, "get_channel_layer", lambda: layer)
    board = Switchboard()
    board.tell("ch", {})
    board.changed({"run:5"})
    assert caplog.text.count("channel layer does not answer") == 2


def test_a_loop_that_has_ended_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    board = Switchboard()
    board.bind(loop)
    loop.close()
    board.changed({"run:5"})


@pytest.mark.django_db(transaction=True)
def test_browsers_hear_of_what_was_committed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[set[str]] = []
    monkeypatch.setattr(live.switchboard, "changed", told.append)
    with publishing() as changes:
        changes.add("run", 5)
        assert told == []
    assert told == [{"run:5"}]
    with publishing() as changes:
        changes.add("run", 6)
        transaction.set_rollback(True)
    with publishing():
        pass
    assert told == [{"run:5"}]
