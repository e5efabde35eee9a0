"""Somebody at a desk, who hands work to a writer and keeps what came of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.utils import timezone

from ocpp_gateway.writer import Many, Writer
from operations.events import ConnectorStatusReported, Event, Told
from operations.models import OcppMessage
from operations.statuses import ChargingStatus


class Desk:
    """Hands work to a writer, and keeps what came of it in the order it came."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._came: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def tells(self, name: str, station_pk: int, event: Event) -> None:
        now = timezone.now()

        def conclude(answer: Any) -> tuple[str, OcppMessage]:
            row = OcppMessage(
                station_id=station_pk, is_from_station=True, unique_id=name, called_at=now
            )
            return f"answer to {name}", row

        self._writer.record(Told(station_pk, event, now), conclude, self._done(name))

    def asks(self, name: str, service: Callable[[], Any]) -> None:
        self._writer.call(service, self._done(name))

    def wants(self, name: str, service: Many, item: Any, **how_soon: bool) -> None:
        self._writer.gather(service, item, self._done(name), **how_soon)

    def _done(self, name: str) -> Callable[[Any], None]:
        return lambda result: self._came.put_nowait((name, result))

    async def is_left_alone(self) -> bool:
        """Whether nothing comes for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                self._came.put_nowait(await self._came.get())
        return self._came.empty()

    async def gets(self, count: int) -> dict[str, Any]:
        """So many results, and no more."""
        async with asyncio.timeout(10):
            came = [await self._came.get() for _ in range(count)]
        assert self._came.empty()
        return dict(came)


def status(number: int, said: ChargingStatus = ChargingStatus.AVAILABLE) -> Event:
    return ConnectorStatusReported(number, said, timezone.now())


def start(writer: Writer) -> None:
    writer.start(asyncio.get_running_loop())
