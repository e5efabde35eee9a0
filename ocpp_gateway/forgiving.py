"""Mends what stations get wrong in a payload, where the meaning is certain, and says so.

Only for payloads that the strict check refused: the schema's own errors say what to mend.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from jsonschema_rs import ValidationError

from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.frames import Payload
from ocpp_gateway.schemas import REQUEST, Part, check_request, validator, violation
from ocpp_gateway.times import parse_time
from operations.schemas import dotted
from operations.versions import OcppVersion

__all__ = ["Finding", "Violation", "parse_time", "repair"]

# Mending a value's shape uncovers what is wrong inside it; the schemas are not deeper than this.
MAX_ROUNDS: Final = 8
# One frame must not keep the other stations waiting: the schema collects all errors of a payload
# before it tells the first, about 10 µs each.
MAX_NODES: Final = 10_000
MAX_MENDS: Final = 1000

# Cut short, these would name another driver or session, or be no key at all.
UNCUTTABLE: Final = frozenset(
    {"idTag", "parentIdTag", "idToken", "transactionId", "csr", "exiRequest", "certificate"}
)

Path: TypeAlias = list[str | int]


class _UnclearError(Exception):
    """Nobody can be sure what the station meant."""


class _Drop:
    """In place of a value: the key goes, as if the station had left it out."""


def repair(
    version: OcppVersion, action: str, payload: Payload, part: Part = REQUEST
) -> tuple[Payload, tuple[Finding, ...]] | Violation:
    """Mend a copy of the payload until its schema takes it, or say why that can't be."""
    strict = validator(version, action, part)
    if strict is None or _size(payload) > MAX_NODES:
        return check_request(version, action, payload, part) or (payload, ())
    mended: Payload = _copied(payload)
    findings: dict[Finding, None] = {}  # each once, in order
    errors: list[ValidationError] = []
    for _ in range(MAX_ROUNDS):
        errors = list(strict.iter_errors(mended))
        if not errors:
            return mended, tuple(findings)
        if len(errors) > MAX_MENDS:
            break
        done = [finding for error in errors if (finding := _mend(mended, error)) is not None]
        if not done:
            break
        findings.update(dict.fromkeys(done))
    return violation(version, errors[0])


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _mend(payload: Payload, error: ValidationError) -> Finding | None:
    """Mend what one schema error complains of, in place; None when that is not certain."""
    path = error.instance_path
    if error.kind.name == "additionalProperties":
        return _drop_keys(payload, path, error.kind.value)
    mender = _MENDERS.get(error.kind.name)
    if mender is None or not path:
        return None
    try:
        parent = _at(payload, path[:-1])
        kind, value = mender(parent[path[-1]], error.kind.value, path)
        if value is _Drop:
            _drop(parent, path[-1])
        else:
            parent[path[-1]] = value
    # LookupError, TypeError: another mend of this round has moved it; the next round sees it.
    except (_UnclearError, LookupError, TypeError):
        return None
    return Finding(kind, _pattern(path), _DETAILS[kind])


def _at(payload: Payload, path: Path) -> Any:
    place: Any = payload
    for step in path:
        place = place[step]
    return place


def _drop(parent: Any, key: str | int) -> None:
    # Leaving out an element of a list moves the others. A key that is required is not lost by
    # dropping it: the next round finds it missing and refuses the payload.
    if not isinstance(parent, dict):
        raise _UnclearError
    del parent[key]


def _drop_keys(payload: Payload, path: Path, keys: list[str]) -> Finding:
    place = _at(payload, path)
    for key in keys:
        del place[key]
    shown = ", ".join(key[:40] for key in keys[:3])
    return Finding("unknown-key", _pattern(path), shown)


def _pattern(path: Path) -> str:
    """Write the path without numbers, so that the same fault of every element is one finding."""
    return re.sub(r"\[\d+\]", "[]", dotted(path))


def _type(value: Any, wanted: list[str], path: Path) -> tuple[str, Any]:
    if value is None:
        return "null", _Drop
    if value == "":
        return "empty-text", _Drop
    return _CONVERSIONS[wanted[0]](value)


def _to_integer(value: Any) -> tuple[str, int]:
    kind = "float-for-integer"
    if isinstance(value, str):
        kind, value = "text-for-number", _number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise _UnclearError
    return kind, int(value)


def _to_number(value: Any) -> tuple[str, int | float]:
    return "text-for-number", _number(value)


def _number(text: Any) -> int | float:
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise _UnclearError
    return int(text) if text.strip().lstrip("+-").isdigit() else float(text)


def _to_boolean(value: Any) -> tuple[str, bool]:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return "text-for-boolean", value.strip().lower() == "true"
    if isinstance(value, int) and value in (0, 1):
        return "number-for-boolean", bool(value)
    raise _UnclearError


def _to_text(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean-for-text", str(value).lower()
    if isinstance(value, (int, float)):
        return "number-for-text", str(value)
    raise _UnclearError


def _to_list(value: Any) -> tuple[str, list[Any]]:
    return "single-for-list", [value]


def _to_object(value: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return "list-for-object", value[0]
    raise _UnclearError


def _enum(value: Any, options: list[str], path: Path) -> tuple[str, Any]:
    if value == "":
        return "empty-text", _Drop
    if isinstance(value, str):
        meant = [option for option in options if option.lower() == value.strip().lower()]
        if len(meant) == 1:
            return "spelling", meant[0]
    raise _UnclearError


def _max_length(value: Any, limit: int, path: Path) -> tuple[str, Any]:
    name = next(step for step in reversed(path) if isinstance(step, str))
    if name in UNCUTTABLE:
        raise _UnclearError
    return "too-long", value[:limit]


def _min_items(value: Any, limit: int, path: Path) -> tuple[str, Any]:
    # Every list of OCPP that may not be empty has to have one item at least: this one has none.
    return "empty-list", _Drop


def _required(value: Any, key: str, path: Path) -> tuple[str, Any]:
    # Vendor data without the vendor's name means nothing to anybody (2.x CustomDataType).
    if path[-1] == "customData":
        return "nameless-custom-data", _Drop
    raise _UnclearError


_NUMBER: Final = re.compile(r"\s*[+-]?\d{1,19}(\.\d{1,19})?([eE][+-]?\d{1,2})?\s*", re.ASCII)

# By the schema keyword that failed: (value, the keyword's value, path) → what it was, new value.
_MENDERS: Final[dict[str, Callable[[Any, Any, Path], tuple[str, Any]]]] = {
    "type": _type,
    "enum": _enum,
    "maxLength": _max_length,
    "minItems": _min_items,
    "required": _required,
}

_CONVERSIONS: Final[dict[str, Callable[[Any], tuple[str, Any]]]] = {
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "string": _to_text,
    "array": _to_list,
    "object": _to_object,
}

_DETAILS: Final = {
    "null": "null instead of leaving it out",
    "empty-text": "empty text instead of leaving it out",
    "float-for-integer": "a decimal number where a whole one belongs",
    "text-for-number": "text where a number belongs",
    "text-for-boolean": "text where true or false belongs",
    "number-for-boolean": "a number where true or false belongs",
    "boolean-for-text": "true or false where text belongs",
    "number-for-text": "a number where text belongs",
    "single-for-list": "a single item where a list belongs",
    "list-for-object": "a list where its only item belongs",
    "spelling": "another spelling of an allowed value",
    "too-long": "longer than allowed, cut",
    "empty-list": "empty list instead of leaving it out",
    "nameless-custom-data": "customData without vendorId, dropped",
}
