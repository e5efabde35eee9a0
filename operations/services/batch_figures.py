"""Where a batch stands: counted from its runs, kept nowhere."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from operations.models import CommandBatch, CommandRun
from operations.services.batches import FAILED
from operations.statuses import OPEN_STATUSES, RunStatus

PACE_OVER = timedelta(minutes=1)  # how far back to look for how fast it goes


@dataclass(frozen=True, slots=True)
class Counters:
    """How many runs are where."""

    by_status: dict[RunStatus, int]
    held: int  # of the queued ones: their turn has not come
    waiting_offline: int  # of these: until their station connects

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())

    @property
    def open(self) -> int:
        """Those that still wait for something, held or not."""
        return sum(self.by_status.get(status, 0) for status in OPEN_STATUSES)

    @property
    def closed(self) -> int:
        """Those that have ended."""
        return self.total - self.open

    @property
    def done(self) -> int:
        """Those whose effect was seen."""
        return self.by_status.get(RunStatus.DONE, 0)

    @property
    def failed(self) -> int:
        """Those that may be asked again."""
        return sum(self.by_status.get(status, 0) for status in FAILED)

    @property
    def percent(self) -> int:
        """How much of it has ended; 100 only when all has."""
        return self.closed * 100 // self.total if self.total else 100


def counters(*, batch: CommandBatch) -> Counters:
    """One query over an index."""
    held = Q(status=RunStatus.QUEUED, released_at__isnull=True)
    counted = (
        CommandRun.objects.filter(batch=batch)
        .order_by()
        .values("status")
        .annotate(
            count=Count("pk"),
            held=Count("pk", held),
            waiting=Count("pk", Q(waits_for_station=True)),
        )
    )
    rows = list(counted)
    return Counters(
        by_status={RunStatus(row["status"]): row["count"] for row in rows},
        held=sum(row["held"] for row in rows),
        waiting_offline=sum(row["waiting"] for row in rows),
    )


def unsent(*, batch: CommandBatch, counters: Counters) -> int:
    """How many pausing or cancelling it would keep from being sent."""
    if not batch.jitter_s:
        return counters.held
    return counters.held + CommandRun.objects.spread(timezone.now()).filter(batch=batch).count()


def answers(*, batch: CommandBatch) -> list[tuple[str, int]]:
    """What stations answered, in their own words, and how many did; the most frequent first.

    Without the empty answers that some messages of OCPP 1.6 have.
    """
    first = KeyTextTransform("0", "answers")
    counted = (
        CommandRun.objects.filter(batch=batch, answered_at__isnull=False)
        .order_by()
        .annotate(
            word=KeyTextTransform("status", KeyTextTransform("payload", first)),
            error=KeyTextTransform("error", first),
        )
        .values("word", "error")
        .annotate(count=Count("pk"))
    )
    tally: Counter[str] = Counter()
    for row in counted:
        word = str(row["error"] or row["word"] or "")[:50]
        if word:
            tally[word] += row["count"]
    return tally.most_common()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a batch goes, and when it will have ended if it goes on like this."""

    per_s: float
    ends_at: datetime | None


def pace(*, batch: CommandBatch, now: datetime | None = None) -> Pace:
    """From what has ended within the last minute."""
    now = now or timezone.now()
    since = max(now - PACE_OVER, batch.created_at)
    recent = CommandRun.objects.filter(
        batch=batch, released_at__isnull=False, closed_at__gt=since
    ).count()
    seconds = (now - since).total_seconds()
    per_s = recent / seconds if seconds > 0 else 0.0
    left = CommandRun.objects.open().filter(batch=batch).count()
    ends_at = now + timedelta(seconds=left / per_s) if per_s and left else None
    return Pace(per_s, ends_at)


def plan(*, batch: CommandBatch, most: int = 20) -> list[CommandRun]:
    """The next tries: runs that wait for a time of their own."""
    waiting = CommandRun.objects.released().filter(batch=batch, next_attempt_at__isnull=False)
    return list(waiting.order_by(F("next_attempt_at")).select_related("station")[:most])
