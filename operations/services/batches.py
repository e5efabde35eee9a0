"""One click on many: made at once, held, released by the engine (pacing.py) bit by bit."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import masking, sealing
from operations.commands import BY_SLUG, patience
from operations.commands.base import Command, Params, Target, TargetKind
from operations.models import BatchSchedule, CommandBatch, CommandRun, RunTransition, User
from operations.models.audit import Deed
from operations.services import auditing, judging, rows
from operations.services import terms as batch_terms
from operations.services.judging import Judgement, Reason
from operations.services.live import Changes, publishing
from operations.services.pacer import pacer
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import BatchStatus, RunStatus

# What "ask the failed ones again" asks again: what may go better the next time.
FAILED = frozenset(
    {
        RunStatus.FAILED,
        RunStatus.REFUSED,
        RunStatus.TIMED_OUT,
        RunStatus.NOT_CONNECTED,
        RunStatus.CONNECTION_LOST,
        RunStatus.NOT_CONFIRMED,
    }
)

# Each run of a batch begins with a step that says what the run itself says.
FIRST_STEPS = """
    INSERT INTO operations_runtransition (run_id, at, from_status, to_status, phase, cause)
    SELECT id, created_at, '', status, '', summary FROM operations_commandrun
    WHERE batch_id = %s ORDER BY id
"""


def submit(  # noqa: PLR0913
    *,
    command: Command,
    selection: Selection,
    params: Params,
    user: User | None,
    terms: Terms | None = None,
    schedule: BatchSchedule | None = None,
    retried_from: CommandBatch | None = None,
    form_key: UUID | None = None,
) -> CommandBatch:
    """Keep what was asked of each; those that can't be asked end here, with why.

    `params` come from the command's valid form. Who may ask is the caller's to check. Raises
    ValueError with a sentence where the terms make no sense for the command.
    """
    terms = terms or Terms()
    terms.check(command)
    judgement = judging.judge(
        command=command, selection=selection, params=params, user=user, terms=terms
    )
    now = timezone.now()
    shown, sealed = sealing.seal_params(params)
    batch = CommandBatch(
        **terms.pacing(command),
        command=command.slug,
        params=shown,
        organisation_id=_organisation_of(judgement),
        reason=terms.reason[:200],
        target_kind=selection.kind.value,
        created_by=user,
        created_at=now,
        status=BatchStatus.RUNNING,
        schedule=schedule,
        retried_from=retried_from,
        form_key=form_key,
        starts_at=terms.starts_at,
        expires_at=terms.expires_at,
        waits_until=terms.waits_until,
        wave_left=terms.wave_size,
    )
    runs = list(_runs(batch, command, judgement, sealed))
    batch.size = len(runs)
    with publishing() as changes:
        _write(batch, runs, changes)
        asked = {name: [None, value] for name, value in shown.items() if value not in (None, "")}
        label = _("%(command)s of %(size)d") % {"command": command.label, "size": batch.size}
        auditing.note(Deed.ASKED, batch, changes=asked, detail=batch.reason, name=label)
    return batch


def _organisation_of(judgement: Judgement) -> int | None:
    """Whose stations these are, if they are one organisation's."""
    theirs = {target.station.organisation_id for target in _targets(judgement)}
    return theirs.pop() if len(theirs) == 1 else None


def _targets(judgement: Judgement) -> Iterator[Target]:
    yield from judgement.askable
    yield from (each.target for each in judgement.hindered if each.reason != Reason.FORBIDDEN)


def _runs(
    batch: CommandBatch, command: Command, judgement: Judgement, sealed: str
) -> Iterable[SimpleNamespace]:
    """A held run for each that can be asked, a closed one for each that can't.

    Their columns alone: to make ten thousand instances takes longer than to write them.
    """
    blank = CommandRun(
        command=batch.command,
        params=batch.params,
        reason=batch.reason,
        created_by_id=batch.created_by_id,
        created_at=batch.created_at,
        max_attempts=batch.attempts,
        backoff_s=batch.backoff_s,
    )
    common = {
        field.attname: getattr(blank, field.attname) for field in CommandRun._meta.concrete_fields
    }
    held = {**common, "sealed": sealed, "summary": _held_summary()}
    waiting = {id(target) for target in judgement.waiting}
    for target in judgement.askable:
        yield SimpleNamespace(
            **held
            | _aimed_at(target)
            | _patience(batch, command, target)
            | {"waits_for_station": id(target) in waiting}
        )
    for each in judgement.hindered:
        if each.reason != Reason.FORBIDDEN:
            ended = {
                "status": each.status,
                "summary": each.sentence[:300],
                "closed_at": batch.created_at,
            }
            yield SimpleNamespace(
                **common | _aimed_at(each.target) | _patience(batch, command, each.target) | ended
            )


def _patience(batch: CommandBatch, command: Command, target: Target) -> dict[str, int]:
    station = target.station
    return {
        "answer_timeout_s": patience.answer_s(command, station, batch.answer_timeout_s),
        "effect_timeout_s": patience.effect_s(command, station, batch.effect_timeout_s),
    }


def _aimed_at(target: Target) -> dict[str, int | None]:
    station, charger, connector = judging.parts_of(target)
    return {"station_id": station, "charger_id": charger, "connector_id": connector}


