"""The channel layer in memory does what Channels' own does, without looking at everything."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

from evcharge.layers import PromptChannelLayer

SOON_S = 20


@pytest.fixture
def layer() -> PromptChannelLayer:
    return PromptChannelLayer(expiry=60, group_expiry=3600, capacity=2)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass."""
    offset = 0.0
    now = time.time

    def pass_by(seconds: float) -> None:
        nonlocal offset
        offset += seconds

    monkeypatch.setattr("evcharge.layers.time.time", lambda: now() + offset)
    return pass_by


async def received(layer: PromptChannelLayer, channel: str) -> dict[str, Any]:
    async with asyncio.timeout(SOON_S):
        return await layer.receive(channel)


async def test_it_stands_in_for_channels_own(layer: PromptChannelLayer) -> None:
    assert isinstance(layer, InMemoryChannelLayer)


async def test_messages_come_in_their_order(layer: PromptChannelLayer) -> None:
    await layer.send("a", {"type": "first"})
    await layer.send("a", {"type": "second"})
    assert [(await received(layer, "a"))["type"] for _ in range(2)] == ["first", "second"]


async def test_who_waits_already_is_woken(layer: PromptChannelLayer) -> None:
    waiting = asyncio.create_task(received(layer, "a"))
    await asyncio.sleep(0)
    await layer.send("a", {"type": "x"})
    assert await waiting == {"type": "x"}
    assert layer.channels == {}


async def test_a_full_channel_takes_no_more(layer: PromptChannelLayer) -> None:
    for _ in range(2):
        await layer.send("a", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("a", {"type": "x"})


async def test_a_group_hears_even_if_one_of_it_is_full(layer: PromptChannelLayer) -> None:
    for channel in ("a", "b"):
        await layer.group_add("all", channel)
    for _ in range(2):
        await layer.send("a", {"type": "x"})
    await layer.group_send("all", {"type": "y"})
    assert await received(layer, "b") == {"type": "y"}
    await layer.group_discard("all", "b")
    await layer.group_send("all", {"type": "z"})
    assert "b" not in layer.channels


async def test_old_messages_are_dropped_and_who_left_them_leaves_all_groups(
    layer: PromptChannelLayer, passes: Callable[[float], None]
) -> None:
    await layer.group_add("all", "gone")
    await layer.send("gone", {"type": "old"})
    passes(40)
    await layer.send("here", {"type": "new"})
    await layer.send("gone", {"type": "newer"})
    passes(40)
    assert await received(layer, "here") == {"type": "new"}
    assert await received(layer, "gone") == {"type": "newer"}
    assert "gone" not in layer.groups["all"]
    assert layer.channels == {}


async def test_memberships_end_unless_they_are_renewed(
    layer: PromptChannelLayer, passes: Callable[[float], None]
) -> None:
    for channel in ("stays", "ends", "left"):
        await layer.group_add("all", channel)
    await layer.group_discard("all", "left")
    passes(3000)
    await layer.group_add("all", "stays")
    passes(1000)
    await layer.group_send("all", {"type": "x"})
    assert list(layer.groups["all"]) == ["stays"]


async def test_a_flush_forgets_everything(layer: PromptChannelLayer) -> None:
    await layer.group_add("all", "a")
    await layer.send("a", {"type": "x"})
    await layer.flush()
    assert (layer.channels, layer.groups) == ({}, {})


async def test_a_message_costs_the_same_beside_many_channels(
    layer: PromptChannelLayer, passes: Callable[[float], None]
) -> None:
    looked: list[str] = []
    drop_old = layer._drop_old
    layer._drop_old = lambda channel, now: (looked.append(channel), drop_old(channel, now))[1]  # type: ignore[method-assign,func-returns-value]
    for number in range(1_000):
        await layer.send(f"waits.{number}", {"type": "x"})
    passes(30)
    for number in range(10):
        await layer.send("a", {"type": "x"})
        await received(layer, "a")
        await layer.group_send("all", {"type": str(number)})
    assert looked == []
