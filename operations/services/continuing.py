"""Runs of calls that depend on each other: what to ask next is known when the last was answered."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from operations import versions
from operations.commands import BY_SLUG
from operations.commands.base import Further, Outcome, Params
from operations.models import CommandRun
from operations.services import calls
from operations.services.bundles import target_of
from operations.services.calls import Claimed
from operations.services.live import Changes
from operations.services.local_lists import jobs
from operations.services.transitions import move
from operations.statuses import RunStatus

# What a command's `further` can't know without the database: more params, or how the run ends.
Prepare = Callable[[CommandRun], Params | Outcome]
PREPARES: Mapping[str, Prepare] = {
    "send-local-list": jobs.prepare,
    "get-local-list-version": jobs.tell_version,
}
# What to add where no answer comes.
GIVES_UP: Mapping[str, Callable[[CommandRun], str]] = {"send-local-list": jobs.give_up}


def ask_more(run: CommandRun, at: datetime, changes: Changes) -> Claimed | Outcome | None:
    """All of the run's calls are answered: ask the next ones, if there are any.

    An outcome is what the answers mean, where it takes more than the answers to say it.
    """
    further = _further(run, changes, may_ask=run.status == RunStatus.SENT)
    if not isinstance(further, Further):
        return further
    outgoing = calls.word(run, further.requests, connection_pk=run.connection_id, at=at)
    moved = move(
        run,
        RunStatus.SENT,
        str(further.sentence),
        at=at,
        changes=changes,
        calls=run.calls + len(outgoing.calls),
        continued_at=at,
        deadline_at=at + timedelta(seconds=run.answer_timeout_s),
    )
    if not moved:
        return None
    outgoing.keep()
    return Claimed(run.pk, run.command, outgoing.calls, run.answer_timeout_s)


def _further(run: CommandRun, changes: Changes, *, may_ask: bool) -> Further | Outcome | None:
    command, version = BY_SLUG[run.command], versions.by_name(run.protocol)
    params = calls.with_request_id(run)
    prepare = PREPARES.get(run.command)
    if prepare is not None:
        prepared = prepare(run)
        if isinstance(prepared, Outcome):
            return prepared
        params |= prepared
    if may_ask and version is not None:
        further = command.further(version, target_of(run, changes), params, run.answers)
        if further is not None and further.requests:
            return further
    return command.conclusion(params, run.answers)


def give_up(run: CommandRun) -> str:
    """No answer came to what was asked last: what to say of what was done until then."""
    remark = GIVES_UP.get(run.command)
    return remark(run) if remark else ""
