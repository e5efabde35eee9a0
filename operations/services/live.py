"""Tells sockets and browsers what happened, from whatever thread or process it happened in."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from operations import metrics

logger = logging.getLogger(__name__)

BROWSERS = "browsers"  # the group every browser's socket is in
# Changes are gathered this long: what a click leads to is mostly told at once, and a page hears of
# it within half a second, with the time until the hub's next turn.
FLUSH_S = 0.1
PATIENCE_S = 5.0  # with the layer: a Redis that hangs says nothing, and takes whatever is sent
MOST_KEYS = 2000  # of one push; whoever missed some catches up on the next change

Take = Callable[[dict[str, Any]], None]


class Switchboard:
    """Sends through the channel layer, on the server's loop where there is one.

    Threads of a server process (views, the writer, the embedded worker) must hand over to its
    loop, since an in-memory layer wakes nobody from another thread. A process without a loop
    (a worker, a shell command) sends by itself, if the layer reaches other processes at all.
    """

    def __init__(self) -> None:
        self.is_failing = False  # the layer did not take the last message: pages say so
        self._loop: asyncio.AbstractEventLoop | None = None
        self._takers: dict[str, Take] = {}  # this process's own sockets, by their channels
        self._keys: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flush_is_due = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on send on this loop."""
        self._loop = loop
        self._flush_is_due = False

    def unbind(self) -> None:
        """The loop is about to end."""
        self._loop = None

    def listen(self, channel_name: str, take: Take) -> None:
        """A socket of this process: told directly, on the loop, without the layer between."""
        self._takers[channel_name] = take

    def forget(self, channel_name: str) -> None:
        """The socket is closed."""
        self._takers.pop(channel_name, None)

    def tell(self, channel_name: str, message: dict[str, Any]) -> None:
        """Send one message to one socket; lost ones are announced again by the sweeper."""
        take = self._near(channel_name)
        if take is None:
            self._send(_send, channel_name, message)
        else:
            self._call(partial(take, message))

    def tell_all(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """The same for many: this process's own hear of it in one turn of the loop, together."""
        near = []
        for channel_name, message in messages:
            take = self._near(channel_name)
            if take is None:
                self.tell(channel_name, message)
            else:
                near.append(partial(take, message))
        if near:
            self._call(partial(self._call_each, near))

    def _near(self, channel_name: str) -> Take | None:
        """How to tell a socket that is on this process's own loop."""
        return self._takers.get(channel_name) if self._loop is not None else None

    def _call_each(self, callbacks: Sequence[Callable[[], None]]) -> None:
        """Each on its own: one that fails keeps nobody else from hearing."""
        for callback in callbacks:
            if self._loop is not None:
                self._loop.call_soon(callback)

    def look(self) -> None:
        """Send nobody a message, to know whether the layer takes it."""
        self.tell(f"nobody.{secrets.token_hex(8)}", {"type": "look"})

    def changed(self, keys: set[str]) -> None:
        """Let browsers know of changes ("charger:12"), gathered for a moment first."""
        if self._loop is None:
            self._send(_send_group, {"type": "live.changed", "keys": _capped(keys)})
        else:
            self._call(lambda: self._gather(keys))

    def _gather(self, keys: set[str]) -> None:
        self._keys |= keys
        if not self._flush_is_due and self._loop is not None:
            self._flush_is_due = True
            self._loop.call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        keys, self._keys, self._flush_is_due = self._keys, set(), False
        self._start(_send_group({"type": "live.changed", "keys": _capped(keys)}))

    def _send(self, send: Callable[..., Coroutine[Any, Any, None]], *what: Any) -> None:
        if self._loop is not None:
            self._call(lambda: self._start(send(*what)))
        elif not isinstance(get_channel_layer(), InMemoryChannelLayer):
            async_to_sync(send)(*what)

    def _call(self, callback: Any) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        loop.call_soon_threadsafe(callback)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _capped(keys: set[str]) -> list[str]:
    return sorted(keys)[:MOST_KEYS]


def _layer() -> BaseChannelLayer:
    layer = get_channel_layer()
    assert layer is not None  # noqa: S101
    return layer


async def _send(channel_name: str, message: dict[str, Any]) -> None:
    # The sweeper announces again what was not claimed; nothing is lost.
    await _carried(_layer().send(channel_name, message))


async def _send_group(message: dict[str, Any]) -> None:
    await _carried(_layer().group_send(BROWSERS, message))


async def _carried(sending: Awaitable[None]) -> None:
    """Note how long the layer takes, and whether it answers."""
    try:
        with metrics.layer_seconds.time():
            async with asyncio.timeout(PATIENCE_S):
                await sending
    except (RedisError, OSError) as error:
        metrics.layer_failures.inc()
        switchboard.is_failing = True
        logger.warning("channel layer does not answer", extra={"error": repr(error)})
    else:
        switchboard.is_failing = False


switchboard = Switchboard()


class Changes:
    """What a transaction changed, told to browsers once it is committed."""

    def __init__(self) -> None:
        self.keys: set[str] = set()

    def add(self, kind: str, pk: int) -> None:
        """Note that "charger", 12 changed."""
        self.keys.add(f"{kind}:{pk}")

    def publish(self) -> None:
        """Tell browsers; call it after the commit."""
        if self.keys:
            switchboard.changed(self.keys)


@contextmanager
def publishing() -> Iterator[Changes]:
    """One transaction whose changes browsers hear of once it is committed."""
    changes = Changes()
    with transaction.atomic():
        yield changes
        transaction.on_commit(changes.publish)
