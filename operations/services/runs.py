"""From the click to the frame: submit, claim, cancel."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import masking, versions
from operations.commands import BY_SLUG
from operations.commands.base import Command, Params, Payload, Request, Target
from operations.models import CommandBatch, CommandRun, Connection, OcppMessage, RunTransition, User
from operations.services import connections, targets
from operations.services.live import publishing, switchboard
from operations.services.transitions import move, tell_browsers
from operations.statuses import Registration, RunStatus

# How long a run may wait for its turn on the socket.
QUEUE_S = 120


@dataclass(frozen=True, slots=True)
class Options:
    """How patiently to ask, and why."""

    reason: str = ""
    answer_timeout_s: int | None = None
    effect_timeout_s: int | None = None
    max_attempts: int = 1


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a command cannot be asked of a target now, and how such a run ends."""

    status: RunStatus
    sentence: str


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A call to send: its frame's parts and the message log's row."""

    unique_id: str
    action: str
    payload: Payload
    message_pk: int
    may_break_schema: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is now ours to send, with its calls in order."""

    run_pk: int
    command: str
    calls: tuple[OutgoingCall, ...]
    answer_timeout_s: int
    is_nudge: bool = False


def obstacle(*, command: Command, target: Target) -> Obstacle | None:
    """Why this cannot be asked now; None when it can."""
    station = target.station
    if target.is_closed:
        return Obstacle(
            RunStatus.REFUSED, _("%(target)s is closed.") % {"target": target.sentence_name}
        )
    if not station.is_connected or station.version is None:
        why = _not_connected(station.name, station.disconnected_at)
        return Obstacle(RunStatus.NOT_CONNECTED, why)
    if not command.supports(station.version):
        sentence = command.obstacle(target) or _("OCPP %(version)s has no request for this.") % {
            "version": station.version
        }
        return Obstacle(RunStatus.UNSUPPORTED, sentence)
    if station.registration == Registration.REJECTED:
        return Obstacle(
            RunStatus.REFUSED,
            _("%(station)s is registered as rejected; it answers nothing.")
            % {"station": station.name},
        )
    reason = command.obstacle(target)
    return Obstacle(RunStatus.UNSUPPORTED, reason) if reason else None


def _not_connected(name: str, since: datetime | None) -> str:
    if since is None:
        return _(
            "%(station)s has never connected; a charger can only be asked while it is connected."
        ) % {"station": name}
    return _(
        "%(station)s is not connected since %(since)s; "
        "a charger can only be asked while it is connected."
    ) % {"station": name, "since": timezone.localtime(since).strftime("%Y-%m-%d %H:%M")}


def submit(
    *,
    command: Command,
    target: Target,
    params: Params,
    user: User | None = None,
    options: Options | None = None,
    batch: CommandBatch | None = None,
) -> CommandRun:
    """Keep what was asked, and have it sent if it can be; otherwise it ends here, with why.

    `params` come from the command's valid form. Who may ask is the caller's to check.
    """
    options = options or Options()
    now = timezone.now()
    with publishing() as changes:
        hindrance = obstacle(command=command, target=target)
        run = CommandRun.objects.create(
            batch=batch,
            command=command.slug,
            station=target.station,
            charger=target.charger,
            connector=target.connector,
            params=masking.payload(params) if hindrance else params,
            reason=options.reason[:200],
            status=hindrance.status if hindrance else RunStatus.QUEUED,
            summary=hindrance.sentence[:300] if hindrance else _("Waiting to be sent."),
            created_by=user,
            created_at=now,
            closed_at=now if hindrance else None,
            deadline_at=None if hindrance else now + timedelta(seconds=QUEUE_S),
            max_attempts=options.max_attempts if command.resend else 1,
            answer_timeout_s=options.answer_timeout_s
            or command.answer_timeout_s
            or settings.EVCHARGE_ANSWER_TIMEOUT_S,
            effect_timeout_s=options.effect_timeout_s or command.effect_timeout_s,
        )
        RunTransition.objects.create(
            run=run, at=now, to_status=run.status, cause=run.summary or _("Asked.")
        )
        tell_browsers(run, changes)
        if hindrance is None:
            announce([run.pk], station_pk=target.station.pk)
    return run


def announce(run_pks: list[int], *, station_pk: int) -> None:
    """Tell the station's connection, once this transaction is committed, that runs wait."""
    channel_name = connections.channel_name_of(station_pk=station_pk)
    if channel_name is None:
        return
    for pk in run_pks:
        message = {"type": "command.run", "run": pk}
        transaction.on_commit(partial(switchboard.tell, channel_name, message))


