"""Answers that hold a list of results, each with a status of its own."""

from operations.commands.base import Payload


def statuses(payload: Payload, key: str, name: str = "status") -> list[str]:
    """The status of each result; whatever is none of those is left out."""
    results = payload.get(key)
    items = results if isinstance(results, list) else []
    return [str(item.get(name, "")) for item in items if isinstance(item, dict)]


def status_of_first(payload: Payload, key: str) -> str:
    """Of a list of one."""
    return next(iter(statuses(payload, key)), "")


def worst_status(payload: Payload, key: str, good: str = "Accepted", name: str = "status") -> str:
    """The first that is not good, if there is one."""
    found = statuses(payload, key, name)
    return next((status for status in found if status != good), good if found else "")
