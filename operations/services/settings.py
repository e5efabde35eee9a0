"""What stations report of their settings, kept as they say it; and what became of changes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from operations import masking
from operations.commands.read_settings import CONTROLLERS
from operations.commands.setting_items import CHANGES, TAKEN
from operations.models import (
    AuthorizationProfile,
    CommandRun,
    OcppMessage,
    SettingChange,
    StationSetting,
)
from operations.models.settings import ChangeOutcome, SettingState
from operations.services import authorization_profiles, drift, setting_changes
from operations.services.live import Changes
from operations.services.setting_answers import (
    LONGEST_VALUE,
    Answered,
    Said,
    answered,
    dicts,
    keys_told,
    reported,
    variables_told,
)
from operations.variables import Variable, as_text

MOST_SETTINGS = 10_000  # of one station; more is a fault of it
FIELDS = (
    "value",
    "state",
    "mutability",
    "data_type",
    "unit",
    "min_limit",
    "max_limit",
    "values_list",
    "supports_monitoring",
    "read_at",
    "reboot_required_at",
    "is_by_hand",
)


def learn(
    *,
    message: OcppMessage,
    answer: Mapping[str, Any],
    at: datetime,
    run: CommandRun | None,
    changes: Changes,
) -> bool:
    """Keep what the answer to a call of ours tells; whether it told values of settings."""
    action, station_pk = message.action, message.station_id
    if action in CHANGES:
        asked = _asked(message)
        _note_changes(station_pk, list(answered(action, asked, answer)), at, run)
        changes.add("settings", station_pk)
        return False
    payload = answer.get("payload")
    if not isinstance(payload, dict):
        return False
    if action == "GetConfiguration":
        keys = _asked(message).get("key")
        _learn_keys(station_pk, payload, keys if isinstance(keys, list) else [], at)
    elif action == "GetVariables":
        keep(station_pk=station_pk, said=list(variables_told(payload)), at=at)
    else:
        return False
    changes.add("settings", station_pk)
    return True


def _asked(message: OcppMessage) -> dict[str, Any]:
    """Our call's payload; secrets in it are masked."""
    try:
        payload = json.loads(message.call)[3]
    except (ValueError, IndexError, TypeError):
        return {}
    return payload if isinstance(payload, dict) else {}


# --- What answers and reports say --------------------------------------------------------------


def _learn_keys(station_pk: int, payload: dict[str, Any], asked: list[Any], at: datetime) -> None:
    """GetConfiguration (1.6 §5.8): who asks for no key gets all there are.

    A key that was asked for may be missing from both lists (solidstudio vcp 65).
    """
    said = list(keys_told(payload))
    unknown = payload.get("unknownKey")
    names = [as_text(name) for name in unknown if name] if isinstance(unknown, list) else []
    said += [Said(Variable(name[:100]), {"state": SettingState.UNKNOWN}) for name in names]
    told = {each.variable for each in said}
    silent = [Variable(as_text(name)[:100]) for name in asked if name]
    said += [Said(each, {"state": SettingState.MISSING}) for each in silent if each not in told]
    keep(station_pk=station_pk, said=said, at=at, is_all=not asked)


def learn_report(
    *, station_pk: int, request_id: int, data: Any, at: datetime, began_at: datetime | None
) -> None:
    """A part of a NotifyReport (2.0.1 B07, B08); `began_at` once the report is complete."""
    said = [each for item in dicts(data) for each in reported(item)]
    keep(station_pk=station_pk, said=said, at=at)
    covered = _covered(station_pk, request_id) if began_at is not None else None
    if began_at is not None and covered is not None:
        _miss_others(station_pk, since=began_at, components=covered)


def _covered(station_pk: int, request_id: int) -> tuple[str, ...] | None:
    """Of which components a report was to hold all there is: none named, all; None: it was not."""
    run = CommandRun.objects.filter(pk=request_id, station=station_pk).first()
    if run is None:
        return None
    if run.command == "read-settings":
        return {"all": (), "authorization": CONTROLLERS}.get(run.params.get("what", ""))
    is_full = run.command == "get-base-report" and run.params.get("base") == "FullInventory"
    return () if is_full else None


# --- Keeping it --------------------------------------------------------------------------------


def keep(*, station_pk: int, said: Sequence[Said], at: datetime, is_all: bool = False) -> None:
    """Write what a station said, in a few statements; `is_all`: it has no other keys."""
    before = _before(station_pk, said)
    found: dict[tuple[str, str], StationSetting] = {}
    for each in said:
        row = found.get(each.place) or _row(station_pk, each, before.get(each.place))
        for name, value in each.facts.items():
            setattr(row, name, value)
        row.value = "" if row.is_secret else _storable(row.value)
        row.read_at = at
        row.is_by_hand = row.is_by_hand and not is_all  # told unasked: it is not hidden
        found[each.place] = row
    setting_changes.follow(station_pk, before, found, at)
    _write(station_pk, list(found.values()), known=len(before))
    keys = {key for key, _attribute in found}
    if is_all:
        _miss_others(station_pk, since=at, components=None)
    elif keys:
        authorization_profiles.refresh(station_pk=station_pk, keys=keys, at=at)
    _tell_readers(station_pk, keys)


