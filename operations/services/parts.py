"""The chargers and connectors of some stations, in memory: found, discovered, changed, saved.

Every status a station reports passes here, so these are plain rows, read and written in batches;
a model instance of each would cost more than all the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from operator import attrgetter, ne
from typing import Any

from django.db.models import Max, Model

from operations.models import Charger, Connector, Station
from operations.services import rows
from operations.services.live import Changes
from operations.statuses import MOST_ALIVE_FIRST, ChargingStatus, OperationalStatus
from operations.versions import V16

MOST_PARTS = 200  # chargers, and connectors, of one station

OPERATIVE, INOPERATIVE = OperationalStatus.OPERATIVE.value, OperationalStatus.INOPERATIVE.value
# What each charging status means in broad terms.
BROAD = {"": INOPERATIVE, **{each.value: each.operational_status.value for each in ChargingStatus}}


@dataclass(slots=True)
class StationPart:
    """What is derived for a station, and from what."""

    pk: int
    operational_status: str
    main_status: str
    main_error: str
    main_status_at: datetime | None = None

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
    status_at: datetime | None = None

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
    error_code: str
    error_info: str
    vendor_error_code: str
    status_at: datetime | None = None
    status_heard_at: datetime | None = None
    lock_status: str | None = None
    lock_is_writable: bool | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the connector is discarded."""
        return self.operational_status == OperationalStatus.CLOSED


class TooManyPartsError(Exception):
    """The station speaks of more connectors than any has: its numbers are nonsense."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of part: its columns. What is `told` is not read, and None until it is heard."""

    model: type[Model]
    keys: tuple[str, ...]
    read: tuple[str, ...]
    told: tuple[str, ...]

    def rows_of(self, station_pks: set[int]) -> Iterator[list[Any]]:
        """Keys first, then what is read."""
        by = "pk" if self.model is Station else "station_id"
        return rows.select(self.model, (*self.keys, *self.read), by=by, keys=station_pks)

    def read_of(self, made: Model) -> list[Any]:
        """What would be read of a row that was just written."""
        return [getattr(made, name) for name in self.read]

    def read_values(self, row: list[Any]) -> tuple[Any, ...]:
        """What is kept of a row to know what differs later."""
        return (*row[len(self.keys) :], *(None,) * len(self.told))

    def write(self, parts: Iterable[Any], known: dict[int, tuple[Any, ...]]) -> None:
        """Only the columns that differ: the indexes of the others are left alone."""
        names = (*self.read, *self.told)
        values_of = attrgetter(*names)
        alike: dict[tuple[bool, ...], list[Any]] = defaultdict(list)
        for part in parts:
            values = values_of(part)
            alike[tuple(map(ne, values, known[part.pk]))].append(part)
            known[part.pk] = values
        for differs, some in alike.items():
            if any(differs):
                rows.update(self.model, some, tuple(compress(names, differs)))


STATIONS = _Kind(
    Station, ("pk",), ("operational_status", "main_status", "main_error"), ("main_status_at",)
)
CHARGERS = _Kind(
    Charger,
    ("pk", "station_id", "number"),
    ("operational_status", "charging_status"),
    ("status_at",),
)
CONNECTORS = _Kind(
    Connector,
    ("pk", "charger_id", "station_id", "number"),
    ("operational_status", "charging_status", "error_code", "error_info", "vendor_error_code"),
    ("status_at", "status_heard_at", "lock_status", "lock_is_writable"),
)


