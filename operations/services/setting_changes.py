"""What became of changes: what was read proves them, or shows that they had no effect."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from operations import variables
from operations.models import SettingChange, Station, StationSetting
from operations.models.settings import ChangeOutcome, Mutability, SettingState


def follow(
    station_pk: int,
    before: Mapping[tuple[str, str], StationSetting],
    found: Mapping[tuple[str, str], StationSetting],
    at: datetime,
) -> None:
    """What was read proves a change, or shows that it had no effect, or that somebody made one."""
    told = {place: row for place, row in found.items() if row.state == SettingState.REPORTED}
    if not told:
        return
    booted_at = _booted_at(station_pk) if any(row.needs_reboot for row in told.values()) else None
    unproven = _unproven(station_pk, {key for key, _attribute in told})
    noticed = []
    for place, row in told.items():
        mine = unproven.get(place, [])
        has_booted = _has_booted_since(row, booted_at)
        if has_booted:
            row.reboot_required_at = None
        if mine:
            _judge(mine, row, has_booted=has_booted)
        elif _was_changed(before.get(place), row):
            noticed.append(_noticed(before[place], row, at))
    SettingChange.objects.bulk_create(noticed)


def _booted_at(station_pk: int) -> datetime | None:
    return Station.objects.values_list("booted_at", flat=True).filter(pk=station_pk).first()


def _has_booted_since(row: StationSetting, booted_at: datetime | None) -> bool:
    required = row.reboot_required_at
    return required is not None and booted_at is not None and booted_at > required


def _unproven(station_pk: int, keys: set[str]) -> dict[tuple[str, str], list[SettingChange]]:
    """Changes the station agreed to, by what they are of, oldest first."""
    found: dict[tuple[str, str], list[SettingChange]] = {}
    rows = SettingChange.objects.unproven().filter(station=station_pk, key__in=keys)
    for change in rows.order_by("pk"):
        found.setdefault((change.key, change.attribute), []).append(change)
    return found


def _judge(mine: Sequence[SettingChange], row: StationSetting, *, has_booted: bool) -> None:
    """The last word counts; what came before it was overtaken."""
    if row.is_secret:
        return
    last = mine[-1]
    is_as_asked = variables.is_same(row.value, last.new_value)
    if last.outcome == ChangeOutcome.REBOOT and row.needs_reboot and not has_booted:
        return
    last.outcome = ChangeOutcome.CONFIRMED if is_as_asked else ChangeOutcome.IGNORED
    for change in mine[:-1]:
        change.outcome = ChangeOutcome.IGNORED
    SettingChange.objects.bulk_update(mine, ["outcome"])


def _was_changed(before: StationSetting | None, row: StationSetting) -> bool:
    """Whether a setting people change is another one than when it was last read."""
    return (
        before is not None
        and before.read_at is not None
        and before.state == SettingState.REPORTED
        and row.mutability == Mutability.READ_WRITE
        and not row.is_secret
        and not variables.is_same(before.value, row.value)
    )


def _noticed(before: StationSetting, row: StationSetting, at: datetime) -> SettingChange:
    return SettingChange(
        station_id=row.station_id,
        key=row.key,
        attribute=row.attribute,
        old_value=before.value,
        new_value=row.value,
        outcome=ChangeOutcome.NOTICED,
        at=at,
    )
