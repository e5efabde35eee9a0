"""Drift: where stations have other settings than their templates say. Kept by station and key."""

import hashlib
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from operations import masking, variables
from operations.models import (
    AuthorizationProfile,
    DriftPass,
    SettingDrift,
    Station,
    StationSetting,
    User,
)
from operations.models.audit import Deed
from operations.models.settings import Mutability, SettingState
from operations.models.templates import DriftQuerySet, DriftState
from operations.services import auditing, desired, rows
from operations.services.desired import Wishes

CHUNK = 500  # stations compared at a time
BUDGET_S = 1.0  # of one look: the worker also sweeps each second
# Stations move to other sites, and get other names: all are compared again now and then.
RENEWED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Deviation:
    """A setting that is not as it should be."""

    key: str
    desired: str
    reported: str
    state: DriftState
    template_pk: int


@dataclass(slots=True)
class Standing:
    """How a station stands to its templates."""

    deviations: list[Deviation] = field(default_factory=list)
    wanted: int = 0  # settings its templates name
    unread: list[str] = field(default_factory=list)  # of those, what it was never asked for


def standings(stations: Sequence[Station], wishes: Wishes) -> dict[int, Standing]:
    """What differs at each of these stations, by what they last reported: one or two queries."""
    parts = desired.parts_of(stations) if wishes.has_bound else {}
    wanted = {each.pk: wishes.of(each, parts.get(each.pk, ())) for each in stations}
    told = _told(wanted.keys(), {key for keys in wanted.values() for key in keys})
    complete = _complete([pk for pk, keys in wanted.items() if keys])
    found = {}
    for pk, keys in wanted.items():
        standing = found[pk] = Standing(wanted=len(keys))
        for key, wish in keys.items():
            row = told.get((pk, key))
            if row is None and pk in complete and not masking.SECRET.search(key):
                row = ABSENT
            if row is None:
                standing.unread.append(key)
            elif (state := _state(row, wish.value)) is not None:
                reported = row.value if row.state == SettingState.REPORTED else ""
                standing.deviations.append(
                    Deviation(key, wish.value, reported, state, wish.template.pk)
                )
    return found


class _Told(NamedTuple):
    """What a station reported of a setting; a row of the model would be dear for a whole fleet."""

    value: str
    state: str
    mutability: str


# What a station did not name when it told all it has; passwords some never name.
ABSENT = _Told("", SettingState.MISSING, "")


def _complete(station_pks: Collection[int]) -> set[int]:
    """Those that have told all settings they have."""
    profiles = AuthorizationProfile.objects.filter(station__in=station_pks)
    told = profiles.filter(all_read_at__isnull=False) if station_pks else profiles.none()
    return set(told.values_list("station_id", flat=True))


def _told(station_pks: Collection[int], keys: set[str]) -> dict[tuple[int, str], _Told]:
    if not keys:
        return {}
    settings = StationSetting.objects.filter(
        station__in=station_pks, key__in=keys, attribute=variables.ACTUAL
    ).order_by()
    facts = settings.values_list("station_id", "key", "value", "state", "mutability")
    return {(station, key): _Told(*told) for station, key, *told in facts}


def _state(told: _Told, value: str) -> DriftState | None:
    """None: as it should be, or nobody can see."""
    if told.state != SettingState.REPORTED:
        return DriftState.MISSING
    if told.mutability == Mutability.WRITE_ONLY or variables.is_same(told.value, value):
        return None
    is_locked = told.mutability == Mutability.READ_ONLY
    return DriftState.READ_ONLY if is_locked else DriftState.DIFFERS


@transaction.atomic
def compare(*, station_pks: Sequence[int], wishes: Wishes, now: datetime) -> None:
    """Keep what differs at these stations; writes only what is news."""
    stations = list(Station.objects.filter(pk__in=station_pks))
    found = standings(stations, wishes)
    known = {
        (row.station_id, row.key): row
        for row in SettingDrift.objects.filter(station__in=station_pks)
    }
    fresh, changed = [], []
    for pk, standing in found.items():
        for each in standing.deviations:
            row = known.pop((pk, each.key), None)
            if row is None:
                fresh.append(_new(pk, each, now))
            elif _take(row, each, now):
                changed.append(row)
    # What is left is as it should be, or no longer wanted.
    gone = [row.pk for row in known.values()]
    SettingDrift.objects.filter(pk__in=gone).delete()
    SettingDrift.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=CHUNK)
    fields = ["template", "desired", "reported", "state", "since", "accepted_by"]
    rows.update(SettingDrift, changed, fields)


