"""What happens to lists by itself: made anew when tokens change, and sent where that is wanted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.commands.send_local_list import NEEDED
from operations.models import CommandRun, LocalList, StationList
from operations.services import auditing, batches, rows, runs, targets
from operations.services.local_lists import revisions
from operations.services.runs import Options
from operations.services.selections import Selection
from operations.services.terms import Terms

# Tokens change in bursts: a list is made anew when they have been quiet for a moment.
QUIET = timedelta(seconds=2)
# A station that did not take its list is not asked again at once.
REST = timedelta(hours=1)
MOST = 1_000
SLUG = "send-local-list"


def keep_up(*, now: datetime) -> None:
    """Make stale lists anew, and send what is due. Called by the sweeper."""
    due = Q(stale_at__lte=now - QUIET) | Q(next_expiry_at__lte=now)
    stale = LocalList.objects.filter(due).order_by("pk").values_list("pk", flat=True)
    for local_list in rows.load(LocalList, list(stale)):
        revisions.refresh(local_list)
    send_due(now=now)


def send_due(*, now: datetime) -> int:
    """Send to connected stations that are behind, where their list says so."""
    behind = StationList.objects.filter(next_sync_at__lte=now)
    if not behind.exists():
        return 0  # as nearly always: the sweeper looks each second
    is_asked = CommandRun.objects.open().filter(station=OuterRef("station"), command=SLUG)
    due = behind.filter(~Exists(is_asked), station__connected_at__isnull=False).order_by("pk")
    copies = list(due.select_related("station")[:MOST])
    if not copies:
        return 0
    with transaction.atomic(), auditing.acting(auditing.schedule(_("Local lists"))):
        pks = [copy.pk for copy in copies]
        StationList.objects.filter(pk__in=pks).update(next_sync_at=now + REST)
        _send(copies)
    return len(copies)


def _send(copies: list[StationList]) -> None:
    command, params = BY_SLUG[SLUG], {"mode": NEEDED}
    reason = _("Sent automatically: the station is behind.")
    if len(copies) == 1:
        runs.submit(
            command=command,
            target=targets.of_station(copies[0].station),
            params=params,
            options=Options(reason=reason),
        )
        return
    batches.submit(
        command=command,
        selection=Selection.of_pks(TargetKind.STATION, [copy.station_id for copy in copies]),
        params=params,
        user=None,
        terms=Terms(reason=reason),
    )
