"""The people at a simulated station: they plug in, charge and leave."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.backlog import Backlog, Owed
from ocpp_gateway.simulator.frames import Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.sessions import Session
from ocpp_gateway.simulator.settings import Rule

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

TOKENS = tuple(f"04A1B2C3{number:02X}" for number in range(1, 41))
SHORTEST_TICKS, LONGEST_TICKS = 6, 60


class Drivers:
    """Moves sessions on, one tick at a time, with a connection or without.

    What a lost connection cut short stays as it was and is tried again by the next tick; what
    happens without one is told later, in order.
    """

    def __init__(self, station: "SimulatedStation", *, sessions_per_hour: float) -> None:
        self._station = station
        self._sessions_per_hour = sessions_per_hour
        self._backlog = Backlog(station, self._heed_late)
        # A tick and an operator's stop must not both end one session.
        self._turn = asyncio.Lock()

    async def tick(self, seconds: float) -> None:
        """So much time has passed."""
        async with self._turn:
            await self._backlog.tell()
            for connector in self._station.hardware.connectors:
                await self._advance(connector, seconds)

    async def catch_up(self) -> None:
        """Tell what happened without a connection."""
        async with self._turn:
            await self._backlog.tell()

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
            session = self._new_session(connector, token, stays=stays)
            session.remote_start_id = remote_start_id
            # 1.6 §5.11, 2.0.1 F01: whether a remote start needs leave as well is a setting.
            needs_leave = not is_remote or self._station.settings.is_on(Rule.REMOTE_START)
            session.is_authorized = not needs_leave
            await self._arrive(connector, session)

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
            await self._let_in(connector, session)
        elif session.stop_reason or session.ticks_left == 0:
            await self._end(connector, session.stop_reason or "Local")
        else:
            connector.energy_wh += self._station.power_of(connector) * seconds / 3600
            if session.ticks_left is not None:
                session.ticks_left -= 1
            # Offline, the meter is told of at the end only.
            if not self._backlog.must_wait:
                await self._station.meter([connector])

    async def _come_or_go(self, connector: Connector, seconds: float) -> None:
        if connector.is_finishing:
            await self._leave(connector)
            return
        rng = self._station.rng
        arrives = rng.random() < self._sessions_per_hour * seconds / 3600
        if arrives and self._station.is_free(connector):
            await self._arrive(
                connector, self._new_session(connector, rng.choice(TOKENS), stays=False)
            )

    def _new_session(self, connector: Connector, token: str, *, stays: bool) -> Session:
        rng = self._station.rng
        return Session(
            token=token,
            started_at=datetime.now(UTC),
            meter_start_wh=connector.energy_wh,
            ticks_left=None if stays else rng.randint(SHORTEST_TICKS, LONGEST_TICKS),
            transaction=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        )

    async def _arrive(self, connector: Connector, session: Session) -> None:
        connector.session = session
        connector.is_plugged, connector.is_finishing = True, False
        await self._station.report([connector])
        await self._let_in(connector, session)

    async def _let_in(self, connector: Connector, session: Session) -> None:
        if not session.is_authorized:
            session.is_authorized = await self._station.authorization.allows(session.token)
        if session.is_authorized:
            await self._begin(connector, session)
        else:
            await self._leave(connector)

    async def _begin(self, connector: Connector, session: Session) -> None:
        station = self._station
        message, answer = station.messages.started(connector), None
        if self._backlog.must_wait:
            self._backlog.add(connector, session, message)
        else:
            answer = await station.say(message)
            if answer is None:
                return
            station.messages.learn(session, answer)
        session.is_started = True
        station.tally.sessions += 1
        await station.report([connector])
        await self._heed(connector, session, answer or {})

    async def _end(self, connector: Connector, reason: str) -> None:
        station, session = self._station, connector.session
        if session is None:
            return
        session.stop_reason = reason
        if session.is_started:
            message = station.messages.ended(connector, reason)
            if self._backlog.must_wait:
                self._backlog.add(connector, session, message)
            else:
                answer = await station.say(message)
                if answer is None:
                    return
                station.authorization.heed(session.token, answer)
        connector.session, connector.is_finishing = None, True
        await station.report([connector])
        await station.went_idle()

    async def _heed_late(self, owed: Owed, answer: Payload) -> None:
        self._station.messages.learn(owed.session, answer)
        await self._heed(owed.connector, owed.session, answer)

    async def _heed(self, connector: Connector, session: Session, answer: Payload) -> None:
        """The central system may still not want a driver who was let in here (1.6 §4.8, C12)."""
        station = self._station
        is_wanted = station.authorization.heed(session.token, answer)
        if is_wanted or connector.session is not session:
            return
        if station.settings.is_on(Rule.STOP_ON_INVALID):
            await self._end(connector, "DeAuthorized")
        else:
            session.is_suspended = True
            await station.report([connector])

    async def _leave(self, connector: Connector) -> None:
        connector.session = None
        await self.unplug(connector)
