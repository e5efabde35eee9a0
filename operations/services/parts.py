"""The chargers and connectors of some stations, in memory: found, discovered, changed, saved.

Every status a station reports passes here, so these are plain rows, read and written in batches;
a model instance of each would cost more than all the rest.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from operations.models import Charger, Connector, Station
from operations.services import rows
from operations.services.live import Changes
from operations.statuses import MOST_ALIVE_FIRST, ChargingStatus, OperationalStatus
from operations.versions import V16

MOST_PARTS = 200  # chargers, and connectors, of one station

STATION_FIELDS = ("operational_status", "main_status", "main_status_at", "main_error")
CHARGER_FIELDS = ("operational_status", "charging_status", "status_at")
CONNECTOR_FIELDS = (
    "operational_status",
    "charging_status",
    "status_at",
    "status_heard_at",
    "error_code",
    "error_info",
    "vendor_error_code",
    "lock_status",
    "lock_is_writable",
)


@dataclass(slots=True)
class StationPart:
    """What is derived for a station, and from what."""

    pk: int
    operational_status: str
    main_status: str
    main_status_at: datetime | None
    main_error: str

    @property
    def is_closed(self) -> bool:
        """Whether the station is discarded."""
        return self.operational_status == OperationalStatus.CLOSED

    @property
    def is_down(self) -> bool:
        """Whether connector 0 says that nothing of the station works (1.6 §7.7)."""
        return self.main_status in {ChargingStatus.UNAVAILABLE, ChargingStatus.FAULTED}


@dataclass(slots=True)
class ChargerPart:
    """What is derived for a charger."""

    pk: int
    station_id: int
    number: int
    operational_status: str
    charging_status: str
    status_at: datetime | None

    @property
    def is_closed(self) -> bool:
        """Whether the charger is discarded."""
        return self.operational_status == OperationalStatus.CLOSED


@dataclass(slots=True)
class ConnectorPart:
    """What a station says of a connector."""

    pk: int
    charger_id: int
    station_id: int
    number: int
    operational_status: str
    charging_status: str
    status_at: datetime | None
    status_heard_at: datetime | None
    error_code: str
    error_info: str
    vendor_error_code: str
    lock_status: str
    lock_is_writable: bool

    @property
    def is_closed(self) -> bool:
        """Whether the connector is discarded."""
        return self.operational_status == OperationalStatus.CLOSED


class TooManyPartsError(Exception):
    """The station speaks of more connectors than any has: its numbers are nonsense."""


class Parts:
    """Stations with all their chargers and connectors, loaded by one query per kind."""

    def __init__(self, station_pks: set[int]) -> None:
        stations = rows.select(Station, ("pk", *STATION_FIELDS), by="pk", keys=station_pks)
        self._stations = {row[0]: StationPart(*row) for row in stations}
        self._chargers: dict[int, dict[int, ChargerPart]] = defaultdict(dict)
        self._connectors: dict[int, dict[int, ConnectorPart]] = defaultdict(dict)
        self._charger_numbers: dict[int, int] = {}
        self._by_pk: dict[int, ConnectorPart] = {}
        self._changed_connectors: dict[int, ConnectorPart] = {}
        self._touched_stations: dict[int, StationPart] = {}
        self._changed_stations: set[int] = set()
        names: tuple[str, ...] = ("pk", "station_id", "number", *CHARGER_FIELDS)
        for row in rows.select(Charger, names, by="station_id", keys=station_pks):
            self._take_charger(ChargerPart(*row))
        names = ("pk", "charger_id", "station_id", "number", *CONNECTOR_FIELDS)
        for row in rows.select(Connector, names, by="station_id", keys=station_pks):
            self._take_connector(ConnectorPart(*row))

    def _take_charger(self, charger: ChargerPart) -> None:
        self._chargers[charger.station_id][charger.number] = charger
        self._charger_numbers[charger.pk] = charger.number

    def _take_connector(self, connector: ConnectorPart) -> None:
        self._connectors[connector.charger_id][connector.number] = connector
        self._by_pk[connector.pk] = connector

    def station(self, pk: int) -> StationPart:
        """A loaded station."""
        return self._stations[pk]

    def by_key(self, pk: int) -> ConnectorPart:
        """A loaded connector."""
        return self._by_pk[pk]

    def connector(self, station_pk: int, evse_id: int | None, number: int) -> ConnectorPart:
        """The connector a station names; made when it is spoken of for the first time.

        OCPP 1.6 numbers through the station, so its connectors are looked for in all chargers.
        """
        if evse_id is None:
            for charger in self._chargers[station_pk].values():
                found = self._connectors[charger.pk].get(number)
                if found is not None:
                    return found
        charger = self.charger(station_pk, evse_id or 1)
        connector = self._connectors[charger.pk].get(number)
        if connector is None:
            self._count(len(self.connectors_of_station(station_pk)))
            made = Connector.objects.create(
                charger_id=charger.pk, station_id=station_pk, number=number
            )
            values = (getattr(made, name) for name in CONNECTOR_FIELDS)
            connector = ConnectorPart(made.pk, charger.pk, station_pk, number, *values)
            self._take_connector(connector)
            self.note_connector(connector)
        return connector

    def charger_number(self, connector: ConnectorPart) -> int:
        """The number of a connector's charger."""
        return self._charger_numbers[connector.charger_id]

    def connectors_of(self, station_pk: int, evse_id: int) -> list[ConnectorPart]:
        """The connectors of an EVSE; connector 1 if it never spoke of any."""
        charger = self.charger(station_pk, evse_id)
        return list(self._connectors[charger.pk].values()) or [
            self.connector(station_pk, evse_id, 1)
        ]

    def connectors_of_station(self, station_pk: int) -> list[ConnectorPart]:
        """All the connectors of a station."""
        chargers = self._chargers[station_pk].values()
        return [each for charger in chargers for each in self._connectors[charger.pk].values()]

    def charger(self, station_pk: int, number: int) -> ChargerPart:
        """The charger under this number; made when it is spoken of for the first time."""
        charger = self._chargers[station_pk].get(number)
        if charger is None:
            self._count(len(self._chargers[station_pk]))
            station = Station.objects.get(pk=station_pk)
            is_alone = station.version is V16
            made = Charger.objects.create(
                station=station,
                number=number,
                name=station.name if is_alone else f"{station.name}-{number}",
                serial_number=station.serial_number,
                model=station.model,
                vendor=station.vendor,
            )
            values = (getattr(made, name) for name in CHARGER_FIELDS)
            charger = ChargerPart(made.pk, station_pk, number, *values)
            self._take_charger(charger)
        return charger

    @staticmethod
    def _count(parts: int) -> None:
        if parts >= MOST_PARTS:
            raise TooManyPartsError(f"The station speaks of more than {MOST_PARTS} connectors.")

    def set_status(self, connector: ConnectorPart, status: ChargingStatus, at: datetime) -> None:
        """A status was heard; `status_at` tells since when it is this one."""
        if connector.charging_status != status:
            connector.charging_status = status
            connector.status_at = at
        connector.status_heard_at = at
        self.note_connector(connector)

    def note_connector(self, connector: ConnectorPart) -> None:
        """Have the connector saved, and what is derived from it."""
        self._changed_connectors[connector.pk] = connector
        station = self._stations[connector.station_id]
        self._touched_stations[station.pk] = station

    def note_station(self, station: StationPart) -> None:
        """Have the station saved, and what is derived from it."""
        self._touched_stations[station.pk] = station
        self._changed_stations.add(station.pk)

    def save(self, changes: Changes) -> None:
        """Derive, write what changed, and tell browsers."""
        chargers, stations = [], []
        for station in self._touched_stations.values():
            mine = self._chargers[station.pk].values()
            chargers += [each for each in mine if self._derive_charger(station, each)]
            if _derive_station(station, mine) or station.pk in self._changed_stations:
                stations.append(station)
        connectors = list(self._changed_connectors.values())
        rows.update(Connector, connectors, CONNECTOR_FIELDS)
        rows.update(Charger, chargers, CHARGER_FIELDS)
        rows.update(Station, stations, STATION_FIELDS)
        for station in stations:
            changes.add("station", station.pk)
        for charger in chargers:
            changes.add("charger", charger.pk)
        for connector in connectors:
            changes.add("charger", connector.charger_id)

    def _derive_charger(self, station: StationPart, charger: ChargerPart) -> bool:
        """A charger shows the most alive of its connectors; returns whether that is news."""
        connectors = self._connectors[charger.pk].values()
        before = (charger.operational_status, charger.charging_status)
        down = station.is_down
        for connector in connectors:
            status = _broad(connector.charging_status, down=down)
            if not connector.is_closed and connector.operational_status != status:
                connector.operational_status = status
                self._changed_connectors[connector.pk] = connector
        shown = {connector.charging_status for connector in connectors if not connector.is_closed}
        alive = next((status for status in MOST_ALIVE_FIRST if status in shown), None)
        charger.charging_status = alive or ""
        if not charger.is_closed:
            works = any(
                connector.operational_status == OperationalStatus.OPERATIVE
                for connector in connectors
            )
            charger.operational_status = (
                OperationalStatus.OPERATIVE if works else OperationalStatus.INOPERATIVE
            )
        if before == (charger.operational_status, charger.charging_status):
            return False
        if before[1] != charger.charging_status:
            heard = [c.status_heard_at for c in connectors if c.status_heard_at is not None]
            charger.status_at = max(heard, default=charger.status_at)
        return True


def _broad(status: str, *, down: bool) -> OperationalStatus:
    if down or not status:
        return OperationalStatus.INOPERATIVE
    return ChargingStatus(status).operational_status


def _derive_station(station: StationPart, chargers: Iterable[ChargerPart]) -> bool:
    """A station works when it does not say otherwise and one of its chargers works."""
    if station.is_closed:
        return False
    works = any(charger.operational_status == OperationalStatus.OPERATIVE for charger in chargers)
    before = station.operational_status
    station.operational_status = (
        OperationalStatus.OPERATIVE
        if works and not station.is_down
        else OperationalStatus.INOPERATIVE
    )
    return before != station.operational_status
