"""How one OCPP version says things: message → event, answer → payload. No I/O."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from ocpp_gateway.times import parse_time
from operations.answers import Answer
from operations.events import Event, MessageHeard, Reading
from operations.versions import OcppVersion

Payload = dict[str, Any]

# Before this there was no OCPP 1.6: a clock that says so was never set.
FIRST_BELIEVABLE = datetime(2015, 1, 1, tzinfo=UTC)
ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"


@dataclass(frozen=True, slots=True)
class Handler:
    """What one action means, and how its answer is spelled.

    `translate` takes the payload and when it came; `answer` what the services said, and the
    payload again for the few answers that echo something of it.
    """

    translate: Callable[[Payload, datetime], Event]
    answer: Callable[[Answer, Payload], Payload]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A version, the actions its stations may send, and how it wants unaccepted ones treated.

    `is_strict`: who is not accepted yet gets a SecurityError for what nobody asked it to say;
    1.6 has no such rule, and its stations talk while they are Pending (libocpp 504).
    """

    version: OcppVersion
    handlers: Mapping[str, Handler]
    is_strict: bool = True


def with_nothing(_answer: Answer, _payload: Payload) -> Payload:
    """The empty answer OCPP allows for what is only told."""
    return {}


def heard(action: str, **answer: Any) -> Handler:
    """An action the portal keeps as it came, with a fixed answer."""
    return Handler(
        lambda payload, _at: MessageHeard(action, payload),
        lambda _answer, _payload: dict(answer),
    )


def wire_time(at: datetime) -> str:
    """A time as stations can read it: whole seconds and Z; some trip over more (lbbrhzn #512)."""
    return f"{at.astimezone(UTC).isoformat()[:19]}Z"


def now_on_the_wire() -> str:
    """What time it is."""
    return _second_on_the_wire(int(time.time()))


@lru_cache(maxsize=1)  # thousands ask within the same second
def _second_on_the_wire(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def time_of(text: object, heard_at: datetime) -> datetime:
    """When something happened; when we heard of it, if the station's clock is nonsense.

    Old is fine, since stations queue while they are offline; 1970 and next week are not.
    """
    at, _finding = parse_time(text, heard_at)
    if FIRST_BELIEVABLE <= at <= heard_at + timedelta(days=1):
        return at
    return heard_at


def reading(at: datetime, samples: list[Payload]) -> Reading:
    """The samples of one moment, with the few values the portal works with."""
    return Reading(
        at=at,
        samples=tuple(samples),
        energy_wh=_total(samples, ENERGY),
        power_w=_total(samples, POWER),
        soc_percent=_total(samples, "SoC"),
    )


def _total(samples: list[Payload], measurand: str) -> float | None:
    """The value over all phases, in W, Wh or percent; None where it was not sampled."""
    for sample in samples:
        if sample.get("measurand", ENERGY) == measurand and "phase" not in sample:
            return _value(sample)
    return None


def _value(sample: Payload) -> float | None:
    """A sample's value in base units: 1.6 has `unit`, 2.x `unitOfMeasure` with a power of ten."""
    if sample.get("format") == "SignedData":
        return None  # in hexadecimal, and may look like a number
    try:
        value = float(sample["value"])
    except (KeyError, TypeError, ValueError):
        return None
    measure = sample.get("unitOfMeasure") or {}
    unit = sample.get("unit") or measure.get("unit") or ""
    kilo = 1000 if str(unit).startswith("k") else 1
    power_of_ten: int = measure.get("multiplier", 0)
    value *= kilo * 10.0 ** max(-12, min(power_of_ten, 12))
    return value if math.isfinite(value) else None
