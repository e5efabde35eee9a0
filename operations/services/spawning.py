"""Makes the batches of schedules whose time has come. Called each second by the sweeper."""

from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from operations import sealing
from operations.commands import BY_SLUG
from operations.commands.base import Command, TargetKind
from operations.models import BatchSchedule, CommandBatch, User
from operations.models.audit import ActorKind
from operations.services import auditing, batches, rows, schedules
from operations.services import terms as batch_terms
from operations.services.auditing import Actor
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import Role

# A time that was missed by more than this (the portal was down) is left out.
LATEST = timedelta(hours=1)


class Choose(Protocol):
    """Finds what a filter finds now, as far as this user sees it."""

    def __call__(self, *, source: str, query: str, user: User, command: Command) -> Selection:
        """The targets; none where there is no such list any more."""


def spawn_due(*, now: datetime) -> list[CommandBatch]:
    """Make the batches whose time has come."""
    made = []
    due = BatchSchedule.objects.filter(next_at__lte=now, is_paused=False)
    # Mostly none: the keys alone are quicker to ask for.
    for schedule in rows.load(BatchSchedule, list(due.values_list("pk", flat=True))):
        with auditing.acting(auditing.schedule(str(schedule))):
            batch = _spawn(schedule, now)
        if batch is not None:
            made.append(batch)
    return made


def _spawn(schedule: BatchSchedule, now: datetime) -> CommandBatch | None:
    """One batch, once: whoever moves the schedule on makes it."""
    due = schedule.next_at
    with transaction.atomic():
        next_at = schedules.next_time(schedule, now)
        mine = BatchSchedule.objects.filter(pk=schedule.pk, next_at=due, is_paused=False)
        if due is None or not mine.update(next_at=next_at) or now - due > LATEST:
            return None
        command = BY_SLUG.get(schedule.command)
        if command is None or not _may(schedule, command.permission):
            return None
        with auditing.acting(Actor(ActorKind.SCHEDULE, who=str(schedule))):
            return batches.submit(
                command=command,
                selection=_selection(schedule, command),
                params=sealing.unseal_params(schedule.params, schedule.sealed),
                user=schedule.created_by,
                terms=_terms(schedule, due),
                schedule=schedule,
            )


def _selection(schedule: BatchSchedule, command: Command) -> Selection:
    """Those chosen once and for all, or whoever the filter finds now."""
    kind = TargetKind(schedule.target_kind)
    if not schedule.is_chosen_anew or schedule.created_by is None:
        return Selection.of_pks(kind, schedule.target_pks)
    # Filters belong to the pages, which services don't know: the settings name who looks.
    choose: Choose = import_string(settings.EVCHARGE_CHOOSER)
    found = choose(
        source=schedule.source,
        query=schedule.filter,
        user=schedule.created_by,
        command=command,
    )
    return found if found.kind == kind else Selection.of_pks(kind, ())


def _may(schedule: BatchSchedule, role: Role) -> bool:
    """Who has left, or lost the role, asks nothing any more; the system itself may."""
    user = schedule.created_by
    return not schedule.is_chosen_anew if user is None else user.may(role)


def _terms(schedule: BatchSchedule, due: datetime) -> Terms:
    expires, waits = schedule.expires_after_s, schedule.waits_for_offline_s
    return batch_terms.of(
        schedule,
        reason=schedule.reason,
        expires_at=None if expires is None else due + timedelta(seconds=expires),
        waits_until=None if waits is None else due + timedelta(seconds=waits),
    )
