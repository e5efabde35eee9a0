"""Pushes what changed to browsers: a socket each, and one hub per process that renders for all."""

import asyncio
import json
import logging
import time
from collections.abc import Set
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.utils import await_many_dispatch
from django.conf import settings

from operations import metrics
from operations.services.accounts import sessions
from operations.services.live import BROWSERS
from operations.views import live

logger = logging.getLogger(__name__)

TICK_S = 0.1  # at most ten pushes a second
REST = 1.0  # times what a push took, before the next: the process has more to do than to draw
# The whole fleet is counted this often at most, and for no more than a tenth of the time.
SLOW_S = 2.0
SLOW_SHARE = 10
LONGEST_SLOW_S = 10.0
LARGEST_MESSAGE = 32 * 1024
LONGEST_FETCH_S = 10

# Why a socket is closed; 4401 has the page reload, which leads to the sign-in page.
SIGNED_OUT = 4401
NOT_UNDERSTOOD = 1003
TOO_BIG = 1009
TRY_AGAIN = 1013

# Off the loop, and not in the one thread that all thread-sensitive code shares.
admit = database_sync_to_async(live.admit, thread_sensitive=False)
render = database_sync_to_async(live.patches, thread_sensitive=False)


class BrowserConsumer(AsyncWebsocketConsumer):
    """One page's socket: hears what the page shows, sends what changed of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.admission: live.Admission | None = None
        self.due: set[str] = set()  # keys the page has not been told the state of yet
        self._pending: live.Patches = {}
        self._sent: dict[str, int] = {}  # hashes of what the page was told since its last word
        self._told_at: dict[str, float] = {}
        self._news = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; it has no channel of its own, since the hub listens for all."""
        self.scope, self.base_send = scope, send
        self._user: Any = scope["user"]
        self._language = _language(scope.get("query_string", b""))
        try:
            await await_many_dispatch([receive], self.dispatch)
        except StopConsumer:
            pass
        finally:
            hub.leave(self)
            if self._sender is not None:
                self._sender.cancel()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' hop to a thread for every message."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Only for people who are signed in; a close code reaches the page only once accepted."""
        await self.accept()
        if not self._user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        await hub.join(self)
        self._sender = asyncio.create_task(self._send_news())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The page says what it shows."""
        if text_data is not None and len(text_data) > LARGEST_MESSAGE:
            await self.close(TOO_BIG)
            return
        keys = _watched(text_data)
        if keys is None:
            await self.close(NOT_UNDERSTOOD)
            return
        before = self.admission
        admission = await admit(self._user.pk, self.scope.get("session"), keys, self._language)
        if admission is None:
            await self.close(SIGNED_OUT)
            return
        is_same = before is not None and before.viewpoint == admission.viewpoint
        known = before.keys - self._just_told() if before is not None and is_same else frozenset()
        self.admission = admission
        self.due = (self.due & admission.keys) | (admission.keys - known)
        self._sent.clear()
        hub.note(self.due & live.SLOW)

    async def look_again(self) -> None:
        """What this person may do has changed, or this browser was signed out."""
        if self.admission is None:
            return
        admission = await admit(
            self._user.pk,
            self.scope.get("session"),
            sorted(self.admission.keys),
            self._language,
        )
        if admission is None:
            await self.close(SIGNED_OUT)
            return
        self.admission = admission
        self.due |= admission.keys

    def is_of(self, people: Set[int]) -> bool:
        """Whether the page is one of theirs."""
        return self._user.pk in people

    def _just_told(self) -> set[str]:
        """What was pushed while the page may have been fetching an older state of it."""
        since = time.monotonic() - LONGEST_FETCH_S
        self._told_at = {key: at for key, at in self._told_at.items() if at > since}
        return set(self._told_at)

    def wants(self, changed: set[str]) -> set[str]:
        """Which of the page's keys must be rendered now."""
        if self.admission is None:
            return set()
        touched, self.due = self.due, set()
        for key in self.admission.triggers.keys() & changed:
            touched |= self.admission.triggers[key]
        return touched

    def offer(self, patches: live.Patches) -> None:
        """Have these sent; a slow page gets the newest of each key, not a queue."""
        self._pending |= patches
        self._told_at |= dict.fromkeys(patches, time.monotonic())
        self._news.set()

    def give_up(self) -> None:
        """Nothing comes any more; the page shall connect again."""
        if self._sender is not None:
            self._sender.cancel()
        self._sender = asyncio.create_task(self.close(TRY_AGAIN))

    async def _send_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            pending, self._pending = self._pending, {}
            watched = self.admission.keys if self.admission else frozenset()
            patches = [patch for key in pending.keys() & watched for patch in pending[key]]
            news = [
                patch for patch in patches if self._sent.get(patch["id"]) != hash(patch["html"])
            ]
            if news:
                self._sent |= {patch["id"]: hash(patch["html"]) for patch in news}
                await self.send(json.dumps({"patches": news}))


