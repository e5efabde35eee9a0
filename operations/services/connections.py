"""Sockets come and go: who owns a station, and which server processes live."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
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


def open_connection(
    *,
    station: Station,
    version: OcppVersion,
    node: str,
    channel_name: str,
    remote_address: str,
) -> Opened:
    """Give the station to this socket: the newest wins, the old one is told (OCPP-J §5.4)."""
    now = timezone.now()
    with publishing() as changes:
        Station.objects.filter(pk=station.pk).update(
            epoch=F("epoch") + 1, connected_at=now, last_seen_at=now, protocol=version.name
        )
        station.refresh_from_db()
        old = Connection.objects.filter(station=station, closed_at__isnull=True).first()
        if old is not None:
            _close(old, code=None, reason=_("Replaced by a newer connection."), at=now)
            outcomes.lose_connection(connection_pk=old.pk, at=now, changes=changes)
            # Only once the station is the new socket's: a rollback leaves it with the old one.
            replaced = {"type": "station.replaced"}
            transaction.on_commit(partial(switchboard.tell, old.channel_name, replaced))
        connection = Connection.objects.create(
            station=station,
            epoch=station.epoch,
            node=node,
            channel_name=channel_name,
            protocol=version.name,
            remote_address=remote_address[:64],
            opened_at=now,
            last_seen_at=now,
        )
        wake_waiting(station_pk=station.pk)
        _tell_browsers([station.pk], changes)
    return Opened(
        station_pk=station.pk,
        connection_pk=connection.pk,
        epoch=station.epoch,
        registration=Registration(station.registration),
        has_booted_before=station.booted_at is not None,
        ignores_boot_trigger=station.ignores_boot_trigger,
        watched=tuple(outcomes.watched_runs(station_pk=station.pk).values_list("pk", "command")),
    )


def wake_waiting(*, station_pk: int) -> None:
    """Runs of batches that were kept until this station connects: their turn may come now."""
    waiting = CommandRun.objects.filter(station_id=station_pk, waits_for_station=True)
    batch_pks = set(waiting.values_list("batch_id", flat=True))
    if batch_pks:
        waiting.update(waits_for_station=False)
    for pk in batch_pks:
        transaction.on_commit(partial(pacer.nudge, pk))


def close_connection(*, connection_pk: int, code: int | None, reason: str) -> None:
    """A socket closed. Late news of one that was replaced changes nothing."""
    now = timezone.now()
    with publishing() as changes:
        connection = Connection.objects.filter(pk=connection_pk, closed_at__isnull=True).first()
        if connection is not None:
            _go_offline(connection, code=code, reason=reason, at=now, changes=changes)


def _close(connection: Connection, *, code: int | None, reason: str, at: datetime) -> bool:
    """Close the row, if nobody else did meanwhile."""
    still_open = Connection.objects.filter(pk=connection.pk, closed_at__isnull=True)
    return bool(still_open.update(closed_at=at, close_code=code, close_reason=reason[:200]))


def _go_offline(
    connection: Connection, *, code: int | None, reason: str, at: datetime, changes: Changes
) -> None:
    # The station's row first: a newer socket may be taking the station over at this moment.
    is_newest = Station.objects.filter(pk=connection.station_id, epoch=connection.epoch).update(
        connected_at=None, disconnected_at=at
    )
    if not _close(connection, code=code, reason=reason, at=at):
        return
    outcomes.lose_connection(connection_pk=connection.pk, at=at, changes=changes)
    if is_newest:
        outcomes.drop_queued(station_pk=connection.station_id, at=at, changes=changes)
    _tell_browsers([connection.station_id], changes)


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
    found = Connection.objects.filter(station_id__in=station_pks, closed_at__isnull=True)
    return dict(found.values_list("station_id", "channel_name"))


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
    watch, _is_new = Node.objects.get_or_create(
        name=SWEEPER, defaults={"started_at": now, "renewed_at": now}
    )
    if now - watch.renewed_at > LEASE / 3:
        watch.started_at = now
    watch.renewed_at = now
    watch.save(update_fields=["started_at", "renewed_at"])
    return now - watch.started_at > LEASE


def _bury(name: str, reason: str) -> None:
    now = timezone.now()
    for connection in Connection.objects.filter(node=name, closed_at__isnull=True):
        with publishing() as changes:
            _go_offline(connection, code=None, reason=reason, at=now, changes=changes)
    receiving.close_of_node(node=name)
    Node.objects.filter(name=name).delete()
