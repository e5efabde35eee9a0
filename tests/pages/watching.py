"""A browser's page that watches what it shows, and what stations do meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from operations import consumers
from operations.events import ConnectorStatusReported, Told
from operations.models import Connector, Station, User
from operations.services import components
from operations.services.live import publishing
from operations.statuses import ChargingStatus

SOON_S = 30.0
QUIET_S = 0.6


class Page(WebsocketCommunicator):
    """A browser's page: what it watches, and what its elements show by now."""

    def __init__(self, user: User | AnonymousUser, session: SessionStore | None = None) -> None:
        super().__init__(consumers.BrowserConsumer.as_asgi(), "/live/")
        self.scope["user"] = user
        if session is not None:
            self.scope["session"] = session
        self.shown: dict[str, str] = {}
        self.pushes = 0

    async def watches(self, *keys: str) -> None:
        await self.send_to(text_data=json.dumps({"watch": keys}))

    async def sees(self, dom_id: str, text: str) -> str:
        """Wait until an element shows a text."""
        async with asyncio.timeout(SOON_S):
            while text not in self.shown.get(dom_id, ""):
                await self._take(await self.receive_from(timeout=SOON_S))
        return self.shown[dom_id]

    async def hears_nothing(self) -> None:
        assert await self.receive_nothing(timeout=QUIET_S, interval=0.05)

    async def is_closed_with(self) -> int:
        async with asyncio.timeout(SOON_S):
            while True:
                message = await self.receive_output(timeout=SOON_S)
                if message["type"] == "websocket.close":
                    return int(message["code"])

    async def _take(self, text: str) -> None:
        self.pushes += 1
        for patch in json.loads(text)["patches"]:
            self.shown[patch["id"]] = patch["html"]


@asynccontextmanager
async def page_of(
    user: User | AnonymousUser, *keys: str, session: SessionStore | None = None
) -> AsyncIterator[Page]:
    """A page that is open and watches these keys."""
    page = Page(user, session)
    is_open, _protocol = await page.connect(timeout=SOON_S)
    assert is_open
    if keys:
        await page.watches(*keys)
    try:
        yield page
    finally:
        await page.disconnect(timeout=SOON_S)


def report(connector: Connector, status: ChargingStatus, *, number: int | None = None) -> None:
    """A StatusNotification of OCPP 1.6 is recorded."""
    now = timezone.now()
    event = ConnectorStatusReported(number or connector.number, status, now)
    with publishing() as changes:
        components.record_components([Told(connector.station_id, event, now)], changes)


def lose_connection(station: Station) -> None:
    now = timezone.now()
    with publishing() as changes:
        Station.objects.filter(pk=station.pk).update(connected_at=None, disconnected_at=now)
        changes.add("connectivity", station.pk)
        changes.add("station", station.pk)


make = sync_to_async(lambda factory, **fields: factory(**fields))