def _write(batch: CommandBatch, runs: list[SimpleNamespace], changes: Changes) -> None:
    batch.save()
    for run in runs:
        run.batch_id = batch.pk
    rows.insert(CommandRun, runs)
    with connection.cursor() as cursor:
        cursor.execute(FIRST_STEPS, [batch.pk])
    changes.add("batch", batch.pk)
    transaction.on_commit(lambda: pacer.nudge(batch.pk))


def pause(*, batch: CommandBatch, user: User | None) -> None:
    """Release no more of it for now; what was sent goes on."""
    _turn(
        batch,
        {BatchStatus.RUNNING, BatchStatus.WAITING},
        BatchStatus.PAUSED,
        _("Paused by %(user)s.") % {"user": _name(user)},
        Deed.PAUSED,
    )


def resume(*, batch: CommandBatch, user: User | None) -> None:
    """Go on with a paused batch."""
    _turn(batch, {BatchStatus.PAUSED}, BatchStatus.RUNNING, "", Deed.RESUMED)


def cancel_rest(*, batch: CommandBatch, user: User | None) -> int:
    """End what was not sent yet; returns how many that were."""
    cause = _("Cancelled by %(user)s before it was sent.") % {"user": _name(user)}
    with publishing() as changes:
        batch = _locked(batch)
        if not batch.state.is_open:
            raise ValueError(_("Nothing of this batch is left to be cancelled."))
        count = end_held(
            batch, cause, status=BatchStatus.CANCELLED, at=timezone.now(), changes=changes
        )
        auditing.note(Deed.CANCELLED, batch)
        transaction.on_commit(lambda: pacer.nudge(batch.pk))
    return count


def _turn(
    batch: CommandBatch, of: set[BatchStatus], to: BatchStatus, summary: str, deed: Deed
) -> None:
    """Change a batch's status by hand."""
    with publishing() as changes:
        batch = _locked(batch)
        if batch.state not in of:
            raise ValueError(_("This batch is %(status)s.") % {"status": batch.state.label.lower()})
        if to == BatchStatus.PAUSED:
            _take_back(batch, at=timezone.now(), changes=changes)
        batch.status, batch.summary, batch.looks_at = to, summary, None
        batch.save(update_fields=["status", "summary", "looks_at", "wave_left"])
        auditing.note(deed, batch)
        changes.add("batch", batch.pk)
        transaction.on_commit(lambda: pacer.nudge(batch.pk))


def _take_back(batch: CommandBatch, *, at: datetime, changes: Changes) -> None:
    """Hold again what a locked batch has released for a moment that has not come yet."""
    spread = CommandRun.objects.spread(at).filter(batch=batch)
    pks = list(spread.select_for_update().values_list("pk", flat=True))
    spread.filter(pk__in=pks).update(
        released_at=None, next_attempt_at=None, deadline_at=None, summary=_held_summary()
    )
    if batch.wave_left is not None:
        batch.wave_left += len(pks)
    for pk in pks:
        changes.add("run", pk)


def _held_summary() -> str:
    return _("Waiting for its turn in the batch.")


def _locked(batch: CommandBatch) -> CommandBatch:
    """The batch as it is now; nobody releases of it meanwhile."""
    return CommandBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def _name(user: User | None) -> str:
    return user.get_username() if user else _("the system")


def end_held(
    batch: CommandBatch, cause: str, *, status: BatchStatus, at: datetime, changes: Changes
) -> int:
    """End a locked batch's unsent runs as cancelled, and say why of the batch itself."""
    _take_back(batch, at=at, changes=changes)
    held = CommandRun.objects.held().filter(batch=batch)
    pks = list(held.select_for_update().values_list("pk", flat=True))
    ended = {"status": RunStatus.CANCELLED, "closed_at": at, "summary": cause[:300]}
    for start in range(0, len(pks), rows.CHUNK):
        held.filter(pk__in=pks[start : start + rows.CHUNK]).update(
            **ended, sealed="", waits_for_station=False
        )
    rows.insert(
        RunTransition,
        [
            RunTransition(
                run_id=pk,
                at=at,
                from_status=RunStatus.QUEUED,
                to_status=RunStatus.CANCELLED,
                cause=cause[:300],
            )
            for pk in pks
        ],
    )
    batch.status, batch.summary, batch.looks_at = status, cause[:300], None
    batch.save(update_fields=["status", "summary", "looks_at"])
    changes.add("batch", batch.pk)
    return len(pks)


def retry_failed(
    *, batch: CommandBatch, user: User | None, terms: Terms | None = None
) -> CommandBatch:
    """Ask those again that failed, in a new batch linked to this one."""
    kind = TargetKind(batch.target_kind)
    failed = CommandRun.objects.filter(batch=batch, status__in=FAILED)
    pks = failed.values_list(f"{kind.value}_id", flat=True).distinct()
    if not pks.exists():
        raise ValueError(_("Nothing of this batch has failed."))
    if _holds_mask(batch.params):
        raise ValueError(
            _("What was asked held a secret, which is not kept. Choose them and ask anew.")
        )
    return submit(
        command=BY_SLUG[batch.command],
        selection=Selection.of_pks(kind, [pk for pk in pks if pk is not None]),
        params=batch.params,
        user=user,
        terms=terms or batch_terms.of(batch, reason=batch.reason),
        retried_from=batch,
    )


def _holds_mask(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_mask(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_mask(item) for item in value)
    return masking.is_masked(value)
