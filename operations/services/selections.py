"""What was chosen, as commands need to know it: a handful of queries, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Model, QuerySet

from operations.commands.base import Target, TargetKind
from operations.models import Charger, CommandRun, Connector, Session, Station
from operations.services import rows, targets
from operations.statuses import OperationalStatus

MODELS: dict[TargetKind, Any] = {
    TargetKind.STATION: Station,
    TargetKind.CHARGER: Charger,
    TargetKind.CONNECTOR: Connector,
}


# What a run is aimed at.
PARTS: dict[str, type[Model]] = {"station": Station, "charger": Charger, "connector": Connector}


@dataclass(frozen=True, slots=True)
class Selection:
    """Stations, chargers or connectors somebody chose; may be all that match a filter."""

    kind: TargetKind
    targets: QuerySet[Any]

    @classmethod
    def of_pks(cls, kind: TargetKind, pks: Iterable[int]) -> Self:
        """Those with these keys."""
        return cls(kind, MODELS[kind]._default_manager.filter(pk__in=list(pks)))

    def load(self) -> list[Target]:
        """Each with its station, connectors and running sessions, in the order of their keys."""
        pks = list(self.targets.order_by("pk").values_list("pk", flat=True))
        chunks = (pks[start : start + rows.CHUNK] for start in range(0, len(pks), rows.CHUNK))
        return [target for some in chunks for target in of_pks(self.kind, some)]


def of_pks(kind: TargetKind, pks: Iterable[int]) -> list[Target]:
    """The same of those with these keys, as quickly as it can be had."""
    chosen = rows.load(MODELS[kind], list(pks))
    if kind == TargetKind.STATION:
        return _of_stations(chosen)
    _give(chosen, "station", Station)
    if kind == TargetKind.CHARGER:
        return _of_chargers(chosen)
    _give(chosen, "charger", Charger)
    for connector in chosen:
        rows.give(connector.charger, "station", connector.station)
    return _of_connectors(chosen)


def runs_with_parts(pks: Collection[int], *, is_locked: bool = False) -> list[CommandRun]:
    """These runs with their stations, chargers and connectors, in the order of their keys."""
    return rows.load_with(CommandRun, pks, PARTS, is_locked=is_locked)


def _give(owners: Sequence[Any], name: str, model: type[Model]) -> None:
    wanted = {getattr(each, f"{name}_id") for each in owners} - {None}
    found = {part.pk: part for part in rows.load(model, wanted)}
    for each in owners:
        rows.give(each, name, found.get(getattr(each, f"{name}_id")))


def of_runs(runs: Sequence[CommandRun]) -> dict[int, Target]:
    """What these runs were aimed at, by run; their parts are loaded with them.

    Without the sessions: those are for whoever thinks about asking.
    """
    found: dict[int, Target] = {}
    for load, part in ((_of_connectors, "connector"), (_of_chargers, "charger")):
        mine = [run for run in runs if run.pk not in found and getattr(run, part) is not None]
        for run in mine:
            _give_parents(run)
        found |= _by_run(mine, load([getattr(run, part) for run in mine], with_sessions=False))
    rest = [run for run in runs if run.pk not in found]
    return found | _by_run(rest, _of_stations([run.station for run in rest], with_sessions=False))


def _by_run(runs: Sequence[CommandRun], targets: list[Target]) -> dict[int, Target]:
    return {run.pk: target for run, target in zip(runs, targets, strict=True)}


def _give_parents(run: CommandRun) -> None:
    """A run's charger and connector have parents that were loaded beside them."""
    station, charger, connector = run.station, run.charger, run.connector
    if charger is not None:
        rows.give(charger, "station", station)
    if connector is not None:
        rows.give(connector, "station", station)
        if charger is not None and connector.charger_id == charger.pk:
            rows.give(connector, "charger", charger)


def _of_stations(stations: list[Station], *, with_sessions: bool = True) -> list[Target]:
    parts = _Parts({station.pk for station in stations}, with_sessions=with_sessions)
    return [
        Target(
            station=station,
            connectors=tuple(parts.working(station.pk)),
            sessions=tuple(parts.sessions[station.pk]),
        )
        for station in stations
    ]


def _of_chargers(chargers: list[Charger], *, with_sessions: bool = True) -> list[Target]:
    stations = {charger.station_id for charger in chargers}
    parts = _Parts(stations, with_sessions=with_sessions)
    return [
        Target(
            station=charger.station,
            charger=charger,
            connectors=tuple(
                each for each in parts.working(charger.station_id) if each.charger_id == charger.pk
            ),
            sessions=tuple(
                session
                for session in parts.sessions[charger.station_id]
                if session.charger_id == charger.pk
            ),
            owns_station=all(
                each.charger_id == charger.pk for each in parts.connectors[charger.station_id]
            ),
        )
        for charger in chargers
    ]


def _of_connectors(connectors: list[Connector], *, with_sessions: bool = True) -> list[Target]:
    stations = {connector.station_id for connector in connectors}
    parts = _Parts(stations, with_connectors=False, with_sessions=with_sessions)
    return [
        targets.alone(
            connector,
            (
                session
                for session in parts.sessions[connector.station_id]
                if session.connector_id == connector.pk
            ),
        )
        for connector in connectors
    ]


class _Parts:
    """What belongs to these stations, by station."""

    def __init__(
        self, station_pks: set[int], *, with_connectors: bool = True, with_sessions: bool = True
    ) -> None:
        self.connectors: dict[int, list[Connector]] = defaultdict(list)
        self.sessions: dict[int, list[Session]] = defaultdict(list)
        pks = sorted(station_pks)
        for start in range(0, len(pks), rows.CHUNK):
            some = pks[start : start + rows.CHUNK]
            if with_sessions:
                running = rows.load(Session, some, by="station", where="status = 'running'")
                for session in reversed(running):  # the newest first, as everywhere
                    self.sessions[session.station_id].append(session)
            if with_connectors:
                found = Connector.objects.filter(station_id__in=some)
                for part in found.select_related("charger"):
                    self.connectors[part.station_id].append(part)

    def working(self, station_pk: int) -> Iterable[Connector]:
        """The station's connectors that are not discarded, by number."""
        working = (
            part
            for part in self.connectors[station_pk]
            if part.operational_status != OperationalStatus.CLOSED
        )
        return sorted(working, key=lambda part: part.number)
