"""Settings in requests and answers: what is asked, how much at a time, and what came back."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from operations import masking
from operations.commands.base import Params, Payload, Request, Target
from operations.models import StationSetting
from operations.variables import Variable, as_text
from operations.versions import V16, OcppVersion

CHANGES = frozenset({"ChangeConfiguration", "SetVariables"})
READS = frozenset({"GetConfiguration", "GetVariables"})
TAKEN = frozenset({"Accepted", "RebootRequired"})

# Where a station says how many settings one request may name, and how long it may be.
MOST_KEYS = "GetConfigurationMaxKeys"
MOST_ITEMS = "DeviceDataCtrlr.ItemsPerMessage[{action}]"
MOST_BYTES = "DeviceDataCtrlr.BytesPerMessage[{action}]"
USUAL = 50  # where it does not say

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One setting and the value it shall have."""

    variable: Variable
    value: str

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From a run's params. Raises ValueError for a key that is none."""
        return cls(Variable.of_key(asked["key"]), as_text(asked["value"]))

    @property
    def is_secret(self) -> bool:
        """Whether it can be set, but never seen."""
        return masking.SECRET.search(self.variable.name) is not None

    def wire(self) -> Payload:
        """As SetVariables names it."""
        return {**self.variable.wire(), "attributeValue": self.value}


def items_of(version: OcppVersion, params: Params) -> list[Item]:
    """What is to be set at a station of this version; keys of the other family are left out."""
    has_keys = version.lineage[-1] == V16
    items = (Item.of(asked) for asked in params.get("settings", ()))
    return [item for item in items if has_keys == (not item.variable.component)]


# --- Requests ----------------------------------------------------------------------------------


def writes(
    version: OcppVersion, target: Target, items: Sequence[Item], params: Params
) -> tuple[Request, ...]:
    """ChangeConfiguration takes one key at a time (1.6 §5.3), SetVariables several (2.0.1 B05)."""
    if version.lineage[-1] == V16:
        return tuple(
            Request("ChangeConfiguration", {"key": item.variable.name, "value": item.value})
            for item in items
        )
    wire = [item.wire() for item in items]
    return tuple(
        Request("SetVariables", {"setVariableData": page})
        for page in _pages(wire, *_limits(target, params, "SetVariables"))
    )


def reads(
    version: OcppVersion, target: Target, variables: Iterable[Variable], params: Params
) -> tuple[Request, ...]:
    """GetConfiguration of these keys (1.6 §5.8), or GetVariables (2.0.1 B06)."""
    if version.lineage[-1] == V16:
        keys = [variable.name for variable in variables if not variable.component]
        most = _values(target, params, MOST_KEYS).get(MOST_KEYS, USUAL)
        return tuple(Request("GetConfiguration", {"key": page}) for page in _pages(keys, most))
    wire = [variable.wire() for variable in variables if variable.component]
    return tuple(
        Request("GetVariables", {"getVariableData": page})
        for page in _pages(wire, *_limits(target, params, "GetVariables"))
    )


def _limits(target: Target, params: Params, action: str) -> tuple[int, int | None]:
    items, size = MOST_ITEMS.format(action=action), MOST_BYTES.format(action=action)
    told = _values(target, params, items, size)
    most = told.get(items, USUAL)
    return min(most, params.get("most_items") or most), told.get(size)


def _values(target: Target, params: Params, *keys: str) -> dict[str, int]:
    """The station's own numbers; not asked for while many stations are judged (no run yet)."""
    if not params.get("request_id"):
        return {}
    told = StationSetting.objects.reported().filter(station=target.station, key__in=keys)
    values = told.values_list("key", "value")
    return {key: int(value) for key, value in values if value.isdecimal() and 0 < int(value) < 1e6}


def _pages(items: list[Any], most: int, most_bytes: int | None = None) -> Iterator[list[Any]]:
    """As many at a time as one request may have; one that is too long goes alone."""
    page: list[Any] = []
    size = 0
    for item in items:
        length = len(json.dumps(item)) + 1
        is_too_long = most_bytes is not None and size + length > most_bytes - FRAME_BYTES
        if page and (len(page) >= most or is_too_long):
            yield page
            page, size = [], 0
        page.append(item)
        size += length
    if page:
        yield page


FRAME_BYTES = 100  # of a call, beside its items

# --- Answers -----------------------------------------------------------------------------------


def written(items: Sequence[Item], answers: Sequence[Answer]) -> dict[str, str]:
    """What the station said to each key it was to set; an error counts for all it was about."""
    if any(answer["action"] == "ChangeConfiguration" for answer in answers):
        mine = [answer for answer in answers if answer["action"] == "ChangeConfiguration"]
        pairs = zip(items, mine, strict=False)
        return {item.variable.key: _status(answer) for item, answer in pairs}
    found = {item.variable.key: "" for item in items}
    errors = [answer["error"] for answer in answers if "error" in answer]
    for answer in answers:
        if answer["action"] == "SetVariables":
            for result in results(answer, "setVariableResult"):
                variable = Variable.of_wire(result)
                if variable is not None:
                    found[variable.key] = as_text(result.get("attributeStatus"))
    return {key: status or (errors[0] if errors else "") for key, status in found.items()}


def read_back(answers: Sequence[Answer]) -> dict[str, str]:
    """The values the station told."""
    found: dict[str, str] = {}
    for answer in answers:
        if answer["action"] == "GetConfiguration":
            for told in results(answer, "configurationKey"):
                variable = Variable.of_wire(told)
                if variable is not None:
                    found[variable.key] = as_text(told.get("value"))
        elif answer["action"] == "GetVariables":
            for told in results(answer, "getVariableResult"):
                variable = Variable.of_wire(told)
                if variable is not None and told.get("attributeStatus") == "Accepted":
                    found[variable.key] = as_text(told.get("attributeValue"))
    return found


def results(answer: Answer, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a list in an answer."""
    payload = answer.get("payload")
    items = payload.get(name) if isinstance(payload, dict) else None
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


def _status(answer: Answer) -> str:
    if "error" in answer:
        return as_text(answer["error"])
    payload = answer.get("payload")
    return as_text(payload.get("status")) if isinstance(payload, dict) else ""
