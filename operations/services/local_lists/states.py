"""How a station's copy of its list stands, told from what it confirmed and what it reports."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from operations.models import ListRevision, StationList
from operations.models.local_lists import SENDABLE, ListState
from operations.services import rows

RELATED = ("station", "local_list__revision")


def judge(copy: StationList) -> ListState:
    """The state; what makes sending pointless comes first."""
    if copy.is_enabled is False:
        return ListState.DISABLED
    if copy.is_supported is False or copy.reported_version == -1:
        return ListState.UNSUPPORTED
    desired = copy.local_list.revision if copy.local_list else None
    if copy.local_list is None:
        return ListState.UNASSIGNED
    if desired is not None and is_too_long(copy, desired):
        return ListState.TOO_MANY
    return _compare(copy, desired)


def is_too_long(copy: StationList, desired: ListRevision) -> bool:
    """Whether the station says it has no room for so many."""
    most = copy.most_entries
    return most is not None and desired.size_for(copy.station.protocol) > most


def _compare(copy: StationList, desired: ListRevision | None) -> ListState:
    if copy.revision_id is None:
        return ListState.NEVER
    if not copy.is_in_doubt and copy.reported_version not in {None, copy.version}:
        return ListState.CHANGED
    if copy.applied is not None:
        return ListState.PARTLY
    is_same = desired is not None and copy.revision_id == desired.pk
    is_same = is_same and copy.protocol == copy.station.protocol
    return ListState.IN_STEP if is_same and not copy.is_in_doubt else ListState.BEHIND


def settle(copy: StationList, now: datetime) -> None:
    """Give the copy its state, and what follows: when to send without being asked."""
    copy.state = judge(copy)
    wants = copy.state in SENDABLE and copy.local_list is not None and copy.local_list.syncs
    if not wants:
        copy.next_sync_at = None
    elif copy.next_sync_at is None:
        copy.next_sync_at = now


def refresh(copies: QuerySet[StationList]) -> None:
    """The same for many, after their list has changed: at once due again."""
    now = timezone.now()
    found = list(copies.select_related(*RELATED))
    for copy in found:
        copy.next_sync_at = None
        settle(copy, now)
    save(found)


def save(copies: Iterable[StationList]) -> None:
    """Write states, in one statement."""
    rows.update(StationList, list(copies), ["state", "next_sync_at"])
