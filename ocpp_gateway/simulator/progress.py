"""How a job of a station's is told of, step by step: truly, or as its quirks have it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Message
from ocpp_gateway.simulator.orders import Patience
from ocpp_gateway.simulator.places import TransferError

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

IDLE = "Idle"
FLOOD = 25
# What a station that mixes its reports up tells only after the next one.
HELD_BACK = frozenset({"Downloading", "Uploading"})


class Reporter:
    """Tells what a job is at; `status` is what a trigger asks for."""

    def __init__(
        self, station: "SimulatedStation", message_of: Callable[[str], Message | None]
    ) -> None:
        self._station = station
        self._message_of = message_of
        self._held_back: str | None = None
        self.status = IDLE

    async def tell(self, status: str) -> None:
        """The job has come so far."""
        quirks = self._station.quirks
        self.status = IDLE if quirks.idle_only else status
        if quirks.never_installed and status == "Installed":
            return
        if quirks.wrong_order and status in HELD_BACK:
            self._held_back = status
            return
        for _ in range(FLOOD if quirks.floods and status == "Uploading" else 1):
            await self._say(self.status)
        if self._held_back:
            late, self._held_back = self._held_back, None
            await self._say(late)

    async def repeat(self) -> None:
        """A trigger asked where the job is."""
        await self._say(self.status)

    async def _say(self, status: str) -> None:
        message = self._message_of(status)
        if message is not None:
            await self._station.insist(message)


async def until(station: "SimulatedStation", at: datetime | None) -> None:
    """Wait for a moment of the station's time."""
    if at is not None:
        await asyncio.sleep(station.pace.real_s((at - datetime.now(UTC)).total_seconds()))


async def persevere(
    station: "SimulatedStation",
    patience: Patience,
    attempt: Callable[[], Awaitable[None]],
    failed: Callable[[TransferError], Awaitable[None]],
) -> TransferError | None:
    """Try until it works or patience is over; what went wrong last, None if it worked."""
    attempts = 1 if station.quirks.ignores_retries else patience.attempts
    while True:
        attempts -= 1
        try:
            await attempt()
        except TransferError as error:
            if not attempts:
                return error
            await failed(error)
        else:
            return None
        await asyncio.sleep(station.pace.real_s(patience.interval_s))
