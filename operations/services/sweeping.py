"""What time does: deadlines, lost announcements, dead nodes. Called each second by Celery."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.models import CommandRun, Station
from operations.services import (
    calls,
    connections,
    outcomes,
    pacing,
    progress,
    runs,
    selections,
    spawning,
    targets,
)
from operations.services.live import Changes, publishing, switchboard
from operations.services.local_lists import syncing
from operations.services.transitions import move
from operations.statuses import RunStatus

MOST = 500  # per sweep; the next one is a second away
NUDGE_S = 60  # how long the effect may take to show after we asked for it again
ANNOUNCE_AFTER = timedelta(seconds=1)

# Each second, and nearly always nothing is: in plain SQL, for six of Django's queries take longer
# to be put into words than to be answered. Each part is what the function of its line looks for.
DUE = """
    SELECT EXISTS (SELECT 1 FROM operations_commandrun
                   WHERE closed_at IS NULL AND deadline_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM operations_batchschedule
                   WHERE NOT is_paused AND next_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM operations_commandbatch
                   WHERE ended_at IS NULL AND (looks_at IS NULL OR looks_at <= %(now)s))
        OR EXISTS (SELECT 1 FROM operations_locallist
                   WHERE stale_at <= %(quiet)s OR next_expiry_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM operations_stationlist WHERE next_sync_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM operations_commandrun
                   WHERE status = 'queued' AND released_at <= %(announce)s)
"""


def sweep() -> None:
    """Do all that is due."""
    now = timezone.now()
    if connections.keep_watch(now=now):
        connections.close_dead_nodes(now=now)
    if not _is_anything_due(now):
        return
    expire_due(now=now)
    spawning.spawn_due(now=now)
    pacing.advance()
    syncing.keep_up(now=now)
    if CommandRun.objects.released().filter(released_at__lte=now - ANNOUNCE_AFTER).exists():
        drop_unreachable(now=now)
        announce_waiting(now=now)


def _is_anything_due(now: datetime) -> bool:
    times = {"now": now, "quiet": now - syncing.QUIET, "announce": now - ANNOUNCE_AFTER}
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(DUE, {name: adapt(at) for name, at in times.items()})
        return bool(cursor.fetchone()[0])


def expire_due(*, now: datetime) -> None:
    """Move on the runs whose deadline has passed, each in its own transaction."""
    due = CommandRun.objects.open().filter(deadline_at__lte=now).order_by("deadline_at")
    # Most sweeps find nothing: asking for the keys alone is quicker to put into words.
    pks = list(due.values_list("pk", flat=True)[:MOST])
    for run in selections.runs_with_parts(pks):
        with publishing() as changes:
            _expire(run, now, changes)


def _expire(run: CommandRun, now: datetime, changes: Changes) -> None:
    if run.status == RunStatus.QUEUED:
        _expire_queued(run, now, changes)
    elif run.status == RunStatus.SENT:
        _expire_sent(run, now, changes)
    else:
        _expire_effect(run, now, changes)


def _expire_queued(run: CommandRun, now: datetime, changes: Changes) -> None:
    if run.station.is_connected:
        cause = _("The station was busy too long; the request was not sent.")
        move(run, RunStatus.TIMED_OUT, cause, at=now, changes=changes)
    else:
        cause = _("The station did not come back; the request was not sent.")
        move(run, RunStatus.NOT_CONNECTED, cause, at=now, changes=changes)


def _expire_sent(run: CommandRun, now: datetime, changes: Changes) -> None:
    """No answer in time."""
    why = _("The station did not answer within %(seconds)d s.") % {"seconds": run.answer_timeout_s}
    outcomes.end_unanswered(run, RunStatus.TIMED_OUT, why, at=now, changes=changes)


def _expire_effect(run: CommandRun, now: datetime, changes: Changes) -> None:
    """The effect does not show: ask for it once, then say so."""
    if run.nudged_at is None and _nudge(run, now):
        return
    cause = _("The station accepted, but the effect was not seen within %(seconds)d s.") % {
        "seconds": (now - (run.answered_at or run.created_at)).total_seconds()
    }
    if run.answered_at is None:
        cause = _("The station disconnected without an answer and did not boot in time.")
    cause = BY_SLUG[run.command].stalled(progress.progress_of(run, at=now)) or cause
    move(run, RunStatus.NOT_CONFIRMED, cause, at=now, changes=changes)


def _nudge(run: CommandRun, now: datetime) -> bool:
    """Have the station asked to report what the run waits to see."""
    version = run.station.version
    if version is None or not run.station.is_connected:
        return False
    if not BY_SLUG[run.command].nudge(version, targets.of_run(run), calls.with_request_id(run)):
        return False
    is_first = CommandRun.objects.filter(pk=run.pk, status=run.status, nudged_at=None).update(
        nudged_at=now, deadline_at=now + timedelta(seconds=NUDGE_S)
    )
    channel_name = connections.channel_name_of(station_pk=run.station_id)
    if is_first and channel_name is not None:
        message = {"type": "command.nudge", "run": run.pk}
        transaction.on_commit(lambda: switchboard.tell(channel_name, message))
    return True


def drop_unreachable(*, now: datetime) -> None:
    """End what was asked, or released, in the very moment in which the station went."""
    lost = (
        CommandRun.objects.released()
        .filter(released_at__lte=now - ANNOUNCE_AFTER, next_attempt_at=None)
        .filter(station__connected_at=None)
    )
    # In no order: SQLite would walk all runs ever made to keep one.
    for station_pk in set(lost.order_by().values_list("station_id", flat=True)[:MOST]):
        with publishing() as changes:
            if not Station.objects.connected().filter(pk=station_pk).exists():
                outcomes.drop_queued(station_pks=[station_pk], at=now, changes=changes)


def announce_waiting(*, now: datetime) -> None:
    """Tell connections again what waits for them: an announcement may have been lost."""
    waiting: Iterable[tuple[int, int, int | None]] = (
        CommandRun.objects.released()
        .filter(released_at__lte=now - ANNOUNCE_AFTER, station__connected_at__isnull=False)
        .exclude(next_attempt_at__gt=now)
        .order_by("pk")
        .values_list("pk", "station_id", "batch_id")[:MOST]
    )
    alone = {pk: station_pk for pk, station_pk, batch_pk in waiting if batch_pk is None}
    of_batches = {pk: station_pk for pk, station_pk, batch_pk in waiting if batch_pk is not None}
    runs.announce(alone)
    runs.announce(of_batches, can_wait=True)