def _tell_readers(station_pk: int, keys: set[str]) -> None:
    """Whoever compares settings with what they should be is told here, once they are written."""
    drift.settings_read(station_pk=station_pk, keys=keys)


def _before(station_pk: int, said: Sequence[Said]) -> dict[tuple[str, str], StationSetting]:
    keys = {each.variable.key for each in said}
    rows = StationSetting.objects.filter(station=station_pk, key__in=keys) if keys else ()
    return {(row.key, row.attribute): row for row in rows}


def _row(station_pk: int, said: Said, before: StationSetting | None) -> StationSetting:
    """A row to fill in: a copy, so that what was stays to be compared with."""
    name = said.variable
    row = StationSetting(
        station_id=station_pk,
        key=name.key,
        attribute=said.attribute,
        component=name.component,
        component_instance=name.component_instance,
        evse=name.evse,
        connector=name.connector,
        variable=name.name,
        instance=name.instance,
    )
    if before is not None:
        for field in FIELDS:
            setattr(row, field, getattr(before, field))
    return row


def _storable(value: str) -> str:
    return value.replace("\x00", "")[:LONGEST_VALUE]


def _write(station_pk: int, rows: Sequence[StationSetting], *, known: int) -> None:
    if len(rows) > known:
        room = MOST_SETTINGS - StationSetting.objects.filter(station=station_pk).count()
        rows = rows[: known + max(0, room)]
    StationSetting.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["station", "key", "attribute"],
        update_fields=FIELDS,
        batch_size=500,
    )


def _miss_others(station_pk: int, *, since: datetime, components: tuple[str, ...] | None) -> None:
    """What a station did not name although it named all, it does not have (or hides).

    `components`: those of 2.x it named all of, none for all of them; None: 1.6 keys.
    """
    rows = StationSetting.objects.filter(station=station_pk)
    rows = rows.filter(component="") if components is None else rows.exclude(component="")
    if components:
        rows = rows.filter(component__in=components)
    rows.filter(read_at__lt=since, is_by_hand=False).update(state=SettingState.MISSING)
    known = set(rows.values_list("key", flat=True))
    absent = authorization_profiles.keys_of(has_components=components is not None) - known
    StationSetting.objects.bulk_create(
        (_absent(station_pk, key, since) for key in sorted(absent)), ignore_conflicts=True
    )
    authorization_profiles.refresh(station_pk=station_pk, keys=None, at=since)
    if not components:
        AuthorizationProfile.objects.filter(station=station_pk).update(all_read_at=since)
        drift.settings_read(station_pk=station_pk, keys=None)


def _absent(station_pk: int, key: str, at: datetime) -> StationSetting:
    row = _row(station_pk, Said(Variable.of_key(key), {}), None)
    row.state, row.read_at = SettingState.MISSING, at
    return row


# --- Changes -----------------------------------------------------------------------------------


def _note_changes(
    station_pk: int, answers: Sequence[Answered], at: datetime, run: CommandRun | None
) -> None:
    """The history's lines, and which settings wait for a reboot."""
    said = [Said(each.variable, {}, each.attribute) for each in answers]
    before = _before(station_pk, said)
    rows, lines = [], []
    for each, name in zip(answers, said, strict=True):
        was = before.get(name.place)
        lines.append(_line(station_pk, each, was, at, run))
        if each.answer in TAKEN and (was is None or each.answer == "RebootRequired"):
            row = _row(station_pk, name, was)
            row.is_by_hand = row.is_by_hand or was is None
            row.state = row.state if was else SettingState.MISSING
            if each.answer == "RebootRequired":
                row.reboot_required_at = at
            rows.append(row)
    SettingChange.objects.bulk_create(lines)
    _write(station_pk, rows, known=len(before))


def _line(
    station_pk: int,
    each: Answered,
    was: StationSetting | None,
    at: datetime,
    run: CommandRun | None,
) -> SettingChange:
    outcomes = {"Accepted": ChangeOutcome.ACCEPTED, "RebootRequired": ChangeOutcome.REBOOT}
    is_secret = masking.SECRET.search(each.variable.name) is not None
    return SettingChange(
        station_id=station_pk,
        run=run,
        user=run.created_by if run else None,
        key=each.variable.key,
        attribute=each.attribute,
        old_value=masking.MASK if is_secret else (was.value if was else ""),
        new_value=masking.MASK if is_secret else _storable(each.value),
        answer=each.answer[:50],
        outcome=outcomes.get(each.answer, ChangeOutcome.REFUSED),
        at=at,
    )
