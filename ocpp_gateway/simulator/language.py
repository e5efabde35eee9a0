"""What a station needs of one OCPP version: messages to send, answers to give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from ocpp_gateway.simulator.behaviours import Quirks
from ocpp_gateway.simulator.frames import Answer, Message, Payload
from ocpp_gateway.simulator.hardware import Connector, Hardware
from ocpp_gateway.simulator.orders import FirmwareOrder, LogOrder
from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.sessions import Session
from ocpp_gateway.simulator.settings import Settings
from ocpp_gateway.simulator.tokens import TokenInfo

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

    def token_info(self, answer: Payload) -> TokenInfo | None:
        """What an answer says of a token, if anything."""

    def started(self, connector: Connector) -> Message:
        """The connector's session begins."""

    def learn(self, session: Session, answer: Payload) -> None:
        """Keep what the answer to `started` says of the session."""

    def completed(self, message: Message, session: Session) -> Message:
        """A message that had to wait, with what was learned meanwhile."""

    def metered(self, connector: Connector) -> Message:
        """What the connector's meter reads."""

    def firmware_status(self, status: str, order: FirmwareOrder | None = None) -> Message | None:
        """Where a firmware update is, where the version has a word for it."""

    def log_status(self, status: str, order: LogOrder | None = None) -> Message | None:
        """Where an upload is, where the version has a word for it."""

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
    """One version: what is said, what is answered, what can be set."""

    messages: "Callable[[SimulatedStation], Messages]"
    answers: "Callable[[SimulatedStation], Answers]"
    settings: Callable[[Hardware, Profile, Quirks], Settings]
