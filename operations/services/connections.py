"""Sockets come and go: who owns a station, and which server processes live."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.models import CommandRun, Connection, Node, Station
from operations.models.audit import Deed
from operations.services import auditing, outcomes, receiving, rows
from operations.services.live import Changes, publishing, switchboard
from operations.services.pacer import pacer
from operations.statuses import Registration
from operations.versions import OcppVersion

LEASE = timedelta(seconds=15)
MOST_AT_ONCE = 500
SWEEPER = "sweeper"  # the sweeper's own row among the nodes: one, however many workers sweep


@dataclass(frozen=True, slots=True)
class Opened:
    """What a socket's consumer needs to know of its station."""

    station_pk: int
    connection_pk: int
    epoch: int
    registration: Registration
    has_booted_before: bool
    ignores_boot_trigger: bool
    watched: tuple[tuple[int, str], ...]  # runs whose effect may still show, with their command


@dataclass(frozen=True, slots=True)
class Opening:
    """A socket whose station was let in."""

    station_pk: int
    version: OcppVersion
    node: str
    channel_name: str
    remote_address: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A socket that closed, with what the other side said of it."""

    connection_pk: int
    code: int | None
    reason: str


def open_connections(openings: Sequence[Opening]) -> list[Opened]:
    """Give stations to these sockets: the newest wins, the old one is told (OCPP-J §5.4).

    Many at once: after an outage all come again in the same minute.
    """
    opened: dict[int, Opened] = {}
    left = list(enumerate(openings))
    while left:
        # A station's second socket of the same moment takes over from its first.
        turn = {opening.station_pk: place for place, opening in reversed(left)}
        with publishing() as changes:
            given = _give([openings[place] for place in turn.values()], changes)
        opened.update(zip(turn.values(), given, strict=True))
        left = [each for each in left if each[0] not in opened]
    return [opened[place] for place in range(len(openings))]


def _give(openings: Sequence[Opening], changes: Changes) -> list[Opened]:
    """One socket per station at most."""
    now = timezone.now()
    stations = _locked(opening.station_pk for opening in openings)
    for opening in openings:
        station = stations[opening.station_pk]
        station.epoch += 1
        station.connected_at = station.last_seen_at = now
        station.protocol = opening.version.name
    names = ["epoch", "connected_at", "last_seen_at", "protocol"]
    rows.update(Station, list(stations.values()), names)
    _replace(stations, at=now, changes=changes)
    made = [_connection(opening, stations[opening.station_pk].epoch, now) for opening in openings]
    Connection.objects.bulk_create(made)
    wake_waiting(station_pks=stations)
    watched = outcomes.watched_runs(station_pks=stations)
    _tell_browsers(stations, changes)
    return [_opened(stations[each.station_id], each, watched) for each in made]


def _locked(station_pks: Iterable[int]) -> dict[int, Station]:
    """These stations, in an order in which no two processes wait for each other."""
    found = Station.objects.select_for_update().filter(pk__in=set(station_pks)).order_by("pk")
    return {station.pk: station for station in found}


def _replace(station_pks: Iterable[int], *, at: datetime, changes: Changes) -> None:
    """The sockets that had these stations until now are told."""
    old = Connection.objects.filter(station_id__in=list(station_pks), closed_at__isnull=True)
    replaced = list(old)
    if not replaced:
        return
    why = _("Replaced by a newer connection.")
    _close(replaced, [Closing(each.pk, None, why) for each in replaced], at=at)
    outcomes.lose_connections(connection_pks=[each.pk for each in replaced], at=at, changes=changes)
    for each in replaced:
        # Only once the station is the new socket's: a rollback leaves it with the old one.
        tell = partial(switchboard.tell, each.channel_name, {"type": "station.replaced"})
        transaction.on_commit(tell)


def _connection(opening: Opening, epoch: int, at: datetime) -> Connection:
    return Connection(
        station_id=opening.station_pk,
        epoch=epoch,
        node=opening.node,
        channel_name=opening.channel_name,
        protocol=opening.version.name,
        remote_address=opening.remote_address[:64],
        opened_at=at,
        last_seen_at=at,
    )


def _opened(
    station: Station, connection: Connection, watched: Mapping[int, Sequence[tuple[int, str]]]
) -> Opened:
    return Opened(
        station_pk=station.pk,
        connection_pk=connection.pk,
        epoch=connection.epoch,
        registration=Registration(station.registration),
        has_booted_before=station.booted_at is not None,
        ignores_boot_trigger=station.ignores_boot_trigger,
        watched=tuple(watched.get(station.pk, ())),
    )


def wake_waiting(*, station_pks: Iterable[int]) -> None:
    """Runs of batches that were kept until these stations connect: their turn may come now."""
    waiting = CommandRun.objects.filter(station_id__in=list(station_pks), waits_for_station=True)
    batch_pks = set(waiting.values_list("batch_id", flat=True))
    if batch_pks:
        waiting.update(waits_for_station=False)
    for pk in batch_pks:
        transaction.on_commit(partial(pacer.nudge, pk))


def close_connections(closings: Sequence[Closing]) -> list[None]:
    """Sockets closed. Late news of those that were replaced changes nothing."""
    with publishing() as changes:
        _go_offline(closings, at=timezone.now(), changes=changes)
    return [None] * len(closings)


def _close(connections: Sequence[Connection], closings: Sequence[Closing], *, at: datetime) -> None:
    said = {closing.connection_pk: closing for closing in closings}
    for connection in connections:
        closing = said[connection.pk]
        connection.closed_at, connection.close_code = at, closing.code
        connection.close_reason = closing.reason[:200]
    rows.update(Connection, connections, ["closed_at", "close_code", "close_reason"])


def _go_offline(closings: Sequence[Closing], *, at: datetime, changes: Changes) -> None:
    """Close those that nobody else closed meanwhile; their stations are gone with them."""
    pks = [closing.connection_pk for closing in closings]
    open_now = Connection.objects.filter(pk__in=pks, closed_at__isnull=True)
    # The stations' rows first: newer sockets may be taking them over at this moment.
    stations = _locked(open_now.values_list("station_id", flat=True))
    closed = list(open_now.select_for_update().order_by("pk"))
    if not closed:
        return
    _close(closed, closings, at=at)
    gone = [each for each in closed if stations[each.station_id].epoch == each.epoch]
    for connection in gone:
        station = stations[connection.station_id]
        station.connected_at, station.disconnected_at = None, at
    station_pks = [each.station_id for each in gone]
    rows.update(Station, [stations[pk] for pk in station_pks], ["connected_at", "disconnected_at"])
    outcomes.lose_connections(connection_pks=[each.pk for each in closed], at=at, changes=changes)
    outcomes.drop_queued(station_pks=station_pks, at=at, changes=changes)
    _tell_browsers([each.station_id for each in closed], changes)


def _tell_browsers(station_pks: Iterable[int], changes: Changes) -> None:
    """Connectivity shows on the station's row; live pushes find its chargers from there."""
    for pk in station_pks:
        changes.add("station", pk)
        changes.add("connectivity", pk)


