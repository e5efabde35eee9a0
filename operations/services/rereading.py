"""Reads settings when a station has booted: those a change waits for, or all of a new one."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from operations import masking
from operations.commands import BY_SLUG
from operations.commands.base import Params
from operations.events import Told
from operations.models import Station, StationSetting
from operations.services import runs, targets
from operations.services.runs import Options
from operations.statuses import OPEN_STATUSES, Registration

READ = "read-settings"
MOST_KEYS = 100


def after_boots(told: Sequence[Told]) -> None:
    """Ask those that booted for what they stored before; and who never told anything for all."""
    booted = {item.station_id for item in told}
    keys = _waiting(booted)
    for station in _accepted(set(keys)):
        why = _("It has booted: what was changed before counts from now on.")
        _read(station, {"keys": keys[station.pk][:MOST_KEYS]}, why)
    if settings.EVCHARGE_READ_SETTINGS:
        for station in _accepted(_untold(booted - keys.keys())):
            _read(station, {"what": "all"}, _("It booted, and its settings were never read."))


def _waiting(booted: set[int]) -> Mapping[int, list[str]]:
    """The settings whose new value counts from this boot on, by station."""
    keys: dict[int, list[str]] = {}
    passwords = []
    waiting = StationSetting.objects.awaiting_reboot().filter(station__in=booted)
    for row in waiting.order_by("key"):
        if masking.SECRET.search(row.variable):
            passwords.append(row.pk)  # nothing to read: booting is all there was to wait for
        else:
            keys.setdefault(row.station_id, []).append(row.key)
    if passwords:
        StationSetting.objects.filter(pk__in=passwords).update(reboot_required_at=None)
    return keys


def _untold(booted: set[int]) -> set[int]:
    """Those that were never read, and aren't about to be."""
    told = StationSetting.objects.filter(station__in=booted).values("station")
    new = Station.objects.filter(pk__in=booted).exclude(pk__in=told)
    asked = {"runs__command": READ, "runs__status__in": OPEN_STATUSES}
    return set(new.exclude(pk__in=new.filter(**asked).values("pk")).values_list("pk", flat=True))


def _accepted(pks: set[int]) -> Sequence[Station]:
    if not pks:
        return ()
    return list(Station.objects.filter(pk__in=pks, registration=Registration.ACCEPTED))


def _read(station: Station, params: Params, why: str) -> None:
    runs.submit(
        command=BY_SLUG[READ],
        target=targets.of_station(station),
        params=params,
        options=Options(reason=why),
    )
