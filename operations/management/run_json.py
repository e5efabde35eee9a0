"""A run as JSON; others script against these names, so they stay."""

import json
from datetime import datetime
from typing import Any

from operations import masking
from operations.models import CommandRun, OcppMessage


def run_as_json(run: CommandRun) -> dict[str, Any]:
    """The run with its transitions and frames, secrets masked."""
    return {
        "id": run.pk,
        "command": run.command,
        "station": run.station.identity,
        "charger": run.charger.number if run.charger else None,
        "connector": run.connector.number if run.connector else None,
        "params": masking.payload(run.params),
        "status": run.status,
        "summary": run.summary,
        "createdAt": _time(run.created_at),
        "sentAt": _time(run.sent_at),
        "answeredAt": _time(run.answered_at),
        "closedAt": _time(run.closed_at),
        "attempts": run.attempts,
        "answers": masking.payload(run.answers),
        "transitions": [
            {
                "at": _time(step.at),
                "from": step.from_status or None,
                "to": step.to_status,
                "cause": step.cause,
            }
            for step in run.transitions.order_by("pk")
        ],
        "frames": [frame for message in run.messages.order_by("pk") for frame in _frames(message)],
    }


def _frames(message: OcppMessage) -> list[dict[str, Any]]:
    """The call, and the answer that came back, each as it went over the wire."""
    asked = "received" if message.is_from_station else "sent"
    answered = "sent" if message.is_from_station else "received"
    frames = [_frame(message, asked, message.call, message.called_at, None)]
    if message.answered_at is not None:
        frames.append(
            _frame(message, answered, message.answer, message.answered_at, message.latency_ms)
        )
    return frames


def _frame(
    message: OcppMessage, direction: str, text: str, at: datetime, latency_ms: int | None
) -> dict[str, Any]:
    return {
        "direction": direction,
        "action": message.action,
        "uniqueId": message.unique_id,
        "frame": _parsed(masking.raw_frame(text)),
        "at": _time(at),
        "latencyMs": latency_ms,
    }


def _parsed(text: str) -> Any:
    """The frame as JSON, or its text where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
