"""One click asks once, however often the browser sends it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from operations import masking
from operations.commands.base import Command, Params, Target
from operations.models import BatchSchedule, CommandBatch, CommandRun, User
from operations.services import batches, runs, schedules
from operations.services.runs import Options

Row = TypeVar("Row", bound=Model)

# A form sent again later than this is meant: somebody went back to it to ask once more.
REPEAT = timedelta(minutes=1)


@transaction.atomic
def submit_once(
    *,
    command: Command,
    target: Target,
    params: Params,
    user: User,
    options: Options,
    form_opened_at: datetime | None,
) -> CommandRun:
    """Submit, unless this form did so a moment ago: then that run is the answer.

    A double click sends the same form twice at once. The same question from the same person,
    asked since the form was opened, can only be that.
    """
    _wait_for_other_clicks(user)
    earlier = _asked_already(command, target, params, user, form_opened_at)
    if earlier is not None:
        return earlier
    return runs.submit(command=command, target=target, params=params, user=user, options=options)


def _wait_for_other_clicks(user: User) -> None:
    """Two requests of one person go one after the other; SQLite has one writer anyway."""
    if connection.features.has_select_for_update:
        User.objects.select_for_update().values_list("pk").get(pk=user.pk)


def _asked_already(
    command: Command, target: Target, params: Params, user: User, since: datetime | None
) -> CommandRun | None:
    if since is None:
        return None
    same = CommandRun.objects.filter(
        created_by=user,
        command=command.slug,
        station=target.station,
        charger=target.charger,
        connector=target.connector,
        created_at__gte=max(since, timezone.now() - REPEAT),
    )
    asked = masking.payload(params)  # what was sent is kept masked
    return next((run for run in same if masking.payload(run.params) == asked), None)


def submit_many_once(*, form_key: UUID, user: User, **asked: Any) -> CommandBatch:
    """`batches.submit`, unless this form did so already: then that batch is the answer."""
    earlier = CommandBatch.objects.filter(form_key=form_key, created_by=user)
    return _once(earlier, lambda: batches.submit(user=user, form_key=form_key, **asked))


def schedule_once(*, form_key: UUID, user: User, **asked: Any) -> BatchSchedule:
    """`schedules.create`, likewise."""
    earlier = BatchSchedule.objects.filter(form_key=form_key, created_by=user)
    return _once(earlier, lambda: schedules.create(user=user, form_key=form_key, **asked))


def _once(earlier: QuerySet[Row], make: Callable[[], Row]) -> Row:
    row = earlier.first()
    if row is not None:
        return row
    try:
        return make()
    except IntegrityError:
        # The other click was quicker while this one judged thousands.
        return earlier.get()
