"""What answers and reports say of settings, whatever they look like: no database here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operations import variables
from operations.models.settings import Mutability, SettingState
from operations.variables import Variable, as_text

LONGEST_VALUE = 2_500
LIMIT = 1e15


@dataclass(frozen=True, slots=True)
class Said:
    """What a station said of one setting; `facts` has only what it told, by the row's fields."""

    variable: Variable
    facts: Mapping[str, Any]
    attribute: str = variables.ACTUAL

    @property
    def place(self) -> tuple[str, str]:
        """Which row of a station it is."""
        return self.variable.key, self.attribute


def keys_told(payload: dict[str, Any]) -> Iterator[Said]:
    """GetConfiguration (1.6 §5.8)."""
    for item in dicts(payload.get("configurationKey")):
        variable = Variable.of_wire(item)
        if variable is None:
            continue
        is_readonly = item.get("readonly") in (True, "true", "True")
        mutability = Mutability.READ_ONLY if is_readonly else Mutability.READ_WRITE
        facts = {"value": as_text(item.get("value")), "mutability": mutability}
        yield Said(variable, {**facts, "state": SettingState.REPORTED})


def variables_told(payload: dict[str, Any]) -> Iterator[Said]:
    """GetVariables (2.0.1 B06)."""
    for item in dicts(payload.get("getVariableResult")):
        variable = Variable.of_wire(item)
        if variable is None:
            continue
        facts: dict[str, Any]
        status = item.get("attributeStatus")
        if status == "Accepted":
            value = as_text(item.get("attributeValue"))
            facts = {"value": value, "state": SettingState.REPORTED}
        elif status in ("UnknownComponent", "UnknownVariable"):
            facts = {"state": SettingState.UNKNOWN}
        elif status == "Rejected":  # there, but nobody may read it
            facts = {"state": SettingState.REPORTED, "mutability": Mutability.WRITE_ONLY}
        else:
            facts = {"state": SettingState.MISSING}
        yield Said(variable, facts, as_text(item.get("attributeType"))[:10] or variables.ACTUAL)


def reported(item: dict[str, Any]) -> Iterator[Said]:
    """One variable of a NotifyReport (2.0.1 B07), with each of its attributes."""
    variable = Variable.of_wire(item)
    if variable is None:
        return
    characteristics = _characteristics(item.get("variableCharacteristics"))
    attributes = list(dicts(item.get("variableAttribute"))) or [{}]
    for attribute in attributes:
        mutability = as_text(attribute.get("mutability")) or Mutability.READ_WRITE
        facts = {
            "value": as_text(attribute.get("value")),
            "mutability": mutability if mutability in Mutability else "",
            "state": SettingState.REPORTED,
            **characteristics,
        }
        yield Said(variable, facts, as_text(attribute.get("type"))[:10] or variables.ACTUAL)


def _characteristics(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        return {}
    monitored = told.get("supportsMonitoring")
    return {
        "data_type": as_text(told.get("dataType"))[:20],
        "unit": as_text(told.get("unit"))[:20],
        "min_limit": _limit(told.get("minLimit")),
        "max_limit": _limit(told.get("maxLimit")),
        "values_list": as_text(told.get("valuesList"))[:LONGEST_VALUE],
        "supports_monitoring": monitored if isinstance(monitored, bool) else None,
    }


def _limit(value: Any) -> float | None:
    """A number, also one that came as a text."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if -LIMIT < number < LIMIT else None


@dataclass(frozen=True, slots=True)
class Answered:
    """One setting we wrote, and what the station said to that."""

    variable: Variable
    value: str
    answer: str
    attribute: str = variables.ACTUAL


def answered(action: str, asked: dict[str, Any], answer: Mapping[str, Any]) -> Iterator[Answered]:
    """An error answers all that was asked."""
    error, payload = as_text(answer.get("error")), answer.get("payload")
    told = payload if isinstance(payload, dict) else {}
    if action == "ChangeConfiguration":
        variable = Variable.of_wire(asked)
        if variable is not None:
            value = as_text(asked.get("value"))
            yield Answered(variable, value, error or as_text(told.get("status")))
        return
    statuses = {
        Variable.of_wire(item): as_text(item.get("attributeStatus"))
        for item in dicts(told.get("setVariableResult"))
    }
    for item in dicts(asked.get("setVariableData")):
        variable = Variable.of_wire(item)
        if variable is not None:
            attribute = as_text(item.get("attributeType")) or variables.ACTUAL
            status = error or statuses.get(variable, "")
            yield Answered(variable, as_text(item.get("attributeValue")), status, attribute)


def dicts(items: Any) -> Iterable[dict[str, Any]]:
    """The objects of what should be a list of them."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
