"""The people at a simulated station: they plug in, charge and leave."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.sessions import Session

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

TOKENS = tuple(f"04A1B2C3{number:02X}" for number in range(1, 41))
SHORTEST_TICKS, LONGEST_TICKS = 6, 60


class Drivers:
    """Moves sessions on, one tick at a time.

    What a lost connection cut short stays as it was and is tried again by the next tick.
    """

    def __init__(self, station: "SimulatedStation", *, sessions_per_hour: float) -> None:
        self._station = station
        self._sessions_per_hour = sessions_per_hour
        # A tick and an operator's stop must not both end one session.
        self._turn = asyncio.Lock()

    async def tick(self, seconds: float) -> None:
        """So much time has passed."""
        async with self._turn:
            for connector in self._station.hardware.connectors:
                await self._advance(connector, seconds)

    async def start(
        self,
        connector: Connector,
        token: str,
        *,
        is_remote: bool = False,
        remote_start_id: int | None = None,
        stays: bool = False,
    ) -> None:
        """Plug in and start a session; one that stays ends only when somebody ends it."""
        async with self._turn:
            if connector.session:
                return
            connector.session = self._new_session(connector, token, stays=stays)
            connector.session.remote_start_id = remote_start_id
            connector.is_plugged, connector.is_finishing = True, False
            await self._station.report([connector])
            if is_remote or await self._is_authorized(connector.session):
                await self._begin(connector)
            else:
                await self._leave(connector)

    async def stop(self, connector: Connector, reason: str) -> None:
        """End the connector's session, if there is one."""
        async with self._turn:
            if connector.session:
                await self._end(connector, reason)

    async def unplug(self, connector: Connector) -> None:
        """The cable comes out."""
        connector.is_plugged = connector.is_finishing = connector.is_locked = False
        await self._station.report([connector])

    async def _advance(self, connector: Connector, seconds: float) -> None:
        session = connector.session
        if session is None:
            await self._come_or_go(connector, seconds)
        elif not session.is_started:
            await self._begin(connector)
        elif session.stop_reason or session.ticks_left == 0:
            await self._end(connector, session.stop_reason or "Local")
        else:
            connector.energy_wh += self._station.power_of(connector) * seconds / 3600
            if session.ticks_left is not None:
                session.ticks_left -= 1
            await self._station.meter([connector])

    async def _come_or_go(self, connector: Connector, seconds: float) -> None:
        if connector.is_finishing:
            await self._leave(connector)
            return
        rng = self._station.rng
        arrives = rng.random() < self._sessions_per_hour * seconds / 3600
        if not arrives or not self._station.is_free(connector):
            return
        connector.session = self._new_session(connector, rng.choice(TOKENS), stays=False)
        connector.is_plugged = True
        await self._station.report([connector])
        if await self._is_authorized(connector.session):
            await self._begin(connector)
        else:
            await self._leave(connector)

    def _new_session(self, connector: Connector, token: str, *, stays: bool) -> Session:
        rng = self._station.rng
        return Session(
            token=token,
            started_at=datetime.now(UTC),
            meter_start_wh=connector.energy_wh,
            ticks_left=None if stays else rng.randint(SHORTEST_TICKS, LONGEST_TICKS),
            transaction=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        )

    async def _is_authorized(self, session: Session) -> bool:
        messages = self._station.messages
        answer = await self._station.say(messages.authorize(session.token))
        return answer is not None and messages.is_authorized(answer)

    async def _begin(self, connector: Connector) -> None:
        station, session = self._station, connector.session
        answer = await station.say(station.messages.started(connector))
        if session is None or answer is None:
            return
        station.messages.learn(connector, answer)
        session.is_started = True
        station.tally.sessions += 1
        await station.report([connector])
        if not station.messages.is_authorized(answer):
            await self._end(connector, "DeAuthorized")

    async def _end(self, connector: Connector, reason: str) -> None:
        station, session = self._station, connector.session
        if session is None:
            return
        session.stop_reason = reason
        if (
            session.is_started
            and await station.say(station.messages.ended(connector, reason)) is None
        ):
            return
        connector.session, connector.is_finishing = None, True
        await station.report([connector])
        await station.went_idle()

    async def _leave(self, connector: Connector) -> None:
        connector.session = None
        await self.unplug(connector)
