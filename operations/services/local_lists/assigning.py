"""Lists and who is to hold them: stations named one by one, or all of a site."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from operations.models import LocalList, Site, Station, StationList, Token
from operations.models.audit import Deed
from operations.models.local_lists import ListSource
from operations.services import auditing, rows
from operations.services.live import publishing
from operations.services.local_lists import revisions, states


@transaction.atomic
def save(*, local_list: LocalList, sites: Sequence[Site], tokens: Iterable[Token]) -> None:
    """Keep a list with what its form says, and have its sites' stations follow."""
    before = auditing.stored(local_list)
    local_list.stale_at = timezone.now()
    local_list.save()
    local_list.sites.set(sites)
    local_list.tokens.set(tokens if local_list.source == ListSource.CHOSEN else [])
    if before is None:
        auditing.note(Deed.CREATED, local_list)
    else:
        changes = auditing.difference(before, local_list)
        auditing.note(Deed.CHANGED, local_list, changes=changes)
    follow_sites()
    revisions.refresh(local_list)
    states.refresh(StationList.objects.filter(local_list=local_list))


@transaction.atomic
def delete(*, local_list: LocalList) -> None:
    """Forget a list; what stations hold stays there until another one is sent."""
    auditing.note(Deed.DELETED, local_list)
    station_pks = list(local_list.copies.values_list("station_id", flat=True))
    local_list.copies.update(is_own=False)
    local_list.delete()
    states.refresh(StationList.objects.filter(station__in=station_pks))


def assign(*, local_list: LocalList | None, station_pks: Collection[int]) -> int:
    """Have these stations hold this list; none: that of their site, if it has one."""
    with publishing() as changes:
        _make_copies(station_pks)
        copies = StationList.objects.filter(station__in=station_pks)
        copies.update(local_list=local_list, is_own=local_list is not None)
        if local_list is None:
            follow_sites()
        else:
            revisions.refresh(local_list)
        states.refresh(StationList.objects.filter(station__in=station_pks))
        for pk in station_pks:
            changes.add("station", pk)
        for station in Station.objects.filter(pk__in=station_pks):
            name = local_list.name if local_list else None
            auditing.note(Deed.CHANGED, station, changes={"local_list": [None, name]})
    return len(station_pks)


def _make_copies(station_pks: Collection[int]) -> None:
    held = set(
        StationList.objects.filter(station__in=station_pks).values_list("station_id", flat=True)
    )
    missing = [StationList(station_id=pk) for pk in station_pks if pk not in held]
    StationList.objects.bulk_create(missing, batch_size=500, ignore_conflicts=True)


def follow_sites() -> int:
    """Give the stations of sites their site's list: also those that came to one since."""
    links = LocalList.sites.through.objects
    of_site = links.filter(site=OuterRef("site")).order_by("locallist_id").values("locallist")
    wanting = (
        Station.objects.filter(site__in=links.values("site"))
        .exclude(held_list__is_own=True)
        .annotate(wanted=Subquery(of_site[:1]))
    )
    changed = wanting.filter(
        Q(held_list=None) | Q(held_list__local_list=None) | ~Q(held_list__local_list=F("wanted"))
    )
    moved: dict[int, int | None] = dict(changed.order_by().values_list("pk", "wanted"))
    followers = StationList.objects.filter(is_own=False, local_list__isnull=False)
    left = followers.exclude(station__site__in=links.values("site"))
    moved |= dict.fromkeys(left.order_by().values_list("station_id", flat=True))
    if moved:
        _give(moved)
    return len(moved)


@transaction.atomic
def _give(moved: dict[int, int | None]) -> None:
    _make_copies(moved)
    pks = sorted(moved)
    for start in range(0, len(pks), rows.CHUNK):
        copies = list(StationList.objects.filter(station__in=pks[start : start + rows.CHUNK]))
        for copy in copies:
            copy.local_list_id = moved[copy.station_id]
        rows.update(StationList, copies, ["local_list"])
        states.refresh(StationList.objects.filter(pk__in=[copy.pk for copy in copies]))
