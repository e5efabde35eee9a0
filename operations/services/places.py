"""What is open of a batch now, and which of its held runs its limits let go next."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, QuerySet

from operations.models import CommandBatch, CommandRun
from operations.statuses import CountsUntil, RunStatus

UNANSWERED = (RunStatus.QUEUED, RunStatus.SENT)
UNCLOSED = (*UNANSWERED, RunStatus.ACCEPTED, RunStatus.IN_PROGRESS)

SPARE = 3  # of those looked at for each that is wanted: many share a station
# PostgreSQL's number for "one at a time counts what sites and organisations have open".
COUNTING = 7_360_113


@dataclass(frozen=True, slots=True)
class Held:
    """A run whose turn has not come, by its keys and where it is."""

    pk: int
    station_pk: int
    target_pk: int | None
    site: int | None
    organisation: int | None


class Places:
    """What is open, by where it is; sites and organisations count what all batches ask there."""

    def __init__(self, batch: CommandBatch) -> None:
        self._batch = batch
        self._sites: Counter[int | None] = Counter()
        self._organisations: Counter[int | None] = Counter()
        self.has_limits = bool(batch.most_open_per_site or batch.most_open_per_organisation)
        if self.has_limits:
            self._count_everywhere()
        mine = _open(batch).filter(batch=batch).values_list("status", "station_id")
        found = list(mine)
        self.total = len(found)
        # Those that have not answered yet: each is asked one at a time.
        self._asked = {station for status, station in found if status in UNANSWERED}

    def _count_everywhere(self) -> None:
        if connection.vendor == "postgresql":
            # Until the end of this transaction: two batches must not both see the same gap.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [COUNTING])
        where = ("station__site_id", "station__organisation_id")
        everywhere = _open(self._batch).filter(batch__isnull=False).order_by()
        for site, organisation, count in everywhere.values_list(*where).annotate(Count("pk")):
            self._sites[site] += count
            self._organisations[organisation] += count

    def next_of(self, held: QuerySet[CommandRun], most: int) -> list[Held]:
        """The first of these that no limit keeps back, at most so many."""
        chosen: list[Held] = []
        while len(chosen) < most:
            limit = (most - len(chosen)) * SPARE
            chunk = self._look(held, limit)
            for each in chunk:
                if len(chosen) < most and self._has_room(each):
                    self._take(each)
                    chosen.append(each)
            if len(chunk) < limit:
                break
        return chosen

    def _look(self, held: QuerySet[CommandRun], limit: int) -> list[Held]:
        """The first whose station, site and organisation are not known to be full."""
        batch = self._batch
        free = held.exclude(station_id__in=self._asked)
        sites = _full(self._sites, batch.most_open_per_site)
        if sites:
            free = free.exclude(station__site_id__in=sites)
        organisations = _full(self._organisations, batch.most_open_per_organisation)
        if organisations:
            free = free.exclude(station__organisation_id__in=organisations)
        # In the order of the index, word for word: PostgreSQL would sort all that are held.
        found: Iterable[tuple[int, int, int | None, int | None, int | None]] = free.order_by(
            "released_at", "waits_for_station", "pk"
        ).values_list(
            "pk",
            "station_id",
            f"{batch.target_kind}_id",
            "station__site_id",
            "station__organisation_id",
        )[:limit]
        return [Held(*row) for row in found]

    def _has_room(self, held: Held) -> bool:
        batch = self._batch
        return (
            held.station_pk not in self._asked
            and not _is_full(self._sites, held.site, batch.most_open_per_site)
            and not _is_full(
                self._organisations, held.organisation, batch.most_open_per_organisation
            )
        )

    def _take(self, held: Held) -> None:
        self._asked.add(held.station_pk)
        self._sites[held.site] += 1
        self._organisations[held.organisation] += 1


def _open(batch: CommandBatch) -> QuerySet[CommandRun]:
    """The runs that take a place, by this batch's idea of until when."""
    statuses = UNANSWERED if batch.counts_until == CountsUntil.ANSWERED else UNCLOSED
    return CommandRun.objects.filter(status__in=statuses, released_at__isnull=False)


def _is_full(counts: Counter[int | None], place: int | None, most: int | None) -> bool:
    """Stations without a site are no site: no limit holds for all of them together."""
    return most is not None and place is not None and counts[place] >= most


def _full(counts: Counter[int | None], most: int | None) -> list[int]:
    return [place for place in counts if place is not None and _is_full(counts, place, most)]
