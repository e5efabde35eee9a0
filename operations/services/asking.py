"""One click asks once, however often the browser sends it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from operations import masking
from operations.commands.base import Command, Params, Target
from operations.models import CommandRun, User
from operations.services import runs
from operations.services.runs import Options

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
    # Two requests of one person wait for each other here (SQLite has one writer anyway).
    User.objects.select_for_update().get(pk=user.pk)
    earlier = _asked_already(command, target, params, user, form_opened_at)
    if earlier is not None:
        return earlier
    return runs.submit(command=command, target=target, params=params, user=user, options=options)


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
