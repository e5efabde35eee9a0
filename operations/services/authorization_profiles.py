"""How stations authorise, one row for each: made from the settings they report."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from operations import variables, versions
from operations.known_settings.authorization import (
    AVAILABLE,
    FURTHER,
    SETTINGS,
    AuthorizationSetting,
)
from operations.models import AuthorizationProfile, Station, StationSetting
from operations.models.settings import NO_LIMIT, SettingState, Switch
from operations.versions import V16, V201, OcppVersion

ENTRIES = "LocalAuthListCtrlr.Entries"
# Every key a profile is made from.
KEYS = frozenset(
    {
        *(key for one in (*SETTINGS, *FURTHER) for keys in one.keys.values() for key in keys),
        *AVAILABLE.values(),
    }
)
MOST = 2**31 - 1

Rows = Mapping[str, StationSetting]


def keys_of(*, has_components: bool) -> set[str]:
    """What the settings are called in OCPP 2.x, or in 1.6: one name for each."""
    version = V201 if has_components else V16
    keys = (setting.key_of(version) for setting in (*SETTINGS, *FURTHER))
    return {key for key in keys if key}


def refresh(*, station_pk: int, keys: Iterable[str] | None, at: datetime) -> None:
    """Make a station's profile anew if one of these settings was read; None: any may have been."""
    if keys is not None and KEYS.isdisjoint(keys):
        return
    protocol = Station.objects.values_list("protocol", flat=True).filter(pk=station_pk).first()
    version = versions.by_name(protocol or "")
    if version is None:
        return
    told = StationSetting.objects.filter(
        station=station_pk, key__in=KEYS, attribute=variables.ACTUAL
    )
    facts = _facts(version, {row.key: row for row in told})
    AuthorizationProfile.objects.update_or_create(
        station_id=station_pk, defaults={**facts, "read_at": at}
    )


def _facts(version: OcppVersion, rows: Rows) -> dict[str, Any]:
    facts: dict[str, Any] = {"read_only": []}
    for setting in (*SETTINGS, *FURTHER):
        row = _row(setting, version, rows)
        facts[setting.field] = _value(setting, version, rows)
        if row is not None and row.is_read_only:
            facts["read_only"].append(setting.field)
    entries = rows.get(ENTRIES)
    facts["list_entries"] = _number(entries.value if entries else "")
    return facts


def _row(setting: AuthorizationSetting, version: OcppVersion, rows: Rows) -> StationSetting | None:
    """What the station says of it, under whichever of its names."""
    found = (rows.get(key) for key in setting.keys_of(version))
    return next((row for row in found if row and row.state == SettingState.REPORTED), None)


def _value(setting: AuthorizationSetting, version: OcppVersion, rows: Rows) -> Any:
    row = _row(setting, version, rows)
    keys = setting.keys_of(version)
    is_denied = any(key in rows and rows[key].state != SettingState.REPORTED for key in keys)
    is_absent = row is None and is_denied
    if setting.is_switch:
        return _switch(setting, row, rows, is_absent=is_absent)
    if setting.field == "cache_policy":
        return row.value[:20] if row else ""
    if is_absent and keys:
        return NO_LIMIT
    if row is None:
        return None
    is_limit_elsewhere = row.max_limit is not None and (
        setting.field == "cache_storage_bytes" or (setting.is_max_limit and row.component)
    )
    if setting.is_max_limit and row.component and row.max_limit is None:
        return None  # Actual is how many there are now
    return _number(str(row.max_limit) if is_limit_elsewhere else row.value)


def _switch(
    setting: AuthorizationSetting, row: StationSetting | None, rows: Rows, *, is_absent: bool
) -> Switch:
    available = rows.get(AVAILABLE.get(setting.field, ""))
    if available is not None and variables.is_on(available.value) is False:
        return Switch.UNSUPPORTED
    if is_absent:
        return Switch.UNSUPPORTED
    is_on = variables.is_on(row.value) if row else None
    if is_on is None:
        return Switch.UNKNOWN
    return Switch.ON if is_on else Switch.OFF


def _number(text: str) -> int | None:
    """A whole number in a text, also one spelled 100.0."""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if 0 <= number <= MOST else None
