"""A session's meter values as line charts: coordinates, scales and words for the templates.

Drawn here, as SVG: the pages need no script to show it, and live pushes replace it like any
other fragment.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import numbers
from operations.commands.base import Text
from operations.services import readings
from operations.services.readings import Key, Point

MOST_POINTS = 500
MOST_ROWS = 100
# The drawing's own units; the browser stretches it to the room there is.
WIDTH, HEIGHT = 1000, 200
MARKS = 4  # of each axis, about


@dataclass(frozen=True, slots=True)
class Line:
    """One measurand over time."""

    name: str
    points: list[Point]
    path: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value beside the vertical axis, and how far down its rule is."""

    label: str
    y: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing: what it shows, the lines, the axes."""

    key: str
    title: Text
    unit: str
    summary: str
    lines: list[Line]
    low: float
    high: float
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class Axis:
    """The time all charts of a session share."""

    since: datetime
    until: datetime

    @property
    def labels(self) -> list[str]:
        """Times from one end to the other, evenly."""
        span = self.until - self.since
        if not span:
            return [_time(self.since, span)]
        return [_time(self.since + span * step / MARKS, span) for step in range(MARKS + 1)]

    @property
    def since_ms(self) -> int:
        """As scripts count."""
        return round(self.since.timestamp() * 1000)

    @property
    def until_ms(self) -> int:
        """As scripts count."""
        return round(self.until.timestamp() * 1000)

    def x(self, at: datetime) -> float:
        """How far to the right."""
        span = self.until - self.since
        return WIDTH * ((at - self.since) / span) if span else WIDTH / 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chart shows: measurands and what their lines are called."""

    key: str
    title: Text
    unit: str
    per_unit: float
    measurands: tuple[tuple[str, Text], ...]
    range: tuple[float, float] | None = None  # what is outside can't be


PLANS = (
    Plan(
        "energy",
        gettext_lazy("Energy"),
        "kWh",
        1000,
        (
            (readings.ENERGY, gettext_lazy("Taken")),
            ("Energy.Active.Export.Register", gettext_lazy("Fed back")),
        ),
    ),
    Plan(
        "power",
        gettext_lazy("Power"),
        "kW",
        1000,
        (
            (readings.POWER, gettext_lazy("Measured")),
            (readings.POWER_OFFERED, gettext_lazy("Offered")),
            ("Power.Active.Export", gettext_lazy("Fed back")),
        ),
    ),
    Plan(
        "current",
        gettext_lazy("Current"),
        "A",
        1,
        (
            (readings.CURRENT, gettext_lazy("Measured")),
            ("Current.Offered", gettext_lazy("Offered")),
        ),
    ),
    Plan(
        "soc",
        gettext_lazy("State of charge"),
        "%",
        1,
        ((readings.SOC, gettext_lazy("State of charge")),),
        range=(0, 100),
    ),
)


def charts(
    series: Mapping[Key, list[Point]], start_wh: float | None
) -> tuple[list[Chart], Axis | None]:
    """A chart for each quantity that was measured, all over the same time."""
    found = [(plan, _lines(plan, series, start_wh)) for plan in PLANS]
    found = [(plan, lines) for plan, lines in found if lines]
    if not found:
        return [], None
    ends = [
        end for _plan, lines in found for line in lines for end in (line.points[0], line.points[-1])
    ]
    axis = Axis(since=min(end.at for end in ends), until=max(end.at for end in ends))
    return [_chart(plan, lines, axis) for plan, lines in found], axis


def _lines(plan: Plan, series: Mapping[Key, list[Point]], start_wh: float | None) -> list[Line]:
    lines = []
    for measurand, name in plan.measurands:
        for phase in _phases(measurand, series):
            points = series[measurand, phase]
            if plan.key == "energy":
                is_taken = measurand == readings.ENERGY
                points = readings.taken(points, start_wh if is_taken else None)
            low, high = plan.range or (-math.inf, math.inf)
            points = [
                Point(point.at, point.value / plan.per_unit)
                for point in points
                if low <= point.value <= high
            ]
            if points:
                lines.append(Line(phase or str(name), points))
    return lines


