"""Charging schedules: typed as lines of text, said on the wire, and drawn."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import numbers
from operations.commands.base import Params, Payload

MOST_PERIODS = 1024  # OCPP 2.0.1 §2.17
LONGEST_S = 7 * 24 * 3600
HOUR_S = 3600
UNITS = [("A", gettext_lazy("Ampere per phase (A)")), ("W", gettext_lazy("Watt (W)"))]

# The drawing's own units, as the charts of sessions have them.
WIDTH, HEIGHT = 1000, 200
MARKS = 4  # of each axis

_LINE = re.compile(
    r"(?P<start>\d{1,3}:\d{2}(?::\d{2})?|\d{1,6})[\s,;]+"
    r"(?P<limit>\d{1,7}(?:\.\d)?)(?:[\s,;]+(?P<phases>[123]))?"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One period in words."""

    start: str
    limit: str
    phases: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A schedule as steps over time: coordinates, scales, and the same as a table."""

    unit: str
    path: str
    marks: Sequence[tuple[str, str]]  # what stands beside a rule, and how far down the rule is
    times: Sequence[str]
    rows: Sequence[Row]


class ScheduleInput(forms.Textarea):
    """Lines of text, and the schedule they make drawn below."""

    template_name = "operations/widgets/schedule.html"
    unit = "A"
    duration_s: int | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's, with the drawing; lines that can't be read are left out of it."""
        context = super().get_context(name, value, attrs)
        periods = [period for period in map(_period, _lines(value)) if period is not None]
        context["drawing"] = draw(periods, self.unit, duration_s=self.duration_s)
        return context


class PeriodsField(forms.CharField):
    """A period a line: when it begins, the limit, and perhaps on how many phases."""

    widget = ScheduleInput(attrs={"rows": 5, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Periods as they are typed."""
        if not isinstance(value, list):
            return value
        return "\n".join(
            " ".join(
                [
                    clock(period["startPeriod"]),
                    f"{period['limit']:g}",
                    *([str(period["numberPhases"])] if "numberPhases" in period else []),
                ]
            )
            for period in value
        )

    def clean(self, value: Any) -> list[Payload]:
        """The periods as the wire has them. Raises ValidationError with the line that is wrong."""
        periods = []
        for number, line in enumerate(_lines(super().clean(value)), start=1):
            period = _period(line)
            if period is None:
                raise ValidationError(
                    _("Line %(number)d is not a period: write it like 08:00 16 or 08:00 16 3.")
                    % {"number": number}
                )
            periods.append(period)
        _check_order([period["startPeriod"] for period in periods])
        return periods


def _lines(value: Any) -> list[str]:
    return [line.strip() for line in str(value or "").splitlines() if line.strip()]


def _period(line: str) -> Payload | None:
    """One line as the wire has it; None for what is no period."""
    found = _LINE.fullmatch(line)
    start = _seconds(found["start"]) if found else None
    if found is None or start is None or start >= LONGEST_S:
        return None
    phases = {"numberPhases": int(found["phases"])} if found["phases"] else {}
    return {"startPeriod": start, "limit": float(found["limit"]), **phases}


def _seconds(text: str) -> int | None:
    if ":" not in text:
        return int(text)
    hours, minutes, seconds = [*map(int, text.split(":")), 0][:3]
    return None if minutes > 59 or seconds > 59 else hours * HOUR_S + minutes * 60 + seconds


def _check_order(starts: list[int]) -> None:
    if not starts or starts[0] != 0:
        raise ValidationError(_("The first period begins at 00:00."))
    if starts != sorted(set(starts)):
        raise ValidationError(_("Each period begins after the one before it."))
    if len(starts) > MOST_PERIODS:
        raise ValidationError(_("Give at most %(most)d periods.") % {"most": MOST_PERIODS})


def wire(params: Params) -> Payload:
    """ChargingSchedule without its number, which only 2.x has."""
    schedule: Payload = {
        "chargingRateUnit": params["unit"],
        "chargingSchedulePeriod": params["periods"],
    }
    for name, key in (
        ("starts", "startSchedule"),
        ("duration_s", "duration"),
        ("least", "minChargingRate"),
    ):
        if params.get(name) not in (None, ""):
            schedule[key] = params[name]
    return schedule


def readable(periods: Any) -> list[Payload]:
    """What of a station's periods can be drawn, in order: it may send anything."""
    items = periods if isinstance(periods, list) else []
    found = [
        item
        for item in items[:MOST_PERIODS]
        if isinstance(item, dict)
        and _is_number(item.get("startPeriod"), LONGEST_S)
        and _is_number(item.get("limit"), math.inf)
    ]
    return sorted(found, key=lambda item: float(item["startPeriod"]))


def _is_number(value: Any, most: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < most


def clock(seconds: int) -> str:
    """So long after the beginning: 08:00, or 08:00:30."""
    text = f"{seconds // HOUR_S:02}:{seconds % HOUR_S // 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


def draw(periods: Sequence[Payload], unit: str, *, duration_s: int | None = None) -> Drawing | None:
    """The schedule as steps; None without a period."""
    steps = [
        (int(period["startPeriod"]), period["limit"], period.get("numberPhases"))
        for period in periods
    ]
    if not steps:
        return None
    end = duration_s or max(_day_after(steps[-1][0]), 1)
    top = _round_up(max(limit for _start, limit, _phases in steps))
    return Drawing(
        unit=unit,
        path=" ".join(_corners(steps, end, top)),
        marks=[
            (numbers.short(top * (MARKS - number) / MARKS), f"{HEIGHT * number / MARKS:.1f}")
            for number in range(MARKS + 1)
        ],
        times=[clock(round(end * number / MARKS / 60) * 60) for number in range(MARKS + 1)],
        rows=[
            Row(clock(start), f"{numbers.short(limit)} {unit}", str(phases or ""))
            for start, limit, phases in steps
        ],
    )


def _corners(steps: Sequence[tuple[int, float, int | None]], end: int, top: float) -> Sequence[str]:
    """From the beginning of each period level to the beginning of the next."""
    ends = [*(start for start, _limit, _phases in steps[1:]), max(end, steps[-1][0])]
    corners = []
    for (start, limit, _phases), until in zip(steps, ends, strict=True):
        y = HEIGHT * (1 - limit / top)
        corners += [f"{WIDTH * at / max(end, 1):.1f},{y:.1f}" for at in (start, until)]
    return corners


def _day_after(seconds: int) -> int:
    """The end of the day in which the last period begins, where the schedule has no other end."""
    return (seconds // (24 * HOUR_S) + 1) * 24 * HOUR_S


def _round_up(number: float) -> float:
    """The next 1, 2, 4 or 8 of some power of ten: four even marks."""
    if number <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(number))
    return next((power * digit for digit in (1, 2, 4, 8) if number <= power * digit), power * 10)
