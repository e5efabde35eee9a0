"""What is asked again and again: a schedule makes a batch each time."""

import zoneinfo
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import sealing
from operations.commands.base import Command, Params
from operations.models import BatchSchedule, User
from operations.models.audit import Deed
from operations.services import auditing
from operations.services.selections import Selection
from operations.services.terms import Terms

ANY_DAY = "0123456"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a schedule asks; its fields are the model's."""

    at: time
    weekdays: str = ANY_DAY  # Monday is 0
    time_zone: str = "UTC"
    until: datetime | None = None
    expires_after_s: int | None = None
    waits_for_offline_s: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """All that a list's filter finds: the list's name in addresses, and its query."""

    source: str
    query: str


def create(  # noqa: PLR0913
    *,
    command: Command,
    selection: Selection,
    params: Params,
    user: User | None,
    plan: Plan,
    anew: Filter | None = None,
    terms: Terms | None = None,
    form_key: UUID | None = None,
) -> BatchSchedule:
    """Ask these again and again; with `anew`, whoever the filter finds each time.

    Raises ValueError with a sentence where it would never be time, or makes no sense for the
    command.
    """
    terms = terms or Terms()
    _check(command, plan, anew, user)
    shown, sealed = sealing.seal_params(params)
    schedule = BatchSchedule(
        **terms.pacing(command),
        **asdict(plan),
        **_whom(selection, anew),
        organisation_id=user.organisation_id if user and not user.sees_whole_network else None,
        command=command.slug,
        params=shown,
        sealed=sealed,
        reason=terms.reason[:200],
        created_by=user,
        created_at=timezone.now(),
        form_key=form_key,
    )
    schedule.weekdays = "".join(sorted(set(plan.weekdays) & set(ANY_DAY)))
    schedule.next_at = next_time(schedule, timezone.now())
    if schedule.next_at is None:
        raise ValueError(_("It would never be time: choose a day of the week, and a later end."))
    with transaction.atomic():
        schedule.save()
        auditing.note(Deed.CREATED, schedule, detail=schedule.reason)
    return schedule


def _check(command: Command, plan: Plan, anew: Filter | None, user: User | None) -> None:
    if plan.waits_for_offline_s is not None and not command.may_wait:
        raise ValueError(
            _('"%(command)s" can only be asked of stations that are connected.')
            % {"command": command.label}
        )
    if anew is not None and user is None:
        raise ValueError(_("A filter finds what a person sees: somebody has to ask."))


def _whom(selection: Selection, anew: Filter | None) -> dict[str, Any]:
    if anew is not None:
        return {"target_kind": selection.kind.value, "source": anew.source, "filter": anew.query}
    pks = selection.targets.order_by("pk").values_list("pk", flat=True)
    return {"target_kind": selection.kind.value, "target_pks": list(pks)}


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
