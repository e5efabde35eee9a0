"""What the official schemas have against a payload, in OCPP's error codes."""

from typing import Any

from jsonschema_rs import ValidationError

from ocpp_gateway import codes
from ocpp_gateway.findings import Violation
from operations.schemas import (
    REQUEST,
    RESPONSE,
    SEND,
    Part,
    actions,
    dotted,
    text_of,
    validator,
)
from operations.versions import OcppVersion

__all__ = [
    "REQUEST",
    "RESPONSE",
    "SEND",
    "Part",
    "actions",
    "check_request",
    "check_response",
    "knows",
    "validator",
    "violation",
]


def knows(version: OcppVersion, action: str) -> bool:
    """Tell whether the version has this action as a CALL."""
    return action in actions(version, REQUEST)


def check_request(
    version: OcppVersion, action: str, payload: dict[str, Any], part: Part = REQUEST
) -> Violation | None:
    """Say what the schema has against a payload; None when it has nothing."""
    strict = validator(version, action, part)
    if strict is None:
        text = f"{action[:50]} is not an action of OCPP {version}"
        return Violation(codes.NOT_IMPLEMENTED, "", text)
    try:
        strict.validate(payload)
    except ValidationError as error:
        return violation(version, error)
    return None


def check_response(version: OcppVersion, action: str, payload: dict[str, Any]) -> Violation | None:
    """Say what the schema has against the payload of a CALLRESULT."""
    return check_request(version, action, payload, RESPONSE)


def violation(version: OcppVersion, error: ValidationError) -> Violation:
    """Put a schema error in OCPP's terms, without the value that caused it."""
    code = _code(version, error.kind.name)
    return Violation(code, dotted(error.instance_path), text_of(error))


def _code(version: OcppVersion, kind: str) -> str:
    spelling = codes.spelling(version)
    match kind:
        case "type":
            return codes.TYPE
        case "required" | "minItems" | "maxItems":
            return spelling.occurrence
        case "additionalProperties":
            return spelling.format
        case _:
            return codes.PROPERTY
