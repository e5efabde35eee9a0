"""The official schemas, which ship with the ocpp library: what can be said, and what is wrong."""

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, TypeAlias

from jsonschema_rs import Draft4Validator, ValidationError

from operations.versions import OcppVersion

# Which side of an action a payload is: each has its own schema. A SEND is said and never
# answered (2.1 NotifyPeriodicEventStream).
Part: TypeAlias = Literal["request", "response", "send"]
REQUEST: Final = "request"
RESPONSE: Final = "response"
SEND: Final = "send"

# How the files of one version are named; a version without an entry has no such messages.
_SUFFIXES: Final[dict[str, dict[Part, str]]] = {
    "v16": {REQUEST: "", RESPONSE: "Response"},
    "v201": {REQUEST: "Request", RESPONSE: "Response"},
    "v21": {REQUEST: "Request", RESPONSE: "Response", SEND: ""},
}

_TEXTS: Final = {
    "required": "{} is missing",
    "type": "{} expected",
    "enum": "not one of the values allowed here",
    "additionalProperties": "has keys that are not allowed here",
    "maxLength": "longer than {} characters",
    "minItems": "fewer than {} items",
    "maxItems": "more than {} items",
    "minimum": "less than {}",
    "maximum": "more than {}",
    "multipleOf": "not a multiple of {}",
}


def actions(version: OcppVersion, part: Part = REQUEST) -> frozenset[str]:
    """List the actions that have a schema for this part."""
    return _actions(version.slug, part)


def validator(version: OcppVersion, action: str, part: Part = REQUEST) -> Draft4Validator | None:
    """Give the compiled schema; None for an action the version does not have."""
    # Asked first, so that a name made up by a station neither opens a file nor fills the cache.
    if action not in _actions(version.slug, part):
        return None
    return _compiled(version.slug, action, part)


def faults(version: OcppVersion, action: str, payload: dict[str, Any]) -> list[str]:
    """List in words what the schema has against a request: where, and what."""
    strict = validator(version, action)
    if strict is None:
        return [f"{action[:50]} is not an action of OCPP {version}"]
    found = ((dotted(error.instance_path), text_of(error)) for error in strict.iter_errors(payload))
    return [f"{where}: {what}" if where else what for where, what in found]


def text_of(error: ValidationError) -> str:
    """Say what is wrong, without the value that caused it."""
    kind, value = error.kind.name, error.kind.value
    shown = " or ".join(value) if kind == "type" else value
    return _TEXTS.get(kind, "not allowed here").format(shown)


def dotted(path: Iterable[str | int]) -> str:
    """Write a place in a payload as people do: `meterValue[0].sampledValue[1].value`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


@cache
def _actions(slug: str, part: Part) -> frozenset[str]:
    suffixes = _SUFFIXES[slug]
    if part not in suffixes:
        return frozenset()
    folder = resources.files("ocpp") / slug / "schemas"
    names = {entry.name.removesuffix(".json") for entry in folder.iterdir()}
    # An empty suffix fits every name: the other parts' names are not meant by it.
    others = tuple(suffix for suffix in suffixes.values() if suffix != suffixes[part] and suffix)
    return frozenset(
        name.removesuffix(suffixes[part])
        for name in names
        if name.endswith(suffixes[part]) and not name.endswith(others)
    )


@cache
def _compiled(slug: str, action: str, part: Part) -> Draft4Validator:
    name = f"{action}{_SUFFIXES[slug][part]}.json"
    text = (resources.files("ocpp") / slug / "schemas" / name).read_text(encoding="utf-8-sig")
    # Draft 4 for all: its integers are integers, 1.0 is a fault to mend. The 2.x files are of
    # draft 6 and use nothing of it. Formats would refuse times without a zone, which stations send.
    return Draft4Validator(_storable(json.loads(text)), validate_formats=False)


def _storable(schema: Any) -> Any:
    """Bound every integer of the schema to what a database column can hold."""
    if isinstance(schema, list):
        return [_storable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {key: _storable(value) for key, value in schema.items()}
    if bounded.get("type") == "integer":
        bounded = {"minimum": -(2**63), "maximum": 2**63 - 1, **bounded}
    properties = bounded.get("properties")
    if isinstance(properties, dict):
        bounded["properties"] = properties | {
            name: {**properties[name], "minimum": 0, "maximum": 2**31 - 1}
            for name in _numbers_of_parts(properties)
        }
    return bounded


def _numbers_of_parts(properties: dict[str, Any]) -> set[str]:
    """Name what counts connectors, EVSEs and events: never negative, and 32 bits (2.0.1 §2.1.3)."""
    names = {"connectorId", "evseId", "seqNo"} & properties.keys()
    # EVSEType: beside a connector's number, id is the EVSE's.
    return names | ({"id"} & properties.keys() if "connectorId" in names else set())
