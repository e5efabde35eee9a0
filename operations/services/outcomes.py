"""From the answer to the observed effect: what becomes of runs that were sent."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import masking
from operations.commands import BY_SLUG
from operations.commands.base import Command, Outcome, Params
from operations.commands.change_settings import ChangeSettings
from operations.events import Told
from operations.models import CommandRun, OcppMessage
from operations.services import (
    abilities,
    components,
    continuing,
    messages,
    progress,
    rows,
    settings,
    targets,
    verdicts,
)
from operations.services.bundles import Bundle, awaiting, bundling, target_of
from operations.services.calls import Claimed, Over
from operations.services.live import Changes, publishing
from operations.services.local_lists import hearing
from operations.services.transitions import keep, move, note, tell_browsers
from operations.statuses import AWAITING_EFFECT, CORRECTABLE, RunStatus

# A scheduled run waits for a driver: as long as sessions last, and a good while more.
SCHEDULED_S = 24 * 3600
# How long after its end later evidence may still correct a run.
CORRECTION = timedelta(hours=1)
MOST_WATCHED = 100  # runs of one station


@dataclass(frozen=True, slots=True)
class Answered:
    """What a station answered to a call of ours, as `record_answer` takes it."""

    unique_id: str
    station_pk: int
    frame: str
    answer: dict[str, Any]
    at: datetime


def record_answer(
    *, unique_id: str, station_pk: int, frame: str, answer: dict[str, Any], answered_at: datetime
) -> int | Claimed | None:
    """Keep what a station answered to a call of ours, and move its run on.

    `answer` is {"payload": …} or {"error": code, "description": …}. Returns the run, if any, or
    what of it is to be sent next.
    """
    answered = Answered(unique_id, station_pk, frame, answer, answered_at)
    (recorded,) = record_answers([answered])
    return recorded.run_pk if isinstance(recorded, Over) else recorded


def record_answers(answers: Sequence[Answered]) -> list[int | Over | Claimed | None]:
    """The same for many, in a few statements; says, too, whose run it has ended for good."""
    with bundling() as bundle:
        asked = rows.load(
            OcppMessage,
            {each.unique_id for each in answers},
            by="unique_id",
            where="NOT is_from_station",
        )
        # The newest, should an id have come twice.
        calls = {(message.unique_id, message.station_id): message for message in asked}
        bundle.load_with_older([call.run_id for call in calls.values() if call.run_id])
        return [
            _record(calls.get((each.unique_id, each.station_pk)), each, bundle) for each in answers
        ]


def _record(
    message: OcppMessage | None, answered: Answered, bundle: Bundle
) -> int | Over | Claimed | None:
    if message is None or message.answered_at is not None:
        return None
    answer, station_pk = answered.answer, answered.station_pk
    message.answer = messages.clean(masking.raw_frame(answered.frame))
    message.answered_at = answered.at
    message.error_code = str(answer.get("error", ""))[:50]
    bundle.keep_message(message)
    messages.count([message])
    if message.action == "GetConfiguration" and "payload" in answer:
        components.learn_from_configuration(station_id=station_pk, answer=answer["payload"])
    abilities.learn(station_pk=station_pk, action=message.action, answer=answer)
    hearing.take_answer(station_pk=station_pk, message=message, answer=answer, at=answered.at)
    run = bundle.locked.get(message.run_id or 0)
    has_told = settings.learn(
        message=message, answer=answer, at=answered.at, run=run, changes=bundle
    )
    if has_told:
        _look_again(station_pk, answered.at, bundle)
    if run is None:
        return None
    claimed = None
    if message.called_at in {run.sent_at, run.continued_at}:
        claimed = _take_answer(run, message.action, answer, answered.at, bundle)
    # Otherwise it is the answer to an earlier attempt, or to a nudge.
    return claimed or (Over(run.pk) if progress.is_final(run) else run.pk)


def _look_again(station_pk: int, at: datetime, bundle: Bundle) -> None:
    """Settings were read: what was changed and not seen so far may show now."""
    waiting = Q(status=RunStatus.SCHEDULED)
    recent = Q(status=RunStatus.NOT_CONFIRMED, closed_at__gte=at - CORRECTION)
    slugs = [slug for slug, command in BY_SLUG.items() if isinstance(command, ChangeSettings)]
    changed = CommandRun.objects.filter(waiting | recent, station=station_pk, command__in=slugs)
    pks = set(changed.values_list("pk", flat=True)) - bundle.locked.keys()
    for run in bundle.load(pks).values() if pks else ():
        _confirm(run, BY_SLUG[run.command], at, bundle, since=run.sent_at)


def _take_answer(
    run: CommandRun, action: str, answer: dict[str, Any], at: datetime, changes: Changes
) -> Claimed | None:
    """One more answer of the run's calls; the last one decides, or asks for more."""
    run.answers = [*run.answers, {"action": action, **masking.payload(answer)}]
    run.answered_at = at
    if run.status == RunStatus.SENT:
        run.deadline_at = at + timedelta(seconds=run.answer_timeout_s)
    keep(run, ["answers", "answered_at", "deadline_at"], changes)
    if len(run.answers) < run.calls:
        _note_late(run, at, changes)
    elif run.status == RunStatus.SENT or run.status in CORRECTABLE:
        more = continuing.ask_more(run, timezone.now(), changes)
        if isinstance(more, Claimed):
            return more
        _settle(run, more or verdicts.combined(run), at, changes)
    elif run.status == RunStatus.IN_PROGRESS and run.phase:
        _settle_under_way(run, at, changes)
    else:
        _note_late(run, at, changes)
    return None


