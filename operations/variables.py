"""How a setting is called: a key (OCPP 1.6), or a variable of a component (2.x)."""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

LONGEST_NAME = 100  # OCPP has 50
LONGEST_KEY = 400
ACTUAL = "Actual"  # what a variable is now, of its attributes (2.0.1 §3.3 AttributeEnumType)

# A key's text: Component[instance]@evse/connector.Variable[instance]; a plain name is a 1.6 key.
_KEY = re.compile(
    r"(?:(?P<component>[^.\[\]@]+)(?:\[(?P<component_instance>[^\[\]]*)\])?"
    r"(?:@(?P<evse>\d{1,9})(?:/(?P<connector>\d{1,9}))?)?\.)?"
    r"(?P<name>[^.\[\]@]+)(?:\[(?P<instance>[^\[\]]*)\])?"
)
_MARKS = re.compile(r"[%.\[\]@/]")


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting of a station, wherever in it."""

    name: str
    component: str = ""
    component_instance: str = ""
    evse: int | None = None
    connector: int | None = None
    instance: str = ""

    @property
    def key(self) -> str:
        """The one text for it: what settings are kept and looked up by."""
        text = _quoted(self.name) + _bracketed(self.instance)
        if self.component:
            text = f"{self.place}.{text}"
        return text[:LONGEST_KEY]

    @property
    def place(self) -> str:
        """Which component, of which charger and connector."""
        text = _quoted(self.component) + _bracketed(self.component_instance)
        if self.evse is not None:
            text += f"@{self.evse}"
            text += f"/{self.connector}" if self.connector is not None else ""
        return text

    @classmethod
    def of_key(cls, text: str) -> Self:
        """The setting a text means. Raises ValueError where it means none."""
        match = _KEY.fullmatch(text)
        if match is None:
            raise ValueError(text)
        evse, connector = match["evse"], match["connector"]
        return cls(
            name=unquote(match["name"]),
            component=unquote(match["component"] or ""),
            component_instance=unquote(match["component_instance"] or ""),
            evse=int(evse) if evse else None,
            connector=int(connector) if connector else None,
            instance=unquote(match["instance"] or ""),
        )

    @classmethod
    def of_wire(cls, item: dict[str, Any]) -> Self | None:
        """The setting an item of a message names: `component` and `variable`, or a 1.6 `key`."""
        if "key" in item:
            name = _text(item["key"])
            return cls(name) if name else None
        component, variable = _object(item.get("component")), _object(item.get("variable"))
        evse = _object(component.get("evse"))
        name, of = _text(variable.get("name")), _text(component.get("name"))
        if not name or not of:
            return None
        return cls(
            name=name,
            component=of,
            component_instance=_text(component.get("instance")),
            evse=_number(evse.get("id")),
            connector=_number(evse.get("connectorId")),
            instance=_text(variable.get("instance")),
        )

    def wire(self) -> dict[str, Any]:
        """As messages of OCPP 2.x name it."""
        component: dict[str, Any] = {"name": self.component}
        variable = {"name": self.name}
        if self.component_instance:
            component["instance"] = self.component_instance
        if self.evse is not None:
            component["evse"] = {"id": self.evse}
            if self.connector is not None:
                component["evse"]["connectorId"] = self.connector
        if self.instance:
            variable["instance"] = self.instance
        return {"component": component, "variable": variable}


def is_same(value: str, other: str) -> bool:
    """Whether two texts say the same: TRUE and true, 300 and 300.0, "a,b" and "a, b"."""
    return _plain(value) == _plain(other)


def is_on(value: str) -> bool | None:
    """What a switch's text says; None for what is no switch's."""
    return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())


def _plain(value: str) -> str | float | tuple[str, ...]:
    text = value.strip()
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", text):
        return float(text)
    if text.lower() in ("true", "false"):
        return text.lower()
    return tuple(part.strip() for part in text.split(","))


def as_text(value: Any) -> str:
    """A value as text: stations send numbers and booleans too (mobilityhouse 707)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _quoted(name: str) -> str:
    return _MARKS.sub(lambda mark: f"%{ord(mark[0]):02X}", name)


def _bracketed(instance: str) -> str:
    return f"[{_quoted(instance)}]" if instance else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A name, without what no database takes."""
    return as_text(value).replace("\x00", "")[:LONGEST_NAME]


def _number(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**31 else None
