"""The one place where a run changes its status."""

from datetime import datetime
from typing import Any

from operations import masking
from operations.models import CommandRun, RunTransition
from operations.services.live import Changes
from operations.statuses import RunStatus


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
        fields |= {"deadline_at": None, "params": masking.payload(run.params)}
    updated = CommandRun.objects.filter(pk=run.pk, status=was).update(**fields)
    if not updated:
        return False
    for name, value in fields.items():
        setattr(run, name, value)
    RunTransition.objects.create(run=run, at=at, from_status=was, to_status=to, cause=cause[:300])
    tell_browsers(run, changes)
    return True


def tell_browsers(run: CommandRun, changes: Changes) -> None:
    """A run shows on its own page and on its station's, charger's and connector's rows."""
    changes.add("run", run.pk)
    changes.add("station", run.station_id)
    if run.charger_id is not None:
        changes.add("charger", run.charger_id)
