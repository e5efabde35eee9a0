"""Hides secrets in what is kept and shown; only the wire carries them."""

import json
import re
from typing import Any

MASK = "•••"

# user:password@ in any URL, also half a one: whatever stands between // and @.
CREDENTIALS = re.compile(r"(?<=//)[^/@\s\"]+(?=@)")
SECRET_KEYS = frozenset({"authorizationkey", "basicauthpassword", "password"})


def text(value: str) -> str:
    """The text with the credentials of URLs masked."""
    return CREDENTIALS.sub(MASK, value) if "//" in value else value


def payload(value: Any) -> Any:
    """A copy with credentials masked: those in URLs, and values of keys that hold passwords."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [payload(item) for item in value]
    if isinstance(value, dict):
        hidden = _holds_password(value)
        return {
            key: MASK if key in hidden and isinstance(item, str) else payload(item)
            for key, item in value.items()
        }
    return value


def frame(parts: list[Any]) -> str:
    """An OCPP frame as text, masked."""
    return json.dumps(payload(parts), separators=(",", ":"), ensure_ascii=False)


def raw_frame(raw: str) -> str:
    """A frame's own text, masked; only what may hold a secret is taken apart."""
    lowered = raw.lower()
    if "//" not in raw and not any(key in lowered for key in SECRET_KEYS):
        return raw
    try:
        return frame(json.loads(raw))
    except (ValueError, RecursionError):
        return text(raw)


def _holds_password(value: dict[str, Any]) -> frozenset[str]:
    """Which of this object's keys hold a password.

    1.6: {"key": "AuthorizationKey", "value": …}; 2.x: {"variable": {"name":
    "BasicAuthPassword"}, "attributeValue": …}, or the plain "basicAuthPassword": ….
    """
    plain = {key for key in value if key.lower() in SECRET_KEYS}
    named = value.get("key")
    if isinstance(named, str) and named.lower() in SECRET_KEYS:
        plain.add("value")
    variable = value.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else None
    if isinstance(name, str) and name.lower() in SECRET_KEYS:
        plain.add("attributeValue")
    return frozenset(plain)
