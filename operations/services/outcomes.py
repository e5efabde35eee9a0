"""From the answer to the observed effect: what becomes of runs that were sent."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import masking
from operations.commands import BY_SLUG
from operations.commands.base import UNSUPPORTED_CODES, Command, Outcome
from operations.models import CommandRun, OcppMessage
from operations.services import components, messages, targets
from operations.services.live import Changes, publishing
from operations.services.transitions import move
from operations.statuses import AWAITING_EFFECT, CORRECTABLE, RunStatus

# A scheduled run waits for a driver: as long as sessions last, and a good while more.
SCHEDULED_S = 24 * 3600
# How long after its end later evidence may still correct a run.
CORRECTION = timedelta(hours=1)


def record_answer(
    *, unique_id: str, station_pk: int, frame: str, answer: dict[str, Any], answered_at: datetime
) -> int | None:
    """Keep what a station answered to a call of ours, and move its run on.

    `answer` is {"payload": …} or {"error": code, "description": …}. Returns the run, if any.
    """
    with publishing() as changes:
        message = (
            OcppMessage.objects.filter(
                unique_id=unique_id, is_from_station=False, station_id=station_pk
            )
            .select_related("run__station", "run__charger", "run__connector")
            .order_by("-pk")
            .first()
        )
        if message is None or message.answered_at is not None:
            return None
        message.answer = messages.clean(masking.raw_frame(frame))
        message.answered_at = answered_at
        message.error_code = str(answer.get("error", ""))[:50]
        message.save(update_fields=["answer", "answered_at", "error_code"])
        if message.action == "GetConfiguration" and "payload" in answer:
            components.learn_from_configuration(station_id=station_pk, answer=answer["payload"])
        run = message.run
        if run is None:
            return None
        if run.sent_at is None or message.called_at < run.sent_at:
            return run.pk  # the answer to an earlier attempt
        if run.nudged_at is not None and message.called_at > run.nudged_at:
            return run.pk
        _take_answer(run, message.action, answer, answered_at, changes)
        return run.pk


def _take_answer(
    run: CommandRun, action: str, answer: dict[str, Any], at: datetime, changes: Changes
) -> None:
    """One more answer of the run's calls; the last one decides."""
    run.answers = [*run.answers, {"action": action, **masking.payload(answer)}]
    run.answered_at = at
    if run.status == RunStatus.SENT:
        run.deadline_at = at + timedelta(seconds=run.answer_timeout_s)
    run.save(update_fields=["answers", "answered_at", "deadline_at"])
    if len(run.answers) < run.calls:
        return
    if run.status == RunStatus.SENT or run.status in CORRECTABLE:
        _settle(run, at, changes)


def _settle(run: CommandRun, at: datetime, changes: Changes) -> None:
    """All answers are in: say what they mean."""
    command = BY_SLUG[run.command]
    outcome = command.combine([_outcome(command, answer) for answer in run.answers])
    sentence = str(outcome.sentence)
    if run.status != RunStatus.SENT and run.sent_at is not None:
        late_s = (at - run.sent_at).total_seconds()
        sentence = _("Answered after %(seconds)d s: %(sentence)s") % {
            "seconds": late_s,
            "sentence": sentence,
        }
    deadline = None
    if outcome.status == RunStatus.ACCEPTED:
        deadline = at + timedelta(seconds=run.effect_timeout_s)
    elif outcome.status == RunStatus.SCHEDULED:
        deadline = at + timedelta(seconds=SCHEDULED_S)
    if not move(run, outcome.status, sentence, at=at, changes=changes, deadline_at=deadline):
        return
    if outcome.status not in AWAITING_EFFECT:
        return
    superseded = _supersede_older(run, at, changes)
    if outcome.status == RunStatus.ACCEPTED:
        # What was true before counts too, unless an older run was about to change it.
        _confirm(run, command, at, changes, since=run.sent_at if superseded else None)


def _outcome(command: Command, answer: dict[str, Any]) -> Outcome:
    """What one answer means; errors mean the same for every command."""
    if "error" not in answer:
        return command.outcome(answer["action"], answer.get("payload") or {})
    details = {"code": answer["error"], "description": answer.get("description", "")}
    if answer["error"] in UNSUPPORTED_CODES:
        return Outcome(
            RunStatus.UNSUPPORTED,
            _("The station does not support this: %(code)s %(description)s") % details,
        )
    return Outcome(
        RunStatus.FAILED, _("The station reported an error: %(code)s %(description)s") % details
    )


def _supersede_older(run: CommandRun, at: datetime, changes: Changes) -> bool:
    """The newest accepted word counts: older runs of this command wait for nothing any more."""
    same = CommandRun.objects.awaiting_effect().filter(
        station_id=run.station_id, command=run.command, pk__lt=run.pk
    )
    covered = same.filter(_covered_by(run))
    cause = _("Request %(run)s came after it and was accepted.") % {"run": run.pk}
    moved = [move(older, RunStatus.SUPERSEDED, cause, at=at, changes=changes) for older in covered]
    return any(moved)