def _note_late(run: CommandRun, at: datetime, changes: Changes) -> None:
    """Nobody waits for this answer any more, and it decides nothing: the history has it."""
    if run.sent_at is None or run.status in AWAITING_EFFECT | {RunStatus.SENT}:
        return
    said = {
        "seconds": (at - run.sent_at).total_seconds(),
        "number": len(run.answers),
        "calls": run.calls,
        "sentence": str(verdicts.of_answer(BY_SLUG[run.command], run.answers[-1]).sentence),
    }
    cause = _("Answered after %(seconds)d s (%(number)d of %(calls)d): %(sentence)s") % said
    note(run, cause, at=at, changes=changes)


def _settle(run: CommandRun, outcome: Outcome, at: datetime, changes: Changes) -> None:
    """All answers are in: say what they mean."""
    command = BY_SLUG[run.command]
    sentence = str(outcome.sentence)
    if run.status != RunStatus.SENT and run.sent_at is not None:
        late_s = (at - run.sent_at).total_seconds()
        sentence = _("Answered after %(seconds)d s: %(sentence)s") % {
            "seconds": late_s,
            "sentence": sentence,
        }
    deadline = None
    if outcome.status == RunStatus.ACCEPTED:
        now = progress.progress_of(run, at=at)
        deadline = progress.due_at(run, replace(now, phase=outcome.phase or now.phase))
    elif outcome.status == RunStatus.SCHEDULED:
        deadline = at + timedelta(seconds=SCHEDULED_S)
    phase = {"phase": outcome.phase, "phase_at": at} if outcome.phase else {}
    if not move(
        run, outcome.status, sentence, at=at, changes=changes, deadline_at=deadline, **phase
    ):
        return
    if outcome.status not in AWAITING_EFFECT:
        return
    superseded = _supersede_older(run, at, changes)
    if outcome.status == RunStatus.ACCEPTED:
        # What was true before counts too, unless an older run was about to change it.
        counts_all = command.counts_earlier and not superseded
        _confirm(run, command, at, changes, since=None if counts_all else run.sent_at)


def _settle_under_way(run: CommandRun, at: datetime, changes: Changes) -> None:
    """The station told of the effect before it answered; only a plain no takes that back."""
    outcome = verdicts.combined(run)
    if outcome.status in AWAITING_EFFECT:
        _supersede_older(run, at, changes)
    elif not outcome.phase:
        move(run, outcome.status, str(outcome.sentence), at=at, changes=changes)


def _supersede_older(run: CommandRun, at: datetime, changes: Changes) -> bool:
    """The newest accepted word counts: older runs of this command wait for nothing any more."""
    if not BY_SLUG[run.command].supersedes:
        return False
    cause = _("Request %(run)s came after it and was accepted.") % {"run": run.pk}
    moved = [
        move(older, RunStatus.SUPERSEDED, cause, at=at, changes=changes)
        for older in awaiting(run, changes)
        if _covers(run, older)
    ]
    return any(moved)


def _covers(run: CommandRun, older: CommandRun) -> bool:
    """Whether the older one is aimed at the same thing, or at a part of it."""
    if run.connector_id is not None:
        return older.connector_id == run.connector_id
    return run.charger_id is None or older.charger_id == run.charger_id


def _confirm(
    run: CommandRun, command: Command, at: datetime, changes: Changes, since: datetime | None
) -> bool:
    """Move the run to done if its effect has been seen; or on, if its moment came without one."""
    if not command.confirmed_by:
        return False
    target = target_of(run, changes)
    sentence, status = command.confirmation(target, _numbered(run), since), RunStatus.DONE
    if sentence is None and since is not None and run.status == RunStatus.SCHEDULED:
        sentence, status = command.refutation(target, run.params, since), RunStatus.NOT_CONFIRMED
    if sentence is None or not move(run, status, sentence, at=at, changes=changes):
        return False
    _link(run, command.proof(target, run.params, since))
    return True


def _numbered(run: CommandRun) -> Params:
    """What was asked, with the number by which stations report back."""
    return {**run.params, "request_id": run.pk}


def _link(run: CommandRun, proof: Sequence[OcppMessage]) -> None:
    """The messages that showed the effect belong to the run: its page and the log say so."""
    if proof:
        OcppMessage.objects.filter(pk__in=[message.pk for message in proof]).update(run=run)


