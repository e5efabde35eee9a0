"""What a simulated station is made of: chargers, connectors and the state they are in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ocpp_gateway.simulator.sessions import Session


@dataclass(slots=True)
class Connector:
    """One connector; `flat` is its number in OCPP 1.6, which counts over the whole station."""

    charger: int
    number: int
    flat: int
    is_operative: bool = True
    is_plugged: bool = False
    is_locked: bool = False
    is_faulted: bool = False
    is_finishing: bool = False
    is_reserved: bool = False
    energy_wh: float = 0.0
    session: Session | None = None
    # The state last told to the central system: only changes are news.
    told: str | None = None


@dataclass(slots=True)
class Hardware:
    """The station, its chargers (EVSEs) and connectors, each of which can be switched off."""

    layout: tuple[int, ...]
    is_operative: bool = True
    chargers: dict[int, bool] = field(default_factory=dict)
    connectors: list[Connector] = field(default_factory=list)
    told: str | None = None

    def __post_init__(self) -> None:
        flat = 0
        for charger, outlets in enumerate(self.layout, start=1):
            self.chargers[charger] = True
            for number in range(1, outlets + 1):
                flat += 1
                self.connectors.append(Connector(charger, number, flat))

    @property
    def state(self) -> str:
        """The station's own state (connector 0 of OCPP 1.6)."""
        return "Available" if self.is_operative else "Unavailable"

    def state_of(self, connector: Connector) -> str:
        """A connector's state in the words of OCPP 1.6; a session outlives being switched off."""
        if connector.is_faulted:
            return "Faulted"
        if connector.session:
            return connector.session.state
        if not self.is_in_service(connector):
            return "Unavailable"
        if connector.is_finishing:
            return "Finishing"
        if connector.is_reserved and not connector.is_plugged:
            return "Reserved"
        return "Preparing" if connector.is_plugged else "Available"

    def is_in_service(self, connector: Connector) -> bool:
        """Whether connector, charger and station are all switched on."""
        return self.is_operative and self.chargers[connector.charger] and connector.is_operative

    def find(self, charger: int | None = None, number: int | None = None) -> list[Connector]:
        """The connectors at or below an address; none if there is no such address."""
        return [
            connector
            for connector in self.connectors
            if charger in (None, connector.charger) and number in (None, connector.number)
        ]

    def find_flat(self, flat: int) -> list[Connector]:
        """The connectors an OCPP 1.6 connectorId means: 0 is all of them."""
        return [connector for connector in self.connectors if flat in (0, connector.flat)]

    def running(self) -> Iterator[Connector]:
        """The connectors with a session."""
        return (connector for connector in self.connectors if connector.session)

    def switch(self, *, operative: bool, charger: int | None, number: int | None) -> None:
        """Switch one level on or off; the levels are kept apart (2.0.1 G03, G04)."""
        if charger is None:
            self.is_operative = operative
        elif number is None:
            self.chargers[charger] = operative
        else:
            for connector in self.find(charger, number):
                connector.is_operative = operative

    def switch_flat(self, *, operative: bool, flat: int) -> None:
        """Switch as OCPP 1.6 §5.2 says: 0 is the station and all its connectors."""
        if flat == 0:
            self.is_operative = operative
        for connector in self.find_flat(flat):
            connector.is_operative = operative
