"""The one place where a run changes its status."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from operations.models import CommandRun, RunTransition
from operations.services import rows
from operations.services.live import Changes
from operations.services.pacer import pacer
from operations.statuses import RunStatus


class Ledger(Changes):
    """Changes of runs that this transaction has locked: nobody else moves them meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.locked: dict[int, CommandRun] = {}
        self._changed: dict[int, CommandRun] = {}
        self._names: set[str] = set()
        self._steps: list[RunTransition] = []

    def keep(self, run: CommandRun, names: Iterable[str], step: RunTransition | None) -> None:
        """Have these fields of a locked run written at the end, and the step it has made."""
        self._changed[run.pk] = run
        self._names.update(names)
        if step is not None:
            self._steps.append(step)

    def write(self) -> None:
        """All runs with one statement, all steps with another."""
        rows.update(CommandRun, list(self._changed.values()), sorted(self._names))
        rows.insert(RunTransition, self._steps)
        self._changed, self._names, self._steps = {}, set(), []


def keep(run: CommandRun, names: Sequence[str], changes: Changes) -> None:
    """Write these fields of the run, if nobody else has moved it meanwhile."""
    if isinstance(changes, Ledger) and run.pk in changes.locked:
        changes.keep(run, names, None)
    else:
        same = CommandRun.objects.filter(pk=run.pk, status=run.status)
        same.update(**{name: getattr(run, name) for name in names})


def move(
    run: CommandRun,
    to: RunStatus,
    cause: str,
    *,
    at: datetime,
    changes: Changes,
    **fields: Any,
) -> bool:
    """Move the run on, if nobody else did meanwhile; keep the step. False: somebody did."""
    was = RunStatus(run.status)
    closed_at = None if to.is_open else at
    fields = {"status": to, "summary": cause[:300], "closed_at": closed_at, **fields}
    if not to.is_open:
        # Nothing sends a closed run again: secrets in what was asked have done their work.
        fields |= {"deadline_at": None, "sealed": ""}
    is_locked = isinstance(changes, Ledger) and run.pk in changes.locked
    if not is_locked:
        still = CommandRun.objects.filter(pk=run.pk, status=was)
        if not still.update(**fields):
            return False
    for name, value in fields.items():
        setattr(run, name, value)
    step = RunTransition(
        run=run,
        at=at,
        from_status=was,
        to_status=to,
        phase=fields.get("phase", ""),
        cause=cause[:300],
    )
    if isinstance(changes, Ledger) and is_locked:
        changes.keep(run, fields, step)
    else:
        step.save()
    tell_browsers(run, changes)
    if run.batch_id is not None and to != RunStatus.SENT:
        # A place in the batch may be free now.
        transaction.on_commit(partial(pacer.nudge, run.batch_id))
    return True


def note(run: CommandRun, cause: str, *, at: datetime, changes: Changes) -> None:
    """Something happened that leaves the run where it is: a step from its status to the same."""
    status = RunStatus(run.status)
    step = RunTransition(run=run, at=at, from_status=status, to_status=status, cause=cause[:300])
    if isinstance(changes, Ledger) and run.pk in changes.locked:
        changes.keep(run, ["status"], step)
    else:
        step.save()
    tell_browsers(run, changes)


def tell_browsers(run: CommandRun, changes: Changes) -> None:
    """A run shows on its own page and on its station's, charger's and connector's rows."""
    changes.add("run", run.pk)
    if run.batch_id is not None:
        changes.add("batch", run.batch_id)
    changes.add("station", run.station_id)
    if run.charger_id is not None:
        changes.add("charger", run.charger_id)