class Parts:
    """Stations with all their chargers and connectors, loaded by one query per kind."""

    def __init__(self, station_pks: set[int]) -> None:
        self._stations: dict[int, StationPart] = {}
        self._chargers: dict[int, dict[int, ChargerPart]] = defaultdict(dict)
        self._connectors: dict[int, dict[int, ConnectorPart]] = defaultdict(dict)
        self._charger_numbers: dict[int, int] = {}
        self._by_pk: dict[int, ConnectorPart] = {}
        self._known: dict[type[Model], dict[int, tuple[Any, ...]]] = defaultdict(dict)
        self._changed_connectors: dict[int, ConnectorPart] = {}
        self._touched_stations: dict[int, StationPart] = {}
        self._changed_stations: set[int] = set()
        for row in STATIONS.rows_of(station_pks):
            self._stations[row[0]] = StationPart(*row)
            self._known[Station][row[0]] = STATIONS.read_values(row)
        for row in CHARGERS.rows_of(station_pks):
            self._take_charger(ChargerPart(*row), CHARGERS.read_values(row))
        for row in CONNECTORS.rows_of(station_pks):
            self._take_connector(ConnectorPart(*row), CONNECTORS.read_values(row))

    def _take_charger(self, charger: ChargerPart, values: tuple[Any, ...]) -> None:
        self._chargers[charger.station_id][charger.number] = charger
        self._charger_numbers[charger.pk] = charger.number
        self._known[Charger][charger.pk] = values

    def _take_connector(self, connector: ConnectorPart, values: tuple[Any, ...]) -> None:
        self._connectors[connector.charger_id][connector.number] = connector
        self._by_pk[connector.pk] = connector
        self._known[Connector][connector.pk] = values

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
            row = [made.pk, charger.pk, station_pk, number, *CONNECTORS.read_of(made)]
            connector = ConnectorPart(*row)
            self._take_connector(connector, CONNECTORS.read_values(row))
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
            row = [made.pk, station_pk, number, *CHARGERS.read_of(made)]
            charger = ChargerPart(*row)
            self._take_charger(charger, CHARGERS.read_values(row))
        return charger

    @staticmethod
    def _count(parts: int) -> None:
        if parts >= MOST_PARTS:
            raise TooManyPartsError(f"The station speaks of more than {MOST_PARTS} connectors.")

    def set_status(self, connector: ConnectorPart, status: ChargingStatus, at: datetime) -> None:
        """A status was heard; `status_at` tells since when it is this one."""
        if connector.charging_status != status:
            connector.charging_status = status.value
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
        connectors = self._changed_connectors.values()
        CONNECTORS.write(connectors, self._known[Connector])
        CHARGERS.write(chargers, self._known[Charger])
        STATIONS.write(stations, self._known[Station])
        for station in stations:
            changes.add("station", station.pk)
        for charger in chargers:
            changes.add("charger", charger.pk)
        for connector in connectors:
            changes.add("charger", connector.charger_id)

    def _derive_charger(self, station: StationPart, charger: ChargerPart) -> bool:
        """A charger shows the most alive of its connectors; returns whether that is news."""
        connectors = self._connectors[charger.pk].values()
        down = station.is_down
        works, shown = False, set()
        for connector in connectors:
            if connector.is_closed:
                continue
            shown.add(connector.charging_status)
            broad = INOPERATIVE if down else BROAD[connector.charging_status]
            works = works or broad == OPERATIVE
            if connector.operational_status != broad:
                connector.operational_status = broad
                self._changed_connectors[connector.pk] = connector
        before = (charger.operational_status, charger.charging_status)
        alive = (status for status in MOST_ALIVE_FIRST if status in shown)
        charger.charging_status = next(alive, "")
        if not charger.is_closed:
            charger.operational_status = OPERATIVE if works else INOPERATIVE
        if before == (charger.operational_status, charger.charging_status):
            return False
        if before[1] != charger.charging_status:
            heard = [at for each in connectors if (at := each.status_heard_at) is not None]
            charger.status_at = max(heard) if heard else _last_heard_at(charger)
        return True


def _last_heard_at(charger: ChargerPart) -> datetime | None:
    """When the charger's connectors last told their status, where none has just done so."""
    connectors = Connector.objects.filter(charger=charger.pk)
    at: datetime | None = connectors.aggregate(at=Max("status_heard_at"))["at"]
    return at


def _derive_station(station: StationPart, chargers: Iterable[ChargerPart]) -> bool:
    """A station works when it does not say otherwise and one of its chargers works."""
    if station.is_closed:
        return False
    works = any(charger.operational_status == OPERATIVE for charger in chargers)
    before = station.operational_status
    station.operational_status = OPERATIVE if works and not station.is_down else INOPERATIVE
    return before != station.operational_status
