"""The chargers and connectors of some stations, in memory: found, discovered, changed, saved."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from operations.models import Charger, Connector, Station
from operations.services import rows
from operations.services.live import Changes
from operations.statuses import MOST_ALIVE_FIRST, ChargingStatus, OperationalStatus
from operations.versions import V16

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
CHARGER_FIELDS = ("operational_status", "charging_status", "status_at")
STATION_FIELDS = ("operational_status", "main_status", "main_status_at", "main_error")


class Parts:
    """Stations with all their chargers and connectors, loaded by one query per kind."""

    def __init__(self, stations: dict[int, Station], chargers: Iterable[Charger]) -> None:
        self._stations = stations
        self._chargers: dict[int, dict[int, Charger]] = defaultdict(dict)
        self._connectors: dict[int, dict[int, Connector]] = defaultdict(dict)
        self._changed_connectors: dict[int, Connector] = {}
        self._touched_stations: dict[int, Station] = {}
        self._changed_stations: set[int] = set()
        for charger in chargers:
            self._chargers[charger.station_id][charger.number] = charger

    @classmethod
    def load(cls, station_pks: set[int]) -> "Parts":
        """Everything below these stations."""
        stations = Station.objects.in_bulk(station_pks)
        chargers = {
            charger.pk: charger for charger in Charger.objects.filter(station_id__in=station_pks)
        }
        parts = cls(stations, chargers.values())
        for connector in Connector.objects.filter(station_id__in=station_pks):
            charger = chargers[connector.charger_id]
            charger.station = stations[connector.station_id]
            connector.charger = charger
            parts._connectors[charger.pk][connector.number] = connector
        return parts

    def station(self, pk: int) -> Station:
        """A loaded station."""
        return self._stations[pk]

    def by_key(self, connector: Connector) -> Connector:
        """This object's copy of a connector."""
        return self._connectors[connector.charger_id][connector.number]

    def connector(self, station_pk: int, evse_id: int | None, number: int) -> Connector:
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
            connector = Connector.objects.create(
                charger=charger, station_id=station_pk, number=number
            )
            self._connectors[charger.pk][number] = connector
            self.note_connector(connector)
        return connector

    def connectors_of(self, station_pk: int, evse_id: int) -> list[Connector]:
        """The connectors of an EVSE; connector 1 if it never spoke of any."""
        charger = self.charger(station_pk, evse_id)
        return list(self._connectors[charger.pk].values()) or [
            self.connector(station_pk, evse_id, 1)
        ]

    def charger(self, station_pk: int, number: int) -> Charger:
        """The charger under this number; made when it is spoken of for the first time."""
        charger = self._chargers[station_pk].get(number)
        if charger is None:
            station = self._stations[station_pk]
            alone = station.version is V16
            charger = Charger.objects.create(
                station=station,
                number=number,
                name=station.name if alone else f"{station.name}-{number}",
                serial_number=station.serial_number,
                model=station.model,
                vendor=station.vendor,
            )
            self._chargers[station_pk][number] = charger
        return charger

    def set_status(self, connector: Connector, status: ChargingStatus, at: datetime) -> None:
        """A status was heard; `status_at` tells since when it is this one."""
        if connector.charging_status != status:
            connector.charging_status = status
            connector.status_at = at
        connector.status_heard_at = at
        self.note_connector(connector)

    def note_connector(self, connector: Connector) -> None:
        """Have the connector saved, and what is derived from it."""
        self._changed_connectors[connector.pk] = connector
        station = self._stations[connector.station_id]
        self._touched_stations[station.pk] = station

    def note_station(self, station: Station) -> None:
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
        rows.update(connectors, CONNECTOR_FIELDS)
        rows.update(chargers, CHARGER_FIELDS)
        rows.update(stations, STATION_FIELDS)
        for station in stations:
            changes.add("station", station.pk)
        for charger in chargers:
            changes.add("charger", charger.pk)
        for connector in connectors:
            changes.add("charger", connector.charger_id)

    def _derive_charger(self, station: Station, charger: Charger) -> bool:
        """A charger shows the most alive of its connectors; returns whether that is news."""
        connectors = self._connectors[charger.pk].values()
        before = (charger.operational_status, charger.charging_status)
        down = _is_down(station)
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


def _is_down(station: Station) -> bool:
    """Whether connector 0 says that nothing of the station works (1.6 §7.7)."""
    return station.main_status in {ChargingStatus.UNAVAILABLE, ChargingStatus.FAULTED}


def _broad(status: str, *, down: bool) -> OperationalStatus:
    if down or not status:
        return OperationalStatus.INOPERATIVE
    return ChargingStatus(status).operational_status


def _derive_station(station: Station, chargers: Iterable[Charger]) -> bool:
    """A station works when it does not say otherwise and one of its chargers works."""
    if station.is_closed:
        return False
    works = any(charger.operational_status == OperationalStatus.OPERATIVE for charger in chargers)
    before = station.operational_status
    station.operational_status = (
        OperationalStatus.OPERATIVE
        if works and not _is_down(station)
        else OperationalStatus.INOPERATIVE
    )
    return before != station.operational_status