class Hub:
    """Listens for changes while anybody watches, renders them once, hands them to the browsers."""

    def __init__(self) -> None:
        self._browsers: set[BrowserConsumer] = set()
        self._task: asyncio.Task[None] | None = None
        self._changed: set[str] = set()
        self._slow_from = 0.0

    async def join(self, browser: BrowserConsumer) -> None:
        """From now on nothing that happens is missed."""
        self._browsers.add(browser)
        metrics.browsers.set(len(self._browsers))
        if self._task is None:
            self._wake, self._is_listening = asyncio.Event(), asyncio.Event()
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)
        await self._is_listening.wait()

    def leave(self, browser: BrowserConsumer) -> None:
        """Nobody left: nothing to listen for."""
        self._browsers.discard(browser)
        metrics.browsers.set(len(self._browsers))
        if not self._browsers and self._task is not None:
            self._task.cancel()
            self._task = None

    def wake(self) -> None:
        """A browser waits for the state of what it shows."""
        self._wake.set()

    def note(self, keys: set[str]) -> None:
        """A browser waits; these it is shown as they were last, and as they are soon after."""
        self._changed |= keys
        self.wake()

    async def _run(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(BROWSERS, channel)
        self._is_listening.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(layer, channel))
                tasks.create_task(self._push())
        finally:
            await layer.group_discard(BROWSERS, channel)

    async def _listen(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            self._changed |= live.told(message["keys"])
            self._wake.set()

    async def _push(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            await self._look_again(sessions.people(changed))
            is_slow = self._hold_back(changed)
            began = time.monotonic()
            await self._deliver(changed, is_slow)
            ended = time.monotonic()
            if is_slow:
                wait_s = min(SLOW_SHARE * (ended - began), LONGEST_SLOW_S)
                self._slow_from = ended + max(SLOW_S, wait_s)
            took_s = ended - began
            await asyncio.sleep(max(TICK_S - took_s, REST * took_s))

    async def _look_again(self, people: Set[int]) -> None:
        for browser in [each for each in self._browsers if people and each.is_of(people)]:
            await browser.look_again()

    def _hold_back(self, changed: set[str]) -> bool:
        """Keep what is counted over the whole fleet for later, unless its time has come."""
        slow = changed & live.SLOW
        wait_s = self._slow_from - time.monotonic()
        if not slow or wait_s <= 0:
            return bool(slow)
        changed -= slow
        self._changed |= slow
        asyncio.get_running_loop().call_later(wait_s, self.wake)
        return False

    async def _deliver(self, changed: set[str], is_slow: bool) -> None:  # noqa: FBT001
        wishes = {browser: browser.wants(changed) for browser in self._browsers}
        by_viewpoint: dict[live.Viewpoint, set[str]] = {}
        for browser, keys in wishes.items():
            if keys and browser.admission is not None:
                by_viewpoint.setdefault(browser.admission.viewpoint, set()).update(keys)
        if not by_viewpoint:
            return
        rendered = await render(by_viewpoint, is_fresh=is_slow)
        for browser, keys in wishes.items():
            if keys and browser.admission is not None:
                patches = rendered.get(browser.admission.viewpoint, {})
                browser.offer({key: patches[key] for key in keys if key in patches})

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Pages whose hub failed must not look live: they connect again, and catch up."""
        if task.cancelled():
            return
        self._is_listening.set()  # nobody waits for what will not come
        logger.error("live pushes failed", exc_info=task.exception())
        self._task = None
        for browser in self._browsers:
            browser.give_up()


def _language(query: bytes) -> str:
    """What the page speaks: its patches must, too."""
    spoken = parse_qs(query.decode("latin-1")).get("language", [""])[0]
    return spoken if spoken in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _watched(text: str | None) -> list[str] | None:
    """The keys a page says it shows; None when that is not what the message says."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    keys = message.get("watch") if isinstance(message, dict) else None
    if not isinstance(keys, list):
        return None
    known = (key for key in keys if isinstance(key, str) and live.KEY.fullmatch(key))
    return list(dict.fromkeys(known))


hub = Hub()