@dataclass(frozen=True, slots=True)
class Seen:
    """When a connection or station, by key, was last heard, and last answered a ping."""

    pk: int
    last_seen_at: datetime
    last_pong_at: datetime | None = None


def touch(*, heard: dict[int, Seen]) -> set[int]:
    """Note when connections (by key) were last heard; returns those that are closed here.

    Their sockets were not told: the message was lost, or their process was taken for dead.
    """
    still_open = dict(
        Connection.objects.filter(pk__in=heard, closed_at__isnull=True).values_list(
            "pk", "station_id"
        )
    )
    seen = [heard[pk] for pk in still_open]
    rows.update(Connection, seen, ["last_seen_at", "last_pong_at"])
    stations = [Seen(station, heard[pk].last_seen_at) for pk, station in still_open.items()]
    rows.update(Station, stations, ["last_seen_at"])
    return heard.keys() - still_open.keys()


@transaction.atomic
def disconnect(*, station: Station, why: str) -> bool:
    """Have the station's socket closed; False while it has none. `why` goes into the history."""
    channel_name = channel_name_of(station_pk=station.pk)
    if channel_name is None:
        return False
    auditing.note(Deed.DISCONNECTED, station, detail=why)
    message = {"type": "station.disconnect", "why": why}
    transaction.on_commit(lambda: switchboard.tell(channel_name, message))
    return True


def channel_name_of(*, station_pk: int) -> str | None:
    """Where to reach the station's socket, None while it has none."""
    return (
        Connection.objects.filter(station_id=station_pk, closed_at__isnull=True)
        .values_list("channel_name", flat=True)
        .first()
    )


def channel_names_of(*, station_pks: Collection[int]) -> dict[int, str]:
    """Where to reach these stations' sockets, by station; those without are left out."""
    names = ("station_id", "channel_name")
    open_now = rows.select(
        Connection, names, by="station_id", keys=station_pks, where="closed_at IS NULL"
    )
    return dict(open_now)


def start_node(*, name: str, is_alone: bool) -> None:
    """A server process starts. Alone (no Redis), it knows that no other one lives."""
    now = timezone.now()
    Node.objects.update_or_create(name=name, defaults={"started_at": now, "renewed_at": now})
    if is_alone:
        # By what they hold, too: a process may die before its row is there, or after it is gone.
        held = Connection.objects.filter(closed_at__isnull=True).values_list("node", flat=True)
        known = Node.objects.values_list("name", flat=True)
        taking = receiving.coming().exclude(node="").values_list("node", flat=True)
        for other in {*held, *known, *taking} - {name, SWEEPER}:
            _bury(other, _("The server process died."))


def renew_node(*, name: str) -> bool:
    """The process still lives. False: a sweeper took it for dead; its row is back now."""
    now = timezone.now()
    if Node.objects.filter(name=name).update(renewed_at=now):
        return True
    Node.objects.create(name=name, started_at=now, renewed_at=now)
    return False


def stop_node(*, name: str) -> None:
    """The process ends: what it still holds is closed now."""
    _bury(name, _("The server process stopped."))


def close_dead_nodes(*, now: datetime) -> None:
    """Close what processes held that did not renew their lease."""
    dead = Node.objects.filter(renewed_at__lt=now - LEASE).exclude(name=SWEEPER)
    for name in dead.values_list("name", flat=True):
        _bury(name, _("The server process died."))


def keep_watch(*, now: datetime) -> bool:
    """Note that the sweeper looks; whether it did for a whole lease, and may judge who is dead.

    While the database was away, or this machine asleep, nobody could renew: all would seem dead.
    """
    known = rows.load(Node, [SWEEPER], by="name")
    watch = known[0] if known else _new_watch(now)
    if now - watch.renewed_at > LEASE / 3:
        watch.started_at = now
    watch.renewed_at = now
    rows.update(Node, [watch], ["started_at", "renewed_at"])
    return now - watch.started_at > LEASE


def _new_watch(now: datetime) -> Node:
    times = {"started_at": now, "renewed_at": now}
    return Node.objects.get_or_create(name=SWEEPER, defaults=times)[0]


def _bury(name: str, reason: str) -> None:
    held = Connection.objects.filter(node=name, closed_at__isnull=True)
    while pks := list(held.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        close_connections([Closing(pk, None, reason) for pk in pks])
    receiving.close_of_node(node=name)
    Node.objects.filter(name=name).delete()
