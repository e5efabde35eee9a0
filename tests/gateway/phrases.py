"""What a version's dialect makes of a message, and of the portal's answer to it."""

from datetime import UTC, datetime
from typing import Any

from ocpp_gateway.dialects import DIALECTS
from ocpp_gateway.schemas import check_request, check_response
from operations.answers import Answer
from operations.events import Event
from operations.versions import OcppVersion

HEARD_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A_MINUTE_AGO = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)


def event_of(version: OcppVersion, action: str, payload: dict[str, Any]) -> Event:
    """The event in a message that keeps to the schema."""
    assert check_request(version, action, payload) is None
    return DIALECTS[version.name].handlers[action].translate(payload, HEARD_AT)


def answer_to(
    version: OcppVersion, action: str, answer: Answer = None, payload: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The payload that answers, which keeps to the schema."""
    spelled = DIALECTS[version.name].handlers[action].answer(answer, payload or {})
    assert check_response(version, action, spelled) is None
    return spelled
