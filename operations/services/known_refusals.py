"""Which of many stations have told already that they can't do what is asked: two queries at most.

What they told may be old, so only requests of many mind it; one station may always be asked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from operations import variables
from operations.commands.base import Command, Params
from operations.commands.change_authorization import ChangeAuthorization
from operations.commands.change_settings import ChangeSettings
from operations.commands.send_local_list import SendLocalList
from operations.known_settings.authorization import BY_FIELD
from operations.models import AuthorizationProfile, Station, StationList, StationSetting
from operations.models.local_lists import ListState
from operations.models.settings import NO_LIMIT, Mutability, SettingState, Switch
from operations.services import rows
from operations.statuses import RunStatus


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a run would end, and why."""

    status: RunStatus
    sentence: str


Refusals = Mapping[int, Refusal]

ABSENT = {Switch.UNSUPPORTED, NO_LIMIT}


def of(command: Command, params: Params, stations: Sequence[Station]) -> Refusals:
    """By station; nobody's for most commands."""
    found: dict[int, Refusal] = {}
    for start in range(0, len(stations), rows.CHUNK):
        some = stations[start : start + rows.CHUNK]
        pks = [station.pk for station in some]
        if isinstance(command, SendLocalList):
            found |= _of_lists(pks)
        elif isinstance(command, ChangeAuthorization):
            found |= _of_profiles(pks, params)
        elif isinstance(command, ChangeSettings):
            found |= _of_settings(command, some, params)
    return found


def _of_lists(pks: Collection[int]) -> Refusals:
    off = Refusal(RunStatus.REFUSED, _("Its local list is switched off."))
    none = Refusal(RunStatus.UNSUPPORTED, _("It has no local list."))
    # Some take lists and leave the switch for them out of their settings.
    hides = Q(list_enabled=Switch.UNSUPPORTED, station__held_list__version__isnull=False)
    profiles = AuthorizationProfile.objects.filter(
        station__in=pks, list_enabled__in=[Switch.OFF, Switch.UNSUPPORTED]
    ).exclude(hides)
    copies = StationList.objects.filter(
        station__in=pks, state__in=[ListState.DISABLED, ListState.UNSUPPORTED]
    )
    told = [
        *profiles.values_list("station_id", "list_enabled"),
        *copies.values_list("station_id", "state"),
    ]
    return {pk: off if state in {Switch.OFF, ListState.DISABLED} else none for pk, state in told}


def _of_profiles(pks: Collection[int], params: Params) -> Refusals:
    """Those where not one of the switches can be turned."""
    fields = {name for name, value in params.items() if name in BY_FIELD and value}
    if not fields:
        return {}
    found = {}
    profiles = AuthorizationProfile.objects.filter(station__in=pks)
    for profile in profiles.only("station_id", "read_only", *fields):
        absent = {each for each in fields if getattr(profile, each) in ABSENT}
        if fields <= absent.union(profile.read_only):
            found[profile.station_id] = _refusal(is_absent=absent == fields)
    return found


def _of_settings(command: ChangeSettings, stations: Sequence[Station], params: Params) -> Refusals:
    """Those where not one of the settings can be changed."""
    keys = {
        version: {item.variable.key for item in command.items(version, params)}
        for version in {station.version for station in stations}
        if version is not None
    }
    told = StationSetting.objects.filter(
        ~Q(state=SettingState.REPORTED) | Q(mutability=Mutability.READ_ONLY),
        station__in=[station.pk for station in stations],
        key__in=set().union(*keys.values()),
        attribute=variables.ACTUAL,
    )
    locked: dict[int, dict[str, bool]] = defaultdict(dict)  # whether it is absent, by key
    for pk, key, state in told.order_by().values_list("station_id", "key", "state"):
        locked[pk][key] = state != SettingState.REPORTED
    return {
        station.pk: _refusal(is_absent=all(locked[station.pk].values()))
        for station in stations
        if station.version is not None
        and station.pk in locked
        and locked[station.pk].keys() >= keys[station.version]
    }


def _refusal(*, is_absent: bool) -> Refusal:
    if is_absent:
        return Refusal(RunStatus.UNSUPPORTED, _("It has no such setting."))
    return Refusal(RunStatus.REFUSED, _("It says that this can't be changed."))
