"""What a simulated station could not tell of its sessions yet, in order (1.6 §3.7, 2.0.1 E04)."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Message, Payload
from ocpp_gateway.simulator.hardware import Connector
from ocpp_gateway.simulator.sessions import Session

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

MOST_KEPT = 500
ATTEMPTS = 3


@dataclass(slots=True)
class Owed:
    """A message, and the session it is about: its connector may have another one by now."""

    connector: Connector
    session: Session
    message: Message
    attempts: int = 0


class Backlog:
    """First in, first told; a message that is refused too often is given up."""

    def __init__(
        self, station: "SimulatedStation", heed: Callable[[Owed, Payload], Awaitable[None]]
    ) -> None:
        self._station = station
        self._heed = heed
        self._owed: deque[Owed] = deque(maxlen=MOST_KEPT)

    @property
    def must_wait(self) -> bool:
        """Whether what is to be told now has to wait for its turn."""
        return not self._station.is_connected or bool(self._owed)

    def add(self, connector: Connector, session: Session, message: Message) -> None:
        """Keep a message for later."""
        self._owed.append(Owed(connector, session, message))

    async def tell(self) -> None:
        """Tell what is owed, as far as the central system takes it."""
        station = self._station
        while self._owed and station.is_connected:
            owed = self._owed[0]
            owed.attempts += 1
            answer = await station.say(station.messages.completed(owed.message, owed.session))
            if answer is None and owed.attempts < ATTEMPTS:
                return
            self._owed.popleft()
            await self._heed(owed, answer or {})