def _phases(measurand: str, series: Mapping[Key, list[Point]]) -> list[str]:
    """Currents flow phase by phase; of all else the whole is shown."""
    phases = sorted(phase for name, phase in series if name == measurand)
    if measurand == readings.CURRENT and any(phases):
        return [phase for phase in phases if phase]
    return [""] if "" in phases else []


def _chart(plan: Plan, lines: list[Line], axis: Axis) -> Chart:
    low, high, step = _scale(plan, lines)
    count = round((high - low) / step)
    height = high - low

    def y(value: float) -> float:
        return HEIGHT * (high - value) / height

    return Chart(
        key=plan.key,
        title=plan.title,
        unit=plan.unit,
        summary=_summary(plan, lines),
        lines=[Line(line.name, line.points, _path(line.points, axis, low, high)) for line in lines],
        low=low,
        high=high,
        marks=[
            Mark(numbers.short(high - step * number), f"{y(high - step * number):.1f}")
            for number in range(count + 1)
        ],
    )


def _scale(plan: Plan, lines: Sequence[Line]) -> tuple[float, float, float]:
    """From nothing to a round number above the highest value, in round steps."""
    if plan.range is not None:
        return *plan.range, 25
    drawn = [point.value for line in lines for point in line.points]
    low, high = min(0.0, *drawn), max(0.0, *drawn)
    step = _round_up((high - low) / MARKS)
    return math.floor(low / step) * step, max(math.ceil(high / step), 1) * step, step


def _round_up(number: float) -> float:
    """The next 1, 2, 2.5 or 5 of some power of ten."""
    if number <= 0:
        return 0.25
    power = 10.0 ** math.floor(math.log10(number))
    return next((power * digit for digit in (1, 2, 2.5, 5) if number <= power * digit), power * 10)


def _path(points: Sequence[Point], axis: Axis, low: float, high: float) -> str:
    thin = readings.thinned(points, MOST_POINTS)
    path = [
        f"{axis.x(point.at):.1f},{HEIGHT * (high - point.value) / (high - low):.1f}"
        for point in thin
    ]
    # A single point is a line to itself: round ends make it a dot.
    return " ".join(path if len(path) > 1 else path * 2)


def _summary(plan: Plan, lines: Sequence[Line]) -> str:
    """The figures one looks for, in words; also what a screen reader says of the drawing."""
    words = []
    for line in lines:
        last, most = line.points[-1].value, max(point.value for point in line.points)
        template = _("%(last)s %(unit)s")
        if plan.key in {"power", "current"}:
            template = _("%(last)s %(unit)s, at most %(most)s %(unit)s")
        said = template % {
            "last": numbers.fixed(last),
            "most": numbers.fixed(most),
            "unit": plan.unit,
        }
        words.append(f"{line.name} {said}" if len(lines) > 1 else said)
    return " · ".join(words)


@dataclass(frozen=True, slots=True)
class Table:
    """The same figures as text."""

    header: list[str]
    rows: list[list[str]]
    total: int


def table(drawn: Iterable[Chart]) -> Table:
    """Every line as a column; of many readings some, evenly, and the last."""
    columns = [(chart, line) for chart in drawn for line in chart.lines]
    header = [_("Time")]
    for chart, line in columns:
        named = len(chart.lines) > 1
        name = f"{chart.title} {line.name}" if named else str(chart.title)
        header.append(f"{name} ({chart.unit})")
    by_time = [{point.at: point.value for point in line.points} for _chart, line in columns]
    times = sorted({at for values in by_time for at in values})
    rows = [
        [_moment(at), *(numbers.fixed(values[at], 2) if at in values else "" for values in by_time)]
        for at in _evenly(times)
    ]
    return Table(header, rows, len(times))


def _evenly(times: list[datetime]) -> list[datetime]:
    if len(times) <= MOST_ROWS:
        return times
    last = len(times) - 1
    return [times[round(last * number / (MOST_ROWS - 1))] for number in range(MOST_ROWS)]


def _time(at: datetime, span: timedelta) -> str:
    """As exact as the axis is short."""
    form = "j M, H:i"
    if span < timedelta(days=1):
        form = "H:i" if span > timedelta(minutes=8) else "H:i:s"
    return date_format(timezone.localtime(at), form)


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M, H:i:s")
