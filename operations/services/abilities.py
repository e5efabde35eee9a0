"""What stations can't do, and what they transfer files by, learned from what they answer."""

from collections.abc import Iterator
from typing import Any

from operations.commands.base import UNSUPPORTED_CODES
from operations.models import Station

# OCPP 1.6 security whitepaper and 2.0.1 part 2 §2.1.6 name it differently.
PROTOCOLS_KEY = "SupportedFileTransferProtocols"
PROTOCOLS_VARIABLE = ("OCPPCommCtrlr", "FileTransferProtocols")
MOST_ACTIONS = 100  # of one station; OCPP has fewer


def learn(*, station_pk: int, action: str, answer: dict[str, Any]) -> None:
    """Keep what an answer to a call of ours tells; few do, so few cost a query."""
    if "error" in answer:
        if answer["error"] in UNSUPPORTED_CODES:
            _note_refused(station_pk, action)
        return
    payload = answer.get("payload") or {}
    for name, value in _settings(action, payload):
        if name in {PROTOCOLS_KEY, PROTOCOLS_VARIABLE} and isinstance(value, str):
            _note_protocols(station_pk, value)


def learn_from_report(*, station_pk: int, data: Any) -> None:
    """The same from a part of a NotifyReport (2.0.1 B07)."""
    for item in _dicts(data):
        if _named(item) == PROTOCOLS_VARIABLE:
            for attribute in _dicts(item.get("variableAttribute")):
                if attribute.get("type", "Actual") == "Actual":
                    _note_protocols(station_pk, str(attribute.get("value", "")))


def _note_refused(station_pk: int, action: str) -> None:
    """The station's next firmware may know better, so the present one stands with it."""
    station = Station.objects.filter(pk=station_pk).first()
    if station is None or station.lacks(action) or len(station.refused_actions) >= MOST_ACTIONS:
        return
    station.refused_actions[action] = station.firmware_version
    station.save(update_fields=["refused_actions"])


def _note_protocols(station_pk: int, told: str) -> None:
    Station.objects.filter(pk=station_pk).update(file_protocols=told[:100])


def _settings(action: str, payload: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The settings an answer names, with their values."""
    if action == "GetConfiguration":
        for item in _dicts(payload.get("configurationKey")):
            yield item.get("key"), item.get("value")
    elif action == "GetVariables":
        for item in _dicts(payload.get("getVariableResult")):
            yield _named(item), item.get("attributeValue")


def _named(item: dict[str, Any]) -> tuple[Any, Any]:
    component, variable = item.get("component"), item.get("variable")
    return (
        component.get("name") if isinstance(component, dict) else None,
        variable.get("name") if isinstance(variable, dict) else None,
    )


def _dicts(items: Any) -> Iterator[dict[str, Any]]:
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))