def watched_runs(*, station_pks: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """The runs whose effect may still show, with their command, by station.

    Newest first, at most 100 of a station; without those that have none.
    """
    now = timezone.now()
    recent = Q(status__in=CORRECTABLE, closed_at__gte=now - CORRECTION)
    waiting = Q(status__in=[*AWAITING_EFFECT, RunStatus.SENT])
    slugs = [slug for slug, command in BY_SLUG.items() if command.awaits]
    follow = [slug for slug, command in BY_SLUG.items() if command.follows]
    followed = progress.followed_since(now - progress.CORRECTION) & Q(command__in=follow)
    found = (
        CommandRun.objects.filter(
            waiting | recent | followed, station_id__in=list(station_pks), command__in=slugs
        )
        .exclude(sent_at=None)
        .order_by("-pk")
    )
    watched: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for station_pk, pk, command in found.values_list("station_id", "pk", "command"):
        if len(watched[station_pk]) < MOST_WATCHED:
            watched[station_pk].append((pk, command))
    return watched


def check_effects(*, run_pks: list[int], told: Told | None = None) -> list[int]:
    """Look whether what was told is what these runs wait for; returns those still to be watched."""
    return check_all([(run_pks, told)])[0]


def check_all(looks: Sequence[tuple[list[int], Told | None]]) -> list[list[int]]:
    """The same for what many stations told, in a few statements."""
    now = timezone.now()
    with bundling() as bundle:
        found = bundle.load({pk for run_pks, _told in looks for pk in run_pks})
        return [
            _look([found[pk] for pk in run_pks if pk in found], told, now, bundle)
            for run_pks, told in looks
        ]


def _look(runs: list[CommandRun], told: Told | None, now: datetime, bundle: Bundle) -> list[int]:
    """Of one station's runs, those that are still to be watched."""
    if told is not None:
        progress.follow(runs=runs, told=told, changes=bundle)
    return [run.pk for run in runs if not _is_over(run, now, bundle)]


def _is_over(run: CommandRun, now: datetime, changes: Changes) -> bool:
    """Look for the effect; whether nothing that comes can change the run any more."""
    command, status = BY_SLUG[run.command], RunStatus(run.status)
    if status == RunStatus.SENT and not command.may_disconnect:
        return False  # the answer comes first, and looks for the effect itself
    if status == RunStatus.NOT_CONFIRMED and not command.is_correctable:
        return True
    if status == RunStatus.SENT or status in AWAITING_EFFECT | CORRECTABLE:
        return _confirm(run, command, now, changes, since=run.sent_at)
    return not progress.is_followed(run)


def lose_connections(*, connection_pks: Sequence[int], at: datetime, changes: Changes) -> None:
    """Sockets are gone: say so of the runs whose answers they owed."""
    runs = CommandRun.objects.select_related("station", "charger", "connector")
    for run in runs.filter(connection_id__in=connection_pks, status=RunStatus.SENT):
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
    target = targets.of_run(run)
    seen = command.confirmation(target, _numbered(run), run.sent_at)
    if command.confirmed_by and seen is not None:
        cause = _("The station never answered, but: %(seen)s") % {"seen": seen}
        if move(run, RunStatus.DONE, cause, at=at, changes=changes):
            _link(run, command.proof(target, run.params, run.sent_at))
    elif not resend_later(run, why, at=at, changes=changes):
        why = f"{why} {continuing.give_up(run)}".strip()
        move(run, status, why, at=at, changes=changes)


def drop_queued(*, station_pks: Sequence[int], at: datetime, changes: Changes) -> None:
    """Stations are gone: what was never sent can't be asked (an offline charger can't).

    A batch's run goes back to where it was held: its station may be back before its next turn.
    """
    queued = CommandRun.objects.released().filter(station_id__in=station_pks, next_attempt_at=None)
    for run in queued.select_related("batch"):
        if run.batch is not None and run.batch.state.is_open:
            _hold_again(run, changes)
            continue
        move(
            run,
            RunStatus.NOT_CONNECTED,
            _("The station disconnected before the request was sent."),
            at=at,
            changes=changes,
        )


def _hold_again(run: CommandRun, changes: Changes) -> None:
    still = CommandRun.objects.released().filter(pk=run.pk)
    still.update(
        released_at=None,
        deadline_at=None,
        waits_for_station=True,
        summary=_("Waiting for its station to come back."),
    )
    tell_browsers(run, changes)


def resend_later(run: CommandRun, why: str, *, at: datetime, changes: Changes) -> bool:
    """Queue the run for another attempt, where that is safe and wanted."""
    if run.attempts >= run.max_attempts or not BY_SLUG[run.command].resend:
        return False
    wait_s = run.backoff_s * 2 ** (run.attempts - 1)
    if run.batch_id is not None:
        # Those that failed together are not asked again together.
        wait_s *= random.uniform(1, 1.5)  # noqa: S311
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
