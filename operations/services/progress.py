"""Runs whose effect takes its time, moved on by what their stations report of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import Command
from operations.commands.following import Progress, Step
from operations.events import Evidence, Told
from operations.models import CommandRun
from operations.services import downloads
from operations.services.live import Changes, publishing
from operations.services.transitions import keep, move
from operations.statuses import AWAITING_EFFECT, CORRECTABLE, RunPhase, RunStatus

# How long after its end a station's reports may still correct a run: installing takes a night.
CORRECTION = timedelta(hours=24)

# A job that failed on its way may be taken up again; one that was refused never began.
_FAILED_ON_ITS_WAY = Q(status=RunStatus.FAILED) & ~Q(phase="")
# What it installed a boot may show to be another than was given.
_INSTALLED = Q(status=RunStatus.DONE, phase=RunPhase.INSTALLED)
_BEGUN = Q(status__in=[*AWAITING_EFFECT, *CORRECTABLE, RunPhase, RunStatus.SENT, RunStatus.DONE])


def is_followed(run: CommandRun) -> bool:
    """Whether reports may still move this run."""
    if not BY_SLUG[run.command].follows:
        return False
    status = RunStatus(run.status)
    failed_on_its_way = status == RunStatus.FAILED and bool(run.phase)
    is_installed = status == RunStatus.DONE and run.phase == RunPhase.INSTALLED
    waits = status in AWAITING_EFFECT | CORRECTABLE | {RunStatus.SENT}
    return waits or failed_on_its_way or is_installed


def is_final(run: CommandRun) -> bool:
    """Whether nothing that comes can change the run any more."""
    status = RunStatus(run.status)
    return not (status.is_open or status in CORRECTABLE or is_followed(run))


def followed_since(earliest: datetime) -> Q:
    """Closed runs that reports may still move, for a query that knows their commands."""
    ended = Q(status__in=CORRECTABLE) | _FAILED_ON_ITS_WAY | _INSTALLED
    return ended & Q(closed_at__gte=earliest)


def follow(*, runs: Sequence[CommandRun], told: Told, changes: Changes) -> None:
    """Move those of one station's runs on that it speaks of."""
    for slug in sorted({run.command for run in runs}):
        command = BY_SLUG[slug]
        mine = [run for run in runs if run.command == slug and is_followed(run)]
        run = _meant(command, mine, told) if isinstance(told.event, command.follows) else None
        if run is not None:
            take_step(run, told.event, at=told.heard_at, changes=changes)


def _meant(command: Command, runs: list[CommandRun], told: Told) -> CommandRun | None:
    """The run a report is about: the one it names, else the newest that was begun.

    OCPP 1.6 names none (§4.5); of an unknown number the portal knows nothing.
    """
    request_id = getattr(told.event, "request_id", None)
    if request_id is None:
        begun = CommandRun.objects.filter(
            _BEGUN | _FAILED_ON_ITS_WAY, station_id=told.station_id, command=command.slug
        ).exclude(sent_at=None)
        request_id = begun.order_by("-pk").values_list("pk", flat=True).first()
    return next((run for run in runs if run.pk == request_id), None)


def follow_run(*, run_pk: int, event: Evidence) -> None:
    """Something the portal itself saw says how far a run is."""
    with publishing() as changes:
        related = ("station", "charger", "connector")
        run = CommandRun.objects.select_related(*related).filter(pk=run_pk).first()
        if run is not None and is_followed(run):
            take_step(run, event, at=timezone.now(), changes=changes)


def take_step(run: CommandRun, event: Evidence, *, at: datetime, changes: Changes) -> None:
    """Move the run where the event says it is."""
    progress = progress_of(run, at=at)
    step = BY_SLUG[run.command].step(event, progress)
    if step is None:
        return
    if step.is_news(progress):
        _advance(run, step, progress, changes)
    elif run.status in AWAITING_EFFECT:
        _keep_waiting(run, progress, changes)


def progress_of(run: CommandRun, *, at: datetime) -> Progress:
    """The run as its command's steps take it."""
    return Progress(
        status=RunStatus(run.status),
        phase=run.phase,
        at=at,
        asked_at=run.sent_at or run.created_at,
        params=run.params,
        firmware_before=run.firmware_before,
        firmware_now=run.station.firmware_version,
        has_booted=_has_booted(run),
    )


def _has_booted(run: CommandRun) -> bool:
    booted_at, since = run.station.booted_at, run.phase_at
    return booted_at is not None and since is not None and booted_at > since


def due_at(run: CommandRun, progress: Progress) -> datetime:
    """When to worry about a run if nothing more is heard of it."""
    return BY_SLUG[run.command].due_at(progress, timedelta(seconds=run.effect_timeout_s))


def _advance(run: CommandRun, step: Step, progress: Progress, changes: Changes) -> None:
    ahead = replace(progress, status=step.status, phase=step.phase)
    move(
        run,
        step.status,
        str(step.sentence),
        at=progress.at,
        changes=changes,
        phase=step.phase,
        phase_at=progress.at if step.phase != progress.phase else run.phase_at,
        nudged_at=None,
        deadline_at=due_at(run, ahead),
    )
    downloads.finish(run=run, at=progress.at, changes=changes)


def _keep_waiting(run: CommandRun, progress: Progress, changes: Changes) -> None:
    """The same once more: no step, but the station is still at it. Floods of it write nothing."""
    due = due_at(run, progress)
    soon = progress.at + (due - progress.at) / 2
    if run.nudged_at is not None or run.deadline_at is None or run.deadline_at < soon:
        run.nudged_at, run.deadline_at = None, due
        keep(run, ["nudged_at", "deadline_at"], changes)
