"""The engine behind batches: releases held runs within all limits. Keeps nothing in memory.

Called each second by the sweeper, and by the pacer as soon as runs of a batch have moved on. A
batch's row is locked while its runs are counted and released: limits hold across processes.
A run is open from its release until it is closed, or only until it is answered where the batch
says so; one that the station has scheduled behind a session waits for a driver, and counts no more.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands.base import Target, TargetKind
from operations.models import CommandBatch, CommandRun, Station
from operations.services import batches, judging, runs, terms, windows
from operations.services.live import Changes, publishing
from operations.services.selections import Selection
from operations.services.transitions import move
from operations.statuses import BatchStatus, CountsUntil, RunStatus

TURN = 50  # releases of one batch before the next batch has its turn
COMES_BACK = timedelta(minutes=2)  # how soon stations do that are away for no reason of theirs
FEWEST_ENDED = 10  # before a share of failures says anything
# When the sweeper looks though nothing has happened: while runs are open, and while none is.
LOOKS_OPEN = timedelta(seconds=1)
LOOKS_ANYWAY = timedelta(seconds=20)

UNANSWERED = (RunStatus.QUEUED, RunStatus.SENT)
UNCLOSED = (*UNANSWERED, RunStatus.ACCEPTED, RunStatus.IN_PROGRESS)


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


@dataclass(frozen=True, slots=True)
class _Places:
    """What is open of a batch now, by where it is."""

    total: int
    by_site: Counter[int | None]
    by_organisation: Counter[int | None]
    stations: frozenset[int]  # those that have not answered yet: each is asked one at a time


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
        places = _places(batch)
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
        for run in away.order_by("pk")[:TURN]:
            why = _("The station did not connect in time.")
            move(
                run,
                RunStatus.NOT_CONNECTED,
                why,
                at=self.now,
                changes=self.changes,
                waits_for_station=False,
            )
        self.is_hungry = away.exists()

    def _end(self) -> None:
        """All of it has ended."""
        if self.batch.state.is_open:
            self.batch.status, self.batch.summary = BatchStatus.DONE, ""
        self.batch.ended_at = self.now

    # Releasing

    def _release(self, places: _Places) -> int:
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
        runs.release(good, now=self.now, jitter_s=batch.jitter_s)
        for run in good:
            self.changes.add("run", run.pk)
            self.changes.add("station", run.station_id)
        # Places are left, and so may be runs: not all found could be asked, or the turn is over.
        if len(found) == room and len(good) < places_free:
            self.is_hungry = True
        self._say_whether_it_waits(places, has_found=bool(found))
        return len(good)

    def _left_of_wave(self, places: _Places) -> int:
        """How many the current wave still takes; the next begins some time after its end."""
        batch = self.batch
        if batch.wave_size is None or batch.wave_left is None:
            return batch.most_open
        if batch.wave_left == 0 and places.total == 0:
            if batch.next_wave_at is None:
                batch.next_wave_at = self.now + timedelta(seconds=batch.wave_pause_s)
            if batch.next_wave_at <= self.now:
                batch.wave += 1
                batch.wave_left, batch.next_wave_at = batch.wave_size, None
            self._due_at = batch.next_wave_at or self.now
        return batch.wave_left

    def _candidates(self, places: _Places, room: int) -> list[CommandRun]:
        """The first held runs that no limit keeps back, at most `room`."""
        batch = self.batch
        mine = CommandRun.objects.held().filter(batch=batch, waits_for_station=False)
        held = windows.within(mine, batch, self.now).order_by("pk").select_related("station")
        chosen: list[CommandRun] = []
        sites, organisations = places.by_site.copy(), places.by_organisation.copy()
        asked = set(places.stations)
        while len(chosen) < room:
            free = _elsewhere(held, batch, sites, organisations).exclude(station_id__in=asked)
            chunk = list(free[: room - len(chosen)])
            for run in chunk:
                site, organisation = run.station.site_id, run.station.organisation_id
                if run.station_id in asked or site in _full(sites, batch.most_open_per_site):
                    continue
                if organisation in _full(organisations, batch.most_open_per_organisation):
                    continue
                chosen.append(run)
                asked.add(run.station_id)
                sites[site] += 1
                organisations[organisation] += 1
            if not chunk:
                break
        return chosen

    def _judged(self, found: list[CommandRun]) -> list[CommandRun]:
        """Those that can be asked still; the others end here, or wait for their station."""
        batch, command = self.batch, BY_SLUG[self.batch.command]
        kind = TargetKind(batch.target_kind)
        of_run = {getattr(run, f"{kind.value}_id"): run for run in found}
        good = []
        targets = Selection.of_pks(kind, of_run).load()
        hindrances = judging.hindrances(
            command=command, params=batch.params, targets=targets, terms=terms.of(batch)
        )
        for target, hindered in zip(targets, hindrances, strict=True):
            run = of_run.pop(_key(target))
            obstacle = runs.obstacle(command=command, target=target) or hindered
            if obstacle is None:
                good.append(run)
            elif obstacle.status == RunStatus.NOT_CONNECTED and self._may_come(target.station):
                CommandRun.objects.held().filter(pk=run.pk).update(waits_for_station=True)
            else:
                move(run, obstacle.status, obstacle.sentence, at=self.now, changes=self.changes)
        for run in of_run.values():
            why = _("What it was aimed at is gone.")
            move(run, RunStatus.FAILED, why, at=self.now, changes=self.changes)
        return good

    @property
    def _waits(self) -> bool:
        return self.batch.waits_until is not None and self.batch.waits_until > self.now

    def _may_come(self, station: Station) -> bool:
        """Whether a station that is away is waited for: all are for a moment, after a restart."""
        left_at = station.disconnected_at
        return self._waits or (left_at is not None and left_at > self.now - COMES_BACK)

    def _say_whether_it_waits(self, places: _Places, *, has_found: bool) -> None:
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


def _places(batch: CommandBatch) -> _Places:
    """What is open now: one query over few rows."""
    statuses = UNANSWERED if batch.counts_until == CountsUntil.ANSWERED else UNCLOSED
    found = CommandRun.objects.filter(
        batch=batch, status__in=statuses, released_at__isnull=False
    ).values_list("status", "station_id", "station__site_id", "station__organisation_id")
    rows = list(found)
    return _Places(
        total=len(rows),
        by_site=Counter(site for _status, _station, site, _organisation in rows),
        by_organisation=Counter(organisation for *_rest, organisation in rows),
        stations=frozenset(station for status, station, *_rest in rows if status in UNANSWERED),
    )


def _elsewhere(
    held: QuerySet[CommandRun],
    batch: CommandBatch,
    sites: Counter[int | None],
    organisations: Counter[int | None],
) -> QuerySet[CommandRun]:
    """Without the sites and organisations that have all they may."""
    full_sites = _full(sites, batch.most_open_per_site)
    if full_sites:
        held = held.exclude(station__site_id__in=full_sites)
    full_organisations = _full(organisations, batch.most_open_per_organisation)
    if full_organisations:
        held = held.exclude(station__organisation_id__in=full_organisations)
    return held


def _full(counts: Counter[int | None], most: int | None) -> list[int]:
    """Stations without a site are no site: no limit holds for all of them together."""
    if most is None:
        return []
    return [place for place, count in counts.items() if place is not None and count >= most]


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