def _new(station_pk: int, each: Deviation, now: datetime) -> SettingDrift:
    return SettingDrift(
        station_id=station_pk,
        key=each.key,
        template_id=each.template_pk,
        desired=each.desired,
        reported=each.reported,
        state=each.state,
        since=now,
    )


def _take(row: SettingDrift, each: Deviation, now: datetime) -> bool:
    """Bring a row up to date; whether it changed. What was accepted was accepted as it was."""
    is_same = row.desired == each.desired and variables.is_same(row.reported, each.reported)
    was_accepted = row.state == DriftState.ACCEPTED
    state = row.state if was_accepted and is_same else each.state
    if is_same and row.template_id == each.template_pk and row.state == state:
        return False
    if was_accepted and not is_same:
        row.since, row.accepted_by = now, None
    row.template_id, row.desired, row.reported = each.template_pk, each.desired, each.reported
    row.state = state
    return True


def settings_read(*, station_pk: int, keys: Collection[str] | None) -> None:
    """A station told settings, or all it has (None): compare it, if a template is about them."""
    now = timezone.now()
    wishes = desired.wishes(now)
    if wishes.templates and (keys is None or wishes.may_touch(keys)):
        compare(station_pks=[station_pk], wishes=wishes, now=now)


def catch_up() -> None:
    """Compare the whole fleet when templates have changed, begun or ended: a bit at a time."""
    now = timezone.now()
    wishes = desired.wishes(now)
    progress, _is_new = DriftPass.objects.get_or_create(pk=1)
    if _is_due(progress, _fingerprint(wishes), now):
        progress.templates, progress.cursor = _fingerprint(wishes), 0
    elif progress.cursor is None:
        return
    ends = time.monotonic() + BUDGET_S
    while progress.cursor is not None:
        _compare_next(progress, wishes, now)
        if time.monotonic() >= ends:
            break
    progress.save()


def _is_due(progress: DriftPass, templates: str, now: datetime) -> bool:
    if progress.templates != templates:
        return True
    finished_at = progress.finished_at
    return progress.cursor is None and (finished_at is None or finished_at < now - RENEWED)


def _compare_next(progress: DriftPass, wishes: Wishes, now: datetime) -> None:
    if not wishes.templates:
        SettingDrift.objects.all().delete()
        progress.cursor, progress.finished_at = None, now
        return
    after = Station.objects.filter(pk__gt=progress.cursor).order_by("pk")
    pks = list(after.values_list("pk", flat=True)[:CHUNK])
    if pks:
        compare(station_pks=pks, wishes=wishes, now=now)
        progress.cursor = pks[-1]
    else:
        progress.cursor, progress.finished_at = None, now


def _fingerprint(wishes: Wishes) -> str:
    """Another one as soon as anything about the templates in force is another."""
    facts = [
        [
            template.pk,
            template.priority,
            template.organisation_id,
            template.site_id,
            template.protocol,
            template.vendor,
            template.model,
            [[one.bound_to, one.key, one.value] for one in template.settings.all()],
        ]
        for template in wishes.templates
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@transaction.atomic
def accept(*, drift: DriftQuerySet, user: User) -> int:
    """Leave these as they are, until they or their template change again."""
    found = list(drift.open().select_related("station").order_by())
    for start in range(0, len(found), rows.CHUNK):
        pks = [row.pk for row in found[start : start + rows.CHUNK]]
        SettingDrift.objects.filter(pk__in=pks).update(state=DriftState.ACCEPTED, accepted_by=user)
    if found:
        one = found[0]
        words = ngettext(
            "%(count)d setting accepted as it is: %(key)s",
            "%(count)d settings accepted as they are, such as %(key)s",
            len(found),
        ) % {"key": one.key, "count": len(found)}
        station = one.station if len({row.station_id for row in found}) == 1 else None
        auditing.note(
            Deed.CHANGED,
            station,
            name="" if station else words,
            detail=words if station else "",
        )
    return len(found)
