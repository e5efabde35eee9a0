"""From the click to the frame: submit, claim, cancel."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import sealing, versions
from operations.commands import BY_SLUG, patience
from operations.commands.base import Command, Params, Request, Target
from operations.models import CommandBatch, CommandRun, Connection, OcppMessage, RunTransition, User
from operations.models.audit import Deed
from operations.services import auditing, calls, connections, rows, targets, transfers
from operations.services.bundles import Bundle, bundling
from operations.services.calls import Claimed
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
    station, now = target.station, timezone.now()
    with publishing() as changes:
        hindrance = obstacle(command=command, target=target)
        shown, sealed = sealing.seal_params(params)
        run = CommandRun(
            batch=batch,
            command=command.slug,
            station=station,
            charger=target.charger,
            connector=target.connector,
            params=shown,
            sealed="" if hindrance else sealed,
            reason=options.reason[:200],
            status=hindrance.status if hindrance else RunStatus.QUEUED,
            summary=hindrance.sentence[:300] if hindrance else _("Waiting to be sent."),
            created_by=user,
            created_at=now,
            released_at=None if hindrance else now,
            closed_at=now if hindrance else None,
            deadline_at=None if hindrance else now + timedelta(seconds=QUEUE_S),
            max_attempts=options.max_attempts if command.resend else 1,
            answer_timeout_s=patience.answer_s(command, station, options.answer_timeout_s),
            effect_timeout_s=patience.effect_s(command, station, options.effect_timeout_s),
        )
        rows.add(run)
        cause = run.summary or _("Asked.")
        asked = RunTransition(run=run, at=now, to_status=run.status, cause=cause)
        rows.insert(RunTransition, [asked])
        tell_browsers(run, changes)
        if batch is None:
            _note_asked(run, command, target)
        if hindrance is None:
            announce({run.pk: run.station_id})
    return run


def _note_asked(run: CommandRun, command: Command, target: Target) -> None:
    """Who asked for it goes into the audit log; a batch is one entry, not one for each run."""
    asked = {name: [None, value] for name, value in run.params.items() if value not in (None, "")}
    title = command.title(target, run.params)
    auditing.note(Deed.ASKED, run, changes=asked, detail=run.reason, name=title)


def release(waiting: Mapping[int, int], *, now: datetime, jitter_s: int = 0) -> None:
    """Let these held runs be sent (their stations, by run): at once, or spread over a while."""
    still = CommandRun.objects.held()
    summary = _("Waiting to be sent.")
    if not jitter_s:
        deadline = now + timedelta(seconds=QUEUE_S)
        still.filter(pk__in=list(waiting)).update(
            released_at=now, deadline_at=deadline, summary=summary
        )
        announce(waiting, can_wait=True)
        return
    for pk in waiting:
        at = now + timedelta(seconds=random.uniform(0, jitter_s))  # noqa: S311  nobody's secret
        still.filter(pk=pk).update(
            released_at=now,
            next_attempt_at=at,
            deadline_at=at + timedelta(seconds=QUEUE_S),
            summary=summary,
        )


def announce(waiting: Mapping[int, int], *, can_wait: bool = False) -> None:
    """Tell connections, once this transaction is committed, of runs that wait for them.

    `waiting` has the runs' stations by run. Those of a batch can wait for a single click.
    """
    how = {"can_wait": True} if can_wait else {}
    names = connections.channel_names_of(station_pks=set(waiting.values()))
    told = [
        (names[station_pk], {"type": "command.run", "run": run_pk, **how})
        for run_pk, station_pk in waiting.items()
        if station_pk in names
    ]
    transaction.on_commit(partial(switchboard.tell_all, told))


def claim(*, run_pk: int, connection_pk: int) -> Claimed | None:
    """Make the run ours to send: queued → sent, at most once. None: not ours, or not any more."""
    return claim_all([(run_pk, connection_pk)])[0]


def claim_all(asked: Sequence[tuple[int, int]]) -> list[Claimed | None]:
    """The same for many (run, connection), in a few statements."""
    now = timezone.now()
    with bundling() as bundle:
        held = bundle.load([run_pk for run_pk, _connection_pk in asked])
        wanted = {connection_pk for _run_pk, connection_pk in asked}
        sockets = {socket.pk: socket for socket in rows.load(Connection, wanted)}
        messages: list[OcppMessage] = []
        claimed = [
            _claim(held.get(run_pk), sockets.get(connection_pk), messages, now, bundle)
            for run_pk, connection_pk in asked
        ]
        rows.insert(OcppMessage, messages)
    return claimed


def _claim(
    run: CommandRun | None,
    connection: Connection | None,
    messages: list[OcppMessage],
    now: datetime,
    bundle: Bundle,
) -> Claimed | None:
    if run is None or connection is None or connection.closed_at is not None:
        return None
    if connection.station_id != run.station_id:
        return None
    if run.status != RunStatus.QUEUED or run.is_held:
        return None
    requests = _requests(run, connection, now, bundle)
    if not requests:
        return None
    command = BY_SLUG[run.command]
    moved = move(
        run,
        RunStatus.SENT,
        _("The station has not answered yet."),
        at=now,
        changes=bundle,
        sent_at=now,
        firmware_before=run.station.firmware_version,
        connection=connection,
        protocol=connection.protocol,
        attempts=run.attempts + 1,
        next_attempt_at=None,
        calls=len(requests),
        continued_at=None,
        # What is never sent again needs its secrets no more.
        sealed=run.sealed if command.resend else "",
        answers=[],
        deadline_at=now + timedelta(seconds=run.answer_timeout_s),
    )
    if not moved:
        return None
    outgoing = calls.word(run, requests, connection_pk=connection.pk, at=now)
    messages += outgoing.messages
    return Claimed(run.pk, run.command, outgoing.calls, run.answer_timeout_s)


def _requests(
    run: CommandRun, connection: Connection, now: datetime, bundle: Bundle
) -> tuple[Request, ...]:
    """What to ask, in the words of the connection's version; the run ends where there is none."""
    command = BY_SLUG[run.command]
    version = versions.by_name(connection.protocol)
    try:
        params = transfers.resolve(run=run, params=_to_send(run))
    except sealing.UnsealableError:
        why = _("The portal's keys have changed: its secrets can't be read. Ask again.")
        move(run, RunStatus.FAILED, why, at=now, changes=bundle)
        return ()
    except transfers.ImageGoneError:
        why = _("The firmware image was deleted. Choose another one, and ask again.")
        move(run, RunStatus.FAILED, why, at=now, changes=bundle)
        return ()
    if version is not None and command.supports(version):
        requests = command.requests(version, bundle.target_of(run), params)
        if requests:
            return requests
    why = _("There is nothing to ask: the station has no such connector.")
    move(run, RunStatus.UNSUPPORTED, why, at=now, changes=bundle)
    return ()


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
    requests = BY_SLUG[run.command].nudge(version, targets.of_run(run), calls.with_request_id(run))
    outgoing = calls.word(run, requests, connection_pk=connection.pk, at=timezone.now())
    with transaction.atomic():
        outgoing.keep()
    return Claimed(run.pk, run.command, outgoing.calls, run.answer_timeout_s, is_nudge=True)


def _to_send(run: CommandRun) -> Params:
    """What goes on the wire, secrets and all. Raises sealing.UnsealableError."""
    return {**calls.with_request_id(run), **sealing.unseal_params({}, run.sealed)}


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
            cause = _("Cancelled by %(user)s before it was sent.")
            if run.attempts:
                cause = _("Cancelled by %(user)s before it was sent again.")
            if move(run, RunStatus.CANCELLED, cause % {"user": who}, at=now, changes=changes):
                auditing.note(Deed.CANCELLED, run)
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
