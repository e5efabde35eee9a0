"""Meter readings as figures: sampled values normalised, put in series, thinned. No database.

OCPP 1.6 §7.31 gives a sample `unit` and texts for values; 2.x `unitOfMeasure` with a power of
ten. Both leave out what is usual: the energy register, the outlet, Wh.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
POWER_OFFERED = "Power.Offered"
CURRENT = "Current.Import"
SOC = "SoC"

# What a sample without a unit means; the specification only says Wh, the rest is the same idea.
USUAL_UNITS = {
    "Energy": "Wh",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
    "Frequency": "Hz",
}
OTHER_UNITS = {
    "percent": "%",
    "celsius": "°C",
    "celcius": "°C",  # as 1.6 first spelled it
    "fahrenheit": "°F",
    "k": "K",
}
BASE_UNITS = {base.lower(): base for base in ("Wh", "W", "A", "V", "VA", "var", "varh", "Ah", "Hz")}
PREFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "m": 1e-3}
_UNIT = re.compile(rf"([kKMm]?)((?i:{'|'.join(BASE_UNITS)}))")

# Several meters may say the same; the one at the outlet is what the driver gets.
NEAREST_FIRST = ("Outlet", "EV", "Cable", "Body", "Inlet", "Upstream")

Samples = Sequence[Mapping[str, Any]]
Key = tuple[str, str]  # measurand and phase, "" over all phases


@dataclass(frozen=True, slots=True)
class Value:
    """One sampled value in its base unit: W, Wh, A, V, %."""

    measurand: str
    phase: str
    location: str
    value: float
    unit: str

    @property
    def key(self) -> Key:
        """Which series it belongs to."""
        return self.measurand, self.phase


@dataclass(frozen=True, slots=True)
class Point:
    """What a series was at one time."""

    at: datetime
    value: float


def normalised(sample: Mapping[str, Any]) -> Value | None:
    """The sample as a figure; None for what is none, such as signed data of OCPP 1.6."""
    if sample.get("format") == "SignedData":
        return None  # in hexadecimal, and may look like a number
    try:
        value = float(sample["value"])
    except (KeyError, TypeError, ValueError):
        return None
    measurand = str(sample.get("measurand") or ENERGY)
    usual = USUAL_UNITS.get(measurand.partition(".")[0], "")
    if measurand == "Power.Factor":
        usual = ""
    factor, unit = _unit(sample, usual)
    value *= factor
    if not math.isfinite(value):
        return None
    return Value(
        measurand=measurand,
        phase=_phase(measurand, str(sample.get("phase") or "")),
        location=str(sample.get("location") or "Outlet"),
        value=value,
        unit=unit,
    )


def _unit(sample: Mapping[str, Any], usual: str) -> tuple[float, str]:
    """What to multiply by, and the base unit."""
    measure = sample.get("unitOfMeasure")
    measure = measure if isinstance(measure, dict) else {}
    name = str(sample.get("unit") or measure.get("unit") or usual)
    multiplier = measure.get("multiplier")
    exponent = multiplier if isinstance(multiplier, int) else 0
    factor = 10.0 ** max(-12, min(exponent, 12))
    found = _UNIT.fullmatch(name)
    if found is None:
        return factor, OTHER_UNITS.get(name.lower(), name)
    return factor * PREFIXES[found[1]], BASE_UNITS[found[2].lower()]


def _phase(measurand: str, phase: str) -> str:
    """A current flows in L1, whether called L1 or L1-N; a voltage is between two."""
    return phase if measurand == "Voltage" else phase.removesuffix("-N")


def values(samples: Samples) -> list[Value]:
    """The figures of one reading: one per measurand and phase, totals added where none was sent."""
    nearest: dict[Key, Value] = {}
    for sample in samples:
        value = normalised(sample)
        if value is None:
            continue
        known = nearest.get(value.key)
        if known is None or _distance(value) < _distance(known):
            nearest[value.key] = value
    return [*nearest.values(), *_totals(nearest)]


def _distance(value: Value) -> int:
    known = value.location in NEAREST_FIRST
    return NEAREST_FIRST.index(value.location) if known else len(NEAREST_FIRST)


def _totals(nearest: Mapping[Key, Value]) -> Iterator[Value]:
    """Energy and power over all phases, of meters that only give them by phase."""
    for measurand in (ENERGY, POWER):
        by_phase = [nearest[key] for key in nearest if key[0] == measurand and key[1]]
        if by_phase and (measurand, "") not in nearest:
            yield replace(by_phase[0], phase="", value=sum(each.value for each in by_phase))


def power_w(samples: Samples) -> float | None:
    """The power one reading tells of."""
    return next((each.value for each in values(samples) if each.key == (POWER, "")), None)


def series(readings: Iterable[tuple[datetime, Samples]]) -> dict[Key, list[Point]]:
    """Every measurand and phase over time, whatever order the readings came in."""
    found: dict[Key, list[Point]] = defaultdict(list)
    for at, samples in sorted(readings, key=lambda reading: reading[0]):
        for value in values(samples):
            found[value.key].append(Point(at, value.value))
    return dict(found)


def latest(readings: Iterable[tuple[datetime, Samples]]) -> list[tuple[datetime, Value]]:
    """The last figure of every measurand and phase, in the order of their names."""
    last: dict[Key, tuple[datetime, Value]] = {}
    for at, samples in sorted(readings, key=lambda reading: reading[0]):
        last.update({value.key: (at, value) for value in values(samples)})
    return [last[key] for key in sorted(last)]


def taken(points: Sequence[Point], start_wh: float | None) -> list[Point]:
    """A register's course as energy taken since the session's start.

    Some meters count from the session's start whatever its meterStart was: their first reading
    is below it. A lower reading later on is a slip, not energy given back.
    """
    if not points:
        return []
    first = points[0].value
    base = first if start_wh is None or first < start_wh else start_wh
    return [Point(point.at, max(point.value - base, 0.0)) for point in points]


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most this many of them; peaks and dips stay, as do the first and the last."""
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    buckets = max((most - 2) // 2, 1)
    kept = [points[0]]
    for number in range(buckets):
        bucket = inner[len(inner) * number // buckets : len(inner) * (number + 1) // buckets]
        lowest = min(bucket, key=lambda point: point.value)
        highest = max(bucket, key=lambda point: point.value)
        kept += sorted({lowest, highest}, key=lambda point: point.at)
    return [*kept, points[-1]]
