"""Loads what a command needs to know of its target."""

from collections.abc import Iterable
from typing import Any

from operations.commands.base import Target, TargetKind
from operations.models import Charger, CommandRun, Connector, Session, Station
from operations.statuses import OperationalStatus
from operations.versions import OcppVersion


def of_station(station: Station) -> Target:
    """The whole station."""
    return Target(
        station=station,
        connectors=tuple(_connectors(station=station)),
        sessions=tuple(Session.objects.running().filter(station=station)),
    )


def of_charger(charger: Charger) -> Target:
    """A charger with its connectors."""
    station = charger.station
    others = Connector.objects.filter(station=station).exclude(charger=charger)
    return Target(
        station=station,
        charger=charger,
        connectors=tuple(_connectors(charger=charger)),
        sessions=tuple(Session.objects.running().filter(charger=charger)),
        owns_station=not others.exists(),
    )


def of_connector(connector: Connector) -> Target:
    """One connector."""
    return alone(connector, Session.objects.running().filter(connector=connector))


def alone(connector: Connector, sessions: Iterable[Session] = ()) -> Target:
    """One connector, which has charger and station at hand: no query."""
    return Target(
        station=connector.station,
        charger=connector.charger,
        connector=connector,
        connectors=(connector,),
        sessions=tuple(sessions),
        owns_station=False,
    )


def of_run(run: CommandRun) -> Target:
    """What a run was aimed at, as it is now."""
    if run.connector is not None:
        return of_connector(run.connector)
    if run.charger is not None:
        return of_charger(run.charger)
    return of_station(run.station)


def stand_in(
    *, kind: TargetKind, name: str, version: OcppVersion | None = None, **of_station: Any
) -> Target:
    """One that stands for many and is none of them: what forms and titles take for a target."""
    works = OperationalStatus.OPERATIVE
    station = Station(name=name, identity=name, protocol=str(version or ""), **of_station)
    if kind == TargetKind.STATION:
        return Target(station=station)
    charger = Charger(station=station, number=1, name=name, operational_status=works)
    if kind == TargetKind.CHARGER:
        return Target(station=station, charger=charger)
    connector = Connector(charger=charger, station=station, number=1, operational_status=works)
    return Target(station=station, charger=charger, connector=connector)


def _connectors(**where: object) -> list[Connector]:
    working = Connector.objects.exclude(operational_status=OperationalStatus.CLOSED)
    return list(working.filter(**where).order_by("number").select_related("charger"))
