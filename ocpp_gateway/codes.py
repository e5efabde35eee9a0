"""CALLERROR codes and message types, as each OCPP version spells and numbers them."""

from dataclasses import dataclass
from typing import Final

from operations.versions import OcppVersion

CALL: Final = 2
CALL_RESULT: Final = 3
CALL_ERROR: Final = 4
CALL_RESULT_ERROR: Final = 5
SEND: Final = 6

# Spelled alike in every version (OCPP-J 1.6 §4.2.3, 2.0.1 and 2.1 part 4 §4.3).
NOT_IMPLEMENTED: Final = "NotImplemented"  # the receiver does not know the action
NOT_SUPPORTED: Final = "NotSupported"  # it knows the action and does not do it
INTERNAL_ERROR: Final = "InternalError"
PROTOCOL_ERROR: Final = "ProtocolError"
SECURITY_ERROR: Final = "SecurityError"
PROPERTY: Final = "PropertyConstraintViolation"
TYPE: Final = "TypeConstraintViolation"
GENERIC_ERROR: Final = "GenericError"
MESSAGE_TYPE_NOT_SUPPORTED: Final = "MessageTypeNotSupported"


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one version calls the errors that the versions name differently.

    `frame` is for a frame that is no proper message, `format` for a payload of the wrong shape.
    `nameless_id` is what to answer under when no id could be read, None where the version
    has no such answer and the frame is only logged.
    """

    format: str
    occurrence: str
    frame: str
    nameless_id: str | None
    message_types: frozenset[int]


_SPELLINGS: Final = {
    # Both odd spellings are the 1.6 text's own; its errata keeps them (§5.1, §5.2).
    "v16": Spelling(
        format="FormationViolation",
        occurrence="OccurenceConstraintViolation",
        frame="FormationViolation",
        nameless_id=None,
        message_types=frozenset({CALL, CALL_RESULT, CALL_ERROR}),
    ),
    # 2.0.1 still has one r; 2.1 corrected it.
    "v201": Spelling(
        format="FormatViolation",
        occurrence="OccurenceConstraintViolation",
        frame="RpcFrameworkError",
        nameless_id="-1",
        message_types=frozenset({CALL, CALL_RESULT, CALL_ERROR}),
    ),
    "v21": Spelling(
        format="FormatViolation",
        occurrence="OccurrenceConstraintViolation",
        frame="RpcFrameworkError",
        nameless_id="-1",
        message_types=frozenset({CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND}),
    ),
}


def spelling(version: OcppVersion) -> Spelling:
    """Look up how `version` words its errors."""
    return _SPELLINGS[version.slug]
