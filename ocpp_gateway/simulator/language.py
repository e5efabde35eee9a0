"""What a station needs of one OCPP version: messages to send, answers to give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from ocpp_gateway.simulator.frames import Answer, Message, Payload
from ocpp_gateway.simulator.hardware import Connector

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

Handler = Callable[[Payload], Answer]


class Messages(Protocol):
    """Builds what a station says; pure but for the station's clock, meter and counters."""

    def boot(self, reason: str) -> Message:
        """Who we are, and why we started."""

    def heartbeat(self) -> Message:
        """We are here."""

    def word(self, state: str) -> str:
        """A connector's state in this version's words."""

    def station_status(self) -> Message | None:
        """The status of the station itself, where the version has one."""

    def status(self, connector: Connector, state: str) -> Message:
        """A connector's status."""

    def authorize(self, token: str) -> Message:
        """Whether this token may charge."""

    def is_authorized(self, answer: Payload) -> bool:
        """Whether an answer about a token was yes, or silent about it."""

    def started(self, connector: Connector) -> Message:
        """The connector's session begins."""

    def learn(self, connector: Connector, answer: Payload) -> None:
        """Keep what the answer to `started` says of the session."""

    def metered(self, connector: Connector) -> Message:
        """What the connector's meter reads."""

    def ended(self, connector: Connector, reason: str) -> Message:
        """The connector's session ends."""


class Answers(Protocol):
    """Answers the central system's calls."""

    # What each refusable call is answered with by a station that rejects it.
    refusals: ClassVar[dict[str, Payload]]
    malformed: ClassVar[str]

    @property
    def handlers(self) -> dict[str, Handler]:
        """By action."""

    def knows(self, action: str) -> bool:
        """Whether the version has this call at all."""


@dataclass(frozen=True, slots=True)
class Language:
    """One version's two halves."""

    messages: "Callable[[SimulatedStation], Messages]"
    answers: "Callable[[SimulatedStation], Answers]"
