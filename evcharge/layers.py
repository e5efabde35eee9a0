"""The channel layers: one in memory, one on Redis.

The one in memory is as fast with ten thousand sockets as with ten. Channels' own looks through all
channels and groups for what is too old whenever somebody receives.
"""

import asyncio
import time
from collections import deque
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer, _wrap_close


class _Messages(asyncio.Queue[tuple[float, dict[str, Any]]]):
    """What waits on one channel, each with when it is too old."""

    _queue: deque[tuple[float, dict[str, Any]]]

    def has_older_than(self, at: float) -> bool:
        """Whether the first of them is too old."""
        return bool(self._queue) and self._queue[0][0] < at


class PromptChannelLayer(InMemoryChannelLayer):
    """Looks only at what has become too old since it looked last.

    Unlike Channels' own it does not copy messages in depth: receivers must not change them.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        # When a message or a membership becomes too old, in the order they came.
        self._aging: deque[tuple[float, str]] = deque()
        self._joined: deque[tuple[float, str, str]] = deque()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Queue a message for a channel; ChannelFull where too many wait."""
        self.require_valid_channel_name(channel)
        self._clean_expired()
        self._put(channel, message)

    def _put(self, channel: str, message: dict[str, Any]) -> None:
        expires_at = time.time() + self.expiry
        try:
            self._messages(channel).put_nowait((expires_at, dict(message)))
        except asyncio.QueueFull:
            raise ChannelFull(channel) from None
        self._aging.append((expires_at, channel))

    def _messages(self, channel: str) -> _Messages:
        waiting = self.channels.get(channel)
        if not isinstance(waiting, _Messages):
            waiting = self.channels[channel] = _Messages(maxsize=self.get_capacity(channel))
        return waiting

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next message on this channel."""
        self.require_valid_channel_name(channel)
        self._clean_expired()
        waiting = self._messages(channel)
        try:
            _expires_at, message = await waiting.get()
        finally:
            if waiting.empty():
                self.channels.pop(channel, None)
        return message

    async def group_add(self, group: str, channel: str) -> None:
        """Take the channel into the group, for as long as memberships last."""
        await super().group_add(group, channel)
        self._joined.append((self.groups[group][channel], group, channel))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Queue a message for all of a group that have room for it."""
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in list(self.groups.get(group, ())):
            try:
                self._put(channel, message)
            except ChannelFull:
                continue

    async def flush(self) -> None:
        """Forget everything."""
        await super().flush()
        self._aging.clear()
        self._joined.clear()

    def _clean_expired(self) -> None:
        """Drop messages and memberships that are too old, as Channels' own does."""
        now = time.time()
        while self._aging and self._aging[0][0] < now:
            self._drop_old(self._aging.popleft()[1], now)
        oldest = now - self.group_expiry
        while self._joined and self._joined[0][0] < oldest:
            joined_at, group, channel = self._joined.popleft()
            # It may have left since, or joined again.
            if self.groups.get(group, {}).get(channel) == joined_at:
                del self.groups[group][channel]

    def _drop_old(self, channel: str, now: float) -> None:
        """Whoever left a message lying for too long is gone: out of all groups, too."""
        waiting = self.channels.get(channel)
        if not isinstance(waiting, _Messages) or not waiting.has_older_than(now):
            return
        while waiting.has_older_than(now):
            waiting.get_nowait()
        for members in self.groups.values():
            members.pop(channel, None)
        if waiting.empty():
            self.channels.pop(channel, None)


class SteadyRedisLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # untyped
    """channels_redis' own, whose channels can be read once a Redis that was away is back."""

    def _get_layer(self) -> "_SteadyLoopLayer":
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            layer = _SteadyLoopLayer(*self._args, **self._kwargs, channel_layer=self)
            self._layers[loop] = layer
            _wrap_close(self, loop)
        return self._layers[loop]  # type: ignore[no-any-return]


class _SteadyLoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    async def _subscribe_to_channel(self, channel: str) -> None:
        try:
            await super()._subscribe_to_channel(channel)
        except BaseException:
            # Left as it is, it passes for one that is subscribed, and nobody tries again.
            self.channels.pop(channel, None)
            raise