def claim(*, run_pk: int, connection_pk: int) -> Claimed | None:
    """Make the run ours to send: queued → sent, at most once. None: not ours, or not any more."""
    now = timezone.now()
    with publishing() as changes:
        run = (
            CommandRun.objects.select_related("station", "charger", "connector")
            .filter(pk=run_pk, status=RunStatus.QUEUED)
            .first()
        )
        connection = Connection.objects.filter(pk=connection_pk, closed_at__isnull=True).first()
        if run is None or connection is None or connection.station_id != run.station_id:
            return None
        command, target = BY_SLUG[run.command], targets.of_run(run)
        version = versions.by_name(connection.protocol)
        requests = (
            command.requests(version, target, run.params)
            if version is not None and command.supports(version)
            else ()
        )
        if not requests:
            move(
                run,
                RunStatus.UNSUPPORTED,
                _("There is nothing to ask: the station has no such connector."),
                at=now,
                changes=changes,
            )
            return None
        moved = move(
            run,
            RunStatus.SENT,
            _("Sent; the station has not answered yet."),
            at=now,
            changes=changes,
            sent_at=now,
            connection=connection,
            protocol=connection.protocol,
            attempts=run.attempts + 1,
            next_attempt_at=None,
            calls=len(requests),
            # What is never sent again needs its secrets no more.
            params=run.params if command.resend else masking.payload(run.params),
            answers=[],
            deadline_at=now + timedelta(seconds=run.answer_timeout_s),
        )
        if not moved:
            return None
        calls = _log_calls(run, connection, requests, now)
    return Claimed(run.pk, run.command, calls, run.answer_timeout_s)


def claim_nudge(*, run_pk: int, connection_pk: int) -> Claimed | None:
    """The calls that ask the station to report what a run waits to see."""
    run = (
        CommandRun.objects.awaiting_effect()
        .select_related("station", "charger", "connector")
        .filter(pk=run_pk)
        .first()
    )
    connection = Connection.objects.filter(pk=connection_pk, closed_at__isnull=True).first()
    version = versions.by_name(connection.protocol) if connection else None
    if run is None or connection is None or version is None:
        return None
    requests = BY_SLUG[run.command].nudge(version, targets.of_run(run), run.params)
    with transaction.atomic():
        calls = _log_calls(run, connection, requests, timezone.now())
    return Claimed(run.pk, run.command, calls, run.answer_timeout_s, is_nudge=True)


def _log_calls(
    run: CommandRun, connection: Connection, requests: tuple[Request, ...], at: datetime
) -> tuple[OutgoingCall, ...]:
    """Log what is about to be sent, so that an answer finds its run whatever happens."""
    ids = [str(uuid.uuid4()) for _request in requests]
    rows = OcppMessage.objects.bulk_create(
        OcppMessage(
            station_id=run.station_id,
            connection_id=connection.pk,
            run=run,
            is_from_station=False,
            action=request.action,
            unique_id=unique_id,
            call=masking.frame([2, unique_id, request.action, request.payload]),
            called_at=at,
        )
        for unique_id, request in zip(ids, requests, strict=True)
    )
    return tuple(
        OutgoingCall(
            row.unique_id, request.action, request.payload, row.pk, request.may_break_schema
        )
        for row, request in zip(rows, requests, strict=True)
    )


def cancel(*, run: CommandRun, user: User | None) -> CommandRun | None:
    """Take back what can be: a queued run ends here; a scheduled one is withdrawn at the station.

    Returns the run that asks the station to withdraw, None where no asking was needed.
    Raises ValueError with a sentence when it is too late.
    """
    now = timezone.now()
    with publishing() as changes:
        run.refresh_from_db()
        if run.status == RunStatus.QUEUED:
            who = user.get_username() if user else _("the system")
            cause = _("Cancelled by %(user)s before it was sent.") % {"user": who}
            if move(run, RunStatus.CANCELLED, cause, at=now, changes=changes):
                return None
    command = BY_SLUG[run.command]
    params: dict[str, Any] | None = command.withdrawal(run.params)
    if run.status != RunStatus.SCHEDULED or params is None:
        raise ValueError(_("This request can't be cancelled any more: it was sent."))
    return submit(
        command=command,
        target=targets.of_run(run),
        params=params,
        user=user,
        options=Options(reason=_("Withdraws request %(run)s") % {"run": run.pk}),
    )


def is_cancellable(run: CommandRun) -> bool:
    """Whether `cancel` can do anything."""
    if run.status == RunStatus.QUEUED:
        return True
    withdrawal = BY_SLUG[run.command].withdrawal(run.params)
    return run.status == RunStatus.SCHEDULED and withdrawal is not None
