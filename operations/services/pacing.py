"""The engine behind batches: releases held runs within all limits. Keeps nothing in memory.

Called each second by the sweeper, and by the pacer as soon as runs of a batch have moved on. A
batch's row is locked while its runs are counted and released: limits hold across processes.
A run is open from its release until it is closed, or only until it is answered where the batch
says so; one that the station has scheduled behind a session waits for a driver, and counts no more.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target, TargetKind
from operations.models import CommandBatch, CommandRun, Station
from operations.services import batches, judging, rows, runs, selections, terms, windows
from operations.services.live import Changes, publishing
from operations.services.places import Held, Places
from operations.services.transitions import move
from operations.statuses import BatchStatus, RunStatus

TURN = 50  # releases of one batch before the next batch has its turn
COMES_BACK = timedelta(minutes=2)  # how soon stations do that are away for no reason of theirs
FEWEST_ENDED = 10  # before a share of failures says anything
# When the sweeper looks though nothing has happened: while runs are open, and while none is.
LOOKS_OPEN = timedelta(seconds=1)
LOOKS_ANYWAY = timedelta(seconds=20)

_GONE = (RunStatus.FAILED, gettext_lazy("What it was aimed at is gone."))


def advance(*, batch_pks: Collection[int] | None = None, now: datetime | None = None) -> set[int]:
    """Do what is due for these batches, or for all; returns those with more to do at once."""
    due = CommandBatch.objects.open()
    if batch_pks is None:
        due = due.filter(Q(looks_at=None) | Q(looks_at__lte=now or timezone.now()))
    else:
        due = due.filter(pk__in=batch_pks)
    again = set()
    for pk in due.order_by("pk").values_list("pk", flat=True):
        with publishing() as changes:
            if _advance(pk, now, changes):
                again.add(pk)
    return again


def wake_connected() -> None:
    """Heal what a race lost: runs kept for a station that has connected since."""
    connected = Station.objects.connected().values("pk")
    CommandRun.objects.filter(waits_for_station=True, station__in=connected).update(
        waits_for_station=False
    )


def _advance(pk: int, now: datetime | None, changes: Changes) -> bool:
    """One batch; whether there is more to release at once, or somebody else holds its row."""
    locked = CommandBatch.objects.open().select_for_update(no_key=True, skip_locked=True)
    batch = locked.filter(pk=pk).first()
    if batch is None:
        return CommandBatch.objects.open().filter(pk=pk).exists()
    # The time is told with the row in hand: by the records, too, no limit was exceeded.
    look = _Look(batch, now or timezone.now(), changes)
    look.take()
    return look.is_hungry


class _Look:
    """One look at one locked batch."""

    def __init__(self, batch: CommandBatch, now: datetime, changes: Changes) -> None:
        self.batch = batch
        self.now = now
        self.changes = changes
        self.is_hungry = False
        self._due_at = now + LOOKS_ANYWAY
        self._before = _kept(batch)

    def take(self) -> None:
        """Begin, stop, release, end: whatever is due."""
        batch, now = self.batch, self.now
        places = Places(batch)
        batch.looks_at = None
        if batch.state.is_open:
            self._end_early()
        if batch.state.is_open and batch.status != BatchStatus.PAUSED and self._has_begun():
            released = self._release(places)
            places_left = places.total + released
        else:
            places_left = places.total
        if not places_left and not CommandRun.objects.open().filter(batch=batch).exists():
            self._end()
        elif places_left and not self.is_hungry:
            batch.looks_at = now + LOOKS_OPEN
        elif not self.is_hungry:
            batch.looks_at = min(self._due_at, now + LOOKS_ANYWAY)
        if _kept(batch) != self._before:
            batch.save(update_fields=NOTES)
            self.changes.add("batch", batch.pk)

    # Beginning and ending

    def _has_begun(self) -> bool:
        batch = self.batch
        if batch.starts_at is not None and batch.starts_at > self.now:
            batch.status = BatchStatus.WAITING
            batch.summary = ""
            self._due_at = batch.starts_at
            return False
        return True

    def _end_early(self) -> None:
        """Nothing more is released once it has expired, or has failed too often."""
        batch, now = self.batch, self.now
        if batch.expires_at is not None and batch.expires_at <= now:
            self._stop(_("Its time was over before its turn came."))
        elif (failures := _failures(batch)) is not None:
            self._stop(failures)
        else:
            self._give_up_waiting()

    def _stop(self, why: str) -> None:
        batches.end_held(
            self.batch, why, status=BatchStatus.STOPPED, at=self.now, changes=self.changes
        )

    def _give_up_waiting(self) -> None:
        """Stations that do not connect in time are asked nothing."""
        if self._waits:
            return
        away = CommandRun.objects.held().filter(batch=self.batch, waits_for_station=True)
        if self.batch.waits_until is None:
            left_at = self.now - COMES_BACK
            away = away.exclude(station__disconnected_at__gt=left_at)
        pks = list(away.order_by("pk").values_list("pk", flat=True)[:TURN])
        for run in rows.load(CommandRun, pks):
            why = _("The station did not connect in time.")
            move(
                run,
                RunStatus.NOT_CONNECTED,
                why,
                at=self.now,
                changes=self.changes,
                waits_for_station=False,
            )
        self.is_hungry = len(pks) == TURN

    def _end(self) -> None:
        """All of it has ended."""
        if self.batch.state.is_open:
            self.batch.status, self.batch.summary = BatchStatus.DONE, ""
        self.batch.ended_at = self.now

    # Releasing

    def _release(self, places: Places) -> int:
        """Release what there is room for; returns how many."""
        batch = self.batch
        places_free = min(batch.most_open - places.total, self._left_of_wave(places))
        room = min(places_free, TURN)
        if room <= 0:
            return 0
        found = self._candidates(places, room)
        good = self._judged(found)
        if batch.wave_left is not None:
            batch.wave_left -= len(good)
        stations = {each.pk: each.station_pk for each in good}
        runs.release(stations, now=self.now, jitter_s=batch.jitter_s)
        for pk, station_pk in stations.items():
            self.changes.add("run", pk)
            self.changes.add("station", station_pk)
        if places.has_limits and len(found) < room:
            # What other batches have open at these sites may keep some back: they tell nobody.
            self._due_at = min(self._due_at, self.now + LOOKS_OPEN)
        # Places are left, and so may be runs: not all found could be asked, or the turn is over.
        if len(found) == room and len(good) < places_free:
            self.is_hungry = True
        self._say_whether_it_waits(places, has_found=bool(found))
        return len(good)

    def _left_of_wave(self, places: Places) -> int:
        """How many the current wave still takes; the next begins some time after its end."""
        batch = self.batch
        if batch.wave_size is None or batch.wave_left is None:
            return batch.most_open
        is_over = batch.wave_left == 0 and places.total == 0
        # After the last there is no next: it has been counted, and waited for.
        if is_over and CommandRun.objects.held().filter(batch=batch).exists():
            if batch.next_wave_at is None:
                batch.next_wave_at = self.now + timedelta(seconds=batch.wave_pause_s)
            if batch.next_wave_at <= self.now:
                batch.wave += 1
                batch.wave_left, batch.next_wave_at = batch.wave_size, None
            self._due_at = batch.next_wave_at or self.now
        return batch.wave_left

    def _candidates(self, places: Places, room: int) -> list[Held]:
        """The first held runs that no limit keeps back, at most `room`."""
        mine = CommandRun.objects.held().filter(batch=self.batch, waits_for_station=False)
        return places.next_of(windows.within(mine, self.batch, self.now), room)

    def _judged(self, found: list[Held]) -> list[Held]:
        """Those that can be asked still; the others end here, or wait for their station."""
        batch, command = self.batch, BY_SLUG[self.batch.command]
        by_target = {each.target_pk: each for each in found if each.target_pk is not None}
        targets = selections.of_pks(TargetKind(batch.target_kind), by_target)
        hindrances = judging.hindrances(
            command=command, params=batch.params, targets=targets, terms=terms.of(batch)
        )
        good: list[Held] = []
        ended: dict[int, tuple[RunStatus, object]] = {each.pk: _GONE for each in found}
        for target, hindered in zip(targets, hindrances, strict=True):
            held = by_target[_key(target)]
            obstacle = runs.obstacle(command=command, target=target) or hindered
            del ended[held.pk]
            if obstacle is None:
                good.append(held)
            elif obstacle.status == RunStatus.NOT_CONNECTED and self._may_come(target.station):
                CommandRun.objects.held().filter(pk=held.pk).update(waits_for_station=True)
            else:
                ended[held.pk] = (obstacle.status, obstacle.sentence)
        for run in rows.load(CommandRun, ended):
            status, why = ended[run.pk]
            move(run, status, str(why), at=self.now, changes=self.changes)
        return good

    @property
    def _waits(self) -> bool:
        return self.batch.waits_until is not None and self.batch.waits_until > self.now

    def _may_come(self, station: Station) -> bool:
        """Whether a station that is away is waited for: all are for a moment, after a restart."""
        left_at = station.disconnected_at
        return self._waits or (left_at is not None and left_at > self.now - COMES_BACK)

    def _say_whether_it_waits(self, places: Places, *, has_found: bool) -> None:
        batch = self.batch
        if batch.window_from is None or has_found or places.total:
            batch.status, batch.summary = BatchStatus.RUNNING, ""
        else:
            batch.status = BatchStatus.WAITING
            batch.summary = _("Waits for %(from)s to %(to)s, in each site's own time.") % {
                "from": f"{batch.window_from:%H:%M}",
                "to": f"{batch.window_to:%H:%M}",
            }


# What a look may change in the batch's row.
NOTES = [
    "status",
    "summary",
    "ended_at",
    "looks_at",
    "wave",
    "wave_left",
    "next_wave_at",
]


def _kept(batch: CommandBatch) -> tuple[object, ...]:
    return tuple(getattr(batch, name) for name in NOTES)


def _key(target: Target) -> int:
    part = target.connector or target.charger or target.station
    return part.pk


def _failures(batch: CommandBatch) -> str | None:
    """Why it has failed too often, in a sentence; None while it has not."""
    if batch.stop_after_failures is None and batch.stop_after_percent is None:
        return None
    ended = CommandRun.objects.filter(
        batch=batch, closed_at__isnull=False, released_at__isnull=False
    )
    failed = ended.filter(status__in=batches.FAILED).count()
    if batch.stop_after_failures is not None and failed >= batch.stop_after_failures:
        return _("Stopped: %(failed)d have failed.") % {"failed": failed}
    if batch.stop_after_percent is None:
        return None
    total = ended.count()
    if total < FEWEST_ENDED or failed * 100 < batch.stop_after_percent * total:
        return None
    return _("Stopped: %(failed)d of %(total)d have failed.") % {"failed": failed, "total": total}
