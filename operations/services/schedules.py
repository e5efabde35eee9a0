"""What is asked again and again: a schedule makes a batch each time."""

import zoneinfo
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import sealing
from operations.commands import BY_SLUG
from operations.commands.base import Command, Params, TargetKind
from operations.models import BatchSchedule, CommandBatch, User
from operations.models.audit import ActorKind, Deed
from operations.services import auditing, batches
from operations.services import terms as batch_terms
from operations.services.auditing import Actor
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import Role

# A time that was missed by more than this (the portal was down) is left out.
LATEST = timedelta(hours=1)
ANY_DAY = "0123456"


def create(  # noqa: PLR0913
    *,
    command: Command,
    selection: Selection,
    params: Params,
    user: User | None,
    at: time,
    weekdays: str = ANY_DAY,
    time_zone: str = "UTC",
    until: datetime | None = None,
    expires_after_s: int | None = None,
    waits_for_offline_s: int | None = None,
    terms: Terms | None = None,
    form_key: UUID | None = None,
) -> BatchSchedule:
    """Ask these at this time of day, on these days of the week (Monday is 0).

    The very stations, chargers or connectors chosen now are asked each time. Raises ValueError
    with a sentence where it would never be time, or makes no sense for the command.
    """
    terms = terms or Terms()
    if waits_for_offline_s is not None and not command.may_wait:
        raise ValueError(
            _('"%(command)s" can only be asked of stations that are connected.')
            % {"command": command.label}
        )
    shown, sealed = sealing.seal_params(params)
    schedule = BatchSchedule(
        **terms.pacing(command),
        organisation_id=user.organisation_id if user and not user.sees_whole_network else None,
        command=command.slug,
        params=shown,
        sealed=sealed,
        reason=terms.reason[:200],
        target_kind=selection.kind.value,
        target_pks=list(selection.targets.order_by("pk").values_list("pk", flat=True)),
        created_by=user,
        created_at=timezone.now(),
        form_key=form_key,
        at=at,
        weekdays="".join(sorted(set(weekdays) & set(ANY_DAY))),
        time_zone=time_zone,
        until=until,
        expires_after_s=expires_after_s,
        waits_for_offline_s=waits_for_offline_s,
    )
    schedule.next_at = next_time(schedule, timezone.now())
    if schedule.next_at is None:
        raise ValueError(_("It would never be time: choose a day of the week, and a later end."))
    with transaction.atomic():
        schedule.save()
        auditing.note(Deed.CREATED, schedule, detail=schedule.reason)
    return schedule


def next_time(schedule: BatchSchedule, after: datetime) -> datetime | None:
    """When it is time again, None when never more."""
    zone = zoneinfo.ZoneInfo(schedule.time_zone)
    today = after.astimezone(zone).date()
    for days in range(8):
        day = today + timedelta(days=days)
        due = datetime.combine(day, schedule.at, tzinfo=zone)
        if str(day.weekday()) in schedule.weekdays and due > after:
            return due if schedule.until is None or due <= schedule.until else None
    return None


def pause(*, schedule: BatchSchedule, user: User | None) -> None:
    """Make no more batches for now."""
    _set(schedule, Deed.PAUSED, is_paused=True, next_at=None)


def resume(*, schedule: BatchSchedule, user: User | None) -> None:
    """Make batches again, from the next time on."""
    next_at = next_time(schedule, timezone.now())
    _set(schedule, Deed.RESUMED, is_paused=False, next_at=next_at)


@transaction.atomic
def delete(*, schedule: BatchSchedule, user: User | None) -> None:
    """Forget it; the batches it made stay."""
    auditing.note(Deed.DELETED, schedule)
    schedule.delete()


@transaction.atomic
def _set(schedule: BatchSchedule, deed: Deed, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(schedule, name, value)
    schedule.save(update_fields=list(fields))
    auditing.note(deed, schedule)


def spawn_due(*, now: datetime) -> list[CommandBatch]:
    """Make the batches whose time has come."""
    made = []
    due = BatchSchedule.objects.filter(next_at__lte=now, is_paused=False)
    for schedule in due.select_related("created_by"):
        with auditing.acting(auditing.schedule(str(schedule))):
            batch = _spawn(schedule, now)
        if batch is not None:
            made.append(batch)
    return made


def _spawn(schedule: BatchSchedule, now: datetime) -> CommandBatch | None:
    """One batch, once: whoever moves the schedule on makes it."""
    due = schedule.next_at
    with transaction.atomic():
        next_at = next_time(schedule, now)
        mine = BatchSchedule.objects.filter(pk=schedule.pk, next_at=due, is_paused=False)
        if due is None or not mine.update(next_at=next_at) or now - due > LATEST:
            return None
        command = BY_SLUG.get(schedule.command)
        if command is None or not _may(schedule.created_by, command.permission):
            return None
        params = sealing.unseal_params(schedule.params, schedule.sealed)
        with auditing.acting(Actor(ActorKind.SCHEDULE, who=str(schedule))):
            return batches.submit(
                command=command,
                selection=Selection.of_pks(TargetKind(schedule.target_kind), schedule.target_pks),
                params=params,
                user=schedule.created_by,
                terms=_terms(schedule, due),
                schedule=schedule,
            )


def _may(user: User | None, role: Role) -> bool:
    """Who has left, or lost the role, asks nothing any more; the system itself may."""
    return user is None or user.may(role)


def _terms(schedule: BatchSchedule, due: datetime) -> Terms:
    expires, waits = schedule.expires_after_s, schedule.waits_for_offline_s
    return batch_terms.of(
        schedule,
        reason=schedule.reason,
        expires_at=None if expires is None else due + timedelta(seconds=expires),
        waits_until=None if waits is None else due + timedelta(seconds=waits),
    )
