"""A batch as people read it, and the fragments of it that live pushes put in place.

As with runs (run_story.py), nothing in a fragment depends on who looks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from operations import numbers
from operations.commands import BY_SLUG
from operations.models import CommandBatch
from operations.services import batch_figures, rollouts
from operations.services.batch_figures import Counters, Pace
from operations.statuses import BatchStatus, RunStatus
from operations.tables.batches import icon_of, title_of
from operations.views.preview import clock
from operations.views.run_story import Fragment

# Shown also while none is there: where a batch goes when all is well.
USUAL = (RunStatus.QUEUED, RunStatus.SENT, RunStatus.ACCEPTED, RunStatus.DONE)
MOST_ANSWERS = 20
# Answers are counted without an index: of a larger batch only once it does not run any more.
COUNTED_LIVE = 2_000


@dataclass(frozen=True, slots=True)
class Figure:
    """How many runs are in one status, and where they are listed."""

    status: RunStatus
    label: str
    count: int
    url: str


def of_pks(pks: Iterable[int]) -> list[CommandBatch]:
    """Batches with all that their rows and stories need."""
    return list(CommandBatch.objects.select_related("created_by").filter(pk__in=pks))


def fragments(batch: CommandBatch) -> list[Fragment]:
    """All of a batch that changes while one looks at it."""
    context = _progress(batch)
    names = ["overview", "actions"]
    if batch.size <= COUNTED_LIVE or batch.state != BatchStatus.RUNNING:
        names.append("answers")
        context |= _answers(batch)
    return [
        Fragment(f"batch-{batch.pk}-{name}", f"operations/batches/_{name}.html", context)
        for name in names
    ]


def tell(batch: CommandBatch) -> dict[str, Any]:
    """The story as templates take it: four queries."""
    return _progress(batch) | _answers(batch)


def _answers(batch: CommandBatch) -> dict[str, Any]:
    return {"batch": batch, "answers": batch_figures.answers(batch=batch)[:MOST_ANSWERS]}


def _progress(batch: CommandBatch) -> dict[str, Any]:
    counters = batch_figures.counters(batch=batch)
    return {
        "batch": batch,
        "title": title_of(batch),
        "icon": icon_of(batch),
        "counters": counters,
        "truth": truth(batch, counters),
        "tone": tone(batch, counters),
        "figures": list(figures(batch, counters)),
        "phases": phases(batch, counters),
        "pace": pace(batch),
        **possible(batch, counters),
    }


def possible(batch: CommandBatch, counters: Counters) -> dict[str, bool]:
    """What can be done about it now."""
    is_known = batch.command in BY_SLUG
    can_stop = batch.state.is_open and batch_figures.unsent(batch=batch, counters=counters) > 0
    return {
        "can_pause": can_stop and batch.state != BatchStatus.PAUSED,
        "can_resume": batch.state == BatchStatus.PAUSED,
        "can_cancel": can_stop,
        "can_retry": is_known and counters.failed > 0 and counters.held == 0 and not can_stop,
    }


def truth(batch: CommandBatch, counters: Counters) -> str:
    """The whole story in a line."""
    words = {
        "status": batch.get_status_display(),
        "closed": counters.closed,
        "total": counters.total,
        "done": counters.done,
        "summary": batch.summary,
    }
    line = _("%(status)s: %(closed)d of %(total)d have ended, %(done)d are done.") % words
    missing = counters.closed - counters.done
    if missing and batch.status == BatchStatus.DONE:
        rest = ngettext("%(missing)d is not.", "%(missing)d are not.", missing)
        line = f"{line} {rest % {'missing': missing}}"
    return f"{line} {batch.summary}".rstrip()


def tone(batch: CommandBatch, counters: Counters) -> str:
    """Green is only what worked everywhere."""
    if batch.status == BatchStatus.DONE and counters.done < counters.closed:
        return "orange"
    return batch.state.tone


def figures(batch: CommandBatch, counters: Counters) -> Iterator[Figure]:
    """The counters by status, each with its filtered rows."""
    url = reverse("batch-detail", args=[batch.pk])
    for status in RunStatus:
        count = counters.by_status.get(status, 0)
        if count or status in USUAL:
            word = _("Waiting") if status == RunStatus.QUEUED else str(status.label)
            yield Figure(status, word, count, f"{url}?status={status.value}#list")


def phases(batch: CommandBatch, counters: Counters) -> list[tuple[str, int]]:
    """What stations that are still at it say they do: "Downloading", and how many."""
    if not counters.by_status.get(RunStatus.IN_PROGRESS):
        return []
    return [(str(phase.label), count) for phase, count in rollouts.phases(batch)]


def pace(batch: CommandBatch) -> str:
    """When it begins, or how fast it goes and when it will have ended; empty once it has."""
    if batch.state == BatchStatus.WAITING and batch.starts_at is not None and not batch.summary:
        return _("It begins at %(at)s.") % {"at": _when(batch.starts_at)}
    if batch.ended_at is not None or batch.state != BatchStatus.RUNNING:
        return ""
    return f"{_wave(batch)} {_pace_in_words(batch_figures.pace(batch=batch))}".strip()


def _wave(batch: CommandBatch) -> str:
    """Which wave it is, and when the next begins."""
    if batch.wave_size is None:
        return ""
    if batch.next_wave_at is None:
        return _("Wave %(number)d.") % {"number": batch.wave}
    words = {"number": batch.wave, "at": _when(batch.next_wave_at)}
    return _("Wave %(number)d has ended; the next begins at %(at)s.") % words


def _pace_in_words(pace: Pace) -> str:
    if pace.ends_at is None:
        return _("Nothing has ended within the last minute.") if not pace.per_s else ""
    rate = numbers.fixed(pace.per_s if pace.per_s >= 1 else pace.per_s * 60)
    words = {"rate": rate, "at": _when(pace.ends_at)}
    if pace.per_s >= 1:
        return _("%(rate)s a second; ends about %(at)s.") % words
    return _("%(rate)s a minute; ends about %(at)s.") % words


def _when(at: datetime) -> str:
    """A time of day, with the day where it is another."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return clock(local.time())
    return local.strftime("%Y-%m-%d %H:%M")