def _covered_by(run: CommandRun) -> Q:
    """Runs aimed at the same thing, or at a part of it."""
    if run.connector_id is not None:
        return Q(connector_id=run.connector_id)
    if run.charger_id is not None:
        return Q(charger_id=run.charger_id)
    return Q()


def _confirm(
    run: CommandRun, command: Command, at: datetime, changes: Changes, since: datetime | None
) -> bool:
    """Move the run to done if its effect has been seen."""
    if not command.confirmed_by:
        return False
    sentence = command.confirmation(targets.of_run(run), run.params, since)
    if sentence is None:
        return False
    return move(run, RunStatus.DONE, sentence, at=at, changes=changes)


def watched_runs(*, station_pk: int) -> QuerySet[CommandRun]:
    """The runs of a station whose effect may still show, newest first, at most 100."""
    recent = Q(status__in=CORRECTABLE, closed_at__gte=timezone.now() - CORRECTION)
    waiting = Q(status__in=[*AWAITING_EFFECT, RunStatus.SENT])
    slugs = [slug for slug, command in BY_SLUG.items() if command.confirmed_by]
    return (
        CommandRun.objects.filter(waiting | recent, station_id=station_pk, command__in=slugs)
        .exclude(sent_at=None)
        .order_by("-pk")[:100]
    )


def check_effects(*, run_pks: list[int]) -> list[int]:
    """Look whether events showed what these runs wait for; returns those still to be watched."""
    now = timezone.now()
    still = []
    with publishing() as changes:
        runs = CommandRun.objects.select_related("station", "charger", "connector")
        for run in runs.filter(pk__in=run_pks):
            status = RunStatus(run.status)
            if status == RunStatus.SENT and not BY_SLUG[run.command].may_disconnect:
                still.append(run.pk)  # the answer comes first, and looks for the effect itself
                continue
            if status != RunStatus.SENT and status not in AWAITING_EFFECT | CORRECTABLE:
                continue
            if not _confirm(run, BY_SLUG[run.command], now, changes, since=run.sent_at):
                still.append(run.pk)
    return still


def lose_connection(*, connection_pk: int, at: datetime, changes: Changes) -> None:
    """A socket is gone: say so of the runs whose answers it owed, and of those not yet sent."""
    runs = CommandRun.objects.select_related("station", "charger", "connector")
    for run in runs.filter(connection_id=connection_pk, status=RunStatus.SENT):
        command = BY_SLUG[run.command]
        if command.may_disconnect:
            move(
                run,
                RunStatus.IN_PROGRESS,
                _("The station disconnected before it answered; waiting for it to boot."),
                at=at,
                changes=changes,
                deadline_at=at + timedelta(seconds=run.effect_timeout_s),
            )
        else:
            why = _("The connection was lost before the station answered.")
            end_unanswered(run, RunStatus.CONNECTION_LOST, why, at=at, changes=changes)


def end_unanswered(
    run: CommandRun, status: RunStatus, why: str, *, at: datetime, changes: Changes
) -> None:
    """No answer came: the effect may have shown all the same, or it is asked again."""
    command = BY_SLUG[run.command]
    seen = command.confirmation(targets.of_run(run), run.params, run.sent_at)
    if command.confirmed_by and seen is not None:
        cause = _("The station never answered, but: %(seen)s") % {"seen": seen}
        move(run, RunStatus.DONE, cause, at=at, changes=changes)
    elif not resend_later(run, why, at=at, changes=changes):
        move(run, status, why, at=at, changes=changes)


def drop_queued(*, station_pk: int, at: datetime, changes: Changes) -> None:
    """The station is gone: what was never sent can't be asked (an offline charger can't)."""
    queued = CommandRun.objects.filter(
        station_id=station_pk, status=RunStatus.QUEUED, next_attempt_at=None
    )
    for run in queued:
        move(
            run,
            RunStatus.NOT_CONNECTED,
            _("The station disconnected before the request was sent."),
            at=at,
            changes=changes,
        )


def resend_later(run: CommandRun, why: str, *, at: datetime, changes: Changes) -> bool:
    """Queue the run for another attempt, where that is safe and wanted."""
    if run.attempts >= run.max_attempts or not BY_SLUG[run.command].resend:
        return False
    wait_s = 5 * 2 ** (run.attempts - 1)
    return move(
        run,
        RunStatus.QUEUED,
        _("%(why)s Asking again in %(seconds)d s (attempt %(next)d of %(most)d).")
        % {"why": why, "seconds": wait_s, "next": run.attempts + 1, "most": run.max_attempts},
        at=at,
        changes=changes,
        next_attempt_at=at + timedelta(seconds=wait_s),
        deadline_at=at + timedelta(seconds=wait_s + run.answer_timeout_s + 120),
    )


def fail_unsent(*, run_pk: int, why: str) -> None:
    """The gateway could not send the claimed calls: they break the protocol's schema."""
    with publishing() as changes:
        run = CommandRun.objects.get(pk=run_pk)
        move(run, RunStatus.FAILED, why, at=timezone.now(), changes=changes)
