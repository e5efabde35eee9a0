"""Local lists as the wire has them: entries, limits, and what to ask before a list is sent."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from operations.commands.base import Payload, Request
from operations.commands.id_tokens import LONGEST_V16, TYPES
from operations.versions import OcppVersion

LONGEST: Mapping[str, int] = {"1.6": LONGEST_V16, "2.0.1": 36, "2.1": 255}

COMPONENT = "LocalAuthListCtrlr"
V16_KEYS = ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength")
# Entries' limit is no value: only reports have it (2.0.1 part 2 §2.13).
V201_VARIABLES = ("Enabled", "Available", "ItemsPerMessage", "BytesPerMessage")

# A CALL without its list: brackets, a UUID, the action, the other fields and their names.
ENVELOPE_BYTES = 160


class Entry(NamedTuple):
    """One identifier; as a change without a status it is taken off the list."""

    identifier: str
    kind: str
    status: str
    expires_at: str  # as the wire has it; empty: never
    group: str


def carries(protocol: str, entry: Entry) -> bool:
    """Whether this version of OCPP has room for the identifier, and a word for its type."""
    fits = len(entry.identifier) <= LONGEST.get(protocol, LONGEST["2.1"])
    return fits and (protocol != "2.0.1" or entry.kind in TYPES)


def word(protocol: str, entry: Entry) -> Payload:
    """An entry of SendLocalList: without a status it asks for the identifier's removal."""
    return _word_v16(entry) if protocol == "1.6" else _word_v201(entry)


def _word_v16(entry: Entry) -> Payload:
    if not entry.status:
        return {"idTag": entry.identifier}
    info: Payload = {"status": entry.status}
    if entry.expires_at:
        info["expiryDate"] = entry.expires_at
    if 0 < len(entry.group) <= LONGEST_V16:
        info["parentIdTag"] = entry.group
    return {"idTag": entry.identifier, "idTagInfo": info}


def _word_v201(entry: Entry) -> Payload:
    token = {"idToken": entry.identifier, "type": entry.kind}
    if not entry.status:
        return {"idToken": token}
    info: Payload = {"status": entry.status}
    if entry.expires_at:
        info["cacheExpiryDateTime"] = entry.expires_at
    if 0 < len(entry.group) <= LONGEST["2.0.1"]:
        info["groupIdToken"] = {"idToken": entry.group, "type": "Central"}
    return {"idToken": token, "idTokenInfo": info}


def bytes_of(protocol: str, entry: Entry) -> int:
    """How much room an entry takes in a message, with its comma."""
    return len(json.dumps(word(protocol, entry), separators=(",", ":"))) + 1


def send(version: OcppVersion, number: int, update: str, entries: Sequence[Entry]) -> Request:
    """SendLocalList (1.6 §5.15, 2.0.1 D01)."""
    listed = [word(version.name, Entry(*entry)) for entry in entries]
    is_v16 = version.name == "1.6"
    payload: Payload = {
        "listVersion" if is_v16 else "versionNumber": number,
        "updateType": update,
    }
    # 2.x: an empty list is left out, for it must have an entry (D01.FR.04).
    if listed or is_v16:
        payload["localAuthorizationList"] = listed
    return Request("SendLocalList", payload)


def version_in(payload: Payload) -> int | None:
    """The version an answer to GetLocalListVersion tells; -1 is a 1.6 station's "I can't"."""
    number = payload.get("listVersion", payload.get("versionNumber"))
    return number if isinstance(number, int) and -1 <= number < 2**53 else None


def look_v16() -> tuple[Request, ...]:
    """What the station holds, and what it can take."""
    return (
        Request("GetLocalListVersion", {}),
        Request("GetConfiguration", {"key": list(V16_KEYS)}),
    )


def look_v201() -> tuple[Request, ...]:
    """The same in OCPP 2.x (D02)."""
    asked: list[dict[str, Any]] = [
        {"component": {"name": COMPONENT}, "variable": {"name": name}} for name in V201_VARIABLES
    ]
    return (
        Request("GetLocalListVersion", {}),
        Request("GetVariables", {"getVariableData": asked}),
    )
