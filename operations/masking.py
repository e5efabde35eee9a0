"""Hides secrets in what is kept and shown; only the wire carries them."""

import json
import re
from typing import Any

from django.conf import settings

MASK = "•••"

# Names of settings, variables and fields whose values nobody may read.
WORDS = ("password", "passphrase", "authorizationkey", "simpin")
SECRET = re.compile("|".join(WORDS), re.IGNORECASE)
# Where messages keep the value of a setting or variable they name beside it.
VALUES = frozenset({"value", "attributeValue", "actualValue"})

# A URL from its two slashes (which JSON may escape) to its end, or to the next one's.
_URL = re.compile(r'((?:\\?/){2})((?:(?!(?:\\?/){2})[^\s"])+)')
# Values in text that is no JSON, or JSON cut short: which one is secret can't be told there.
_NAME = r"(?:value|password\w{0,40}|passphrase\w{0,40}|authorizationkey|simpin)"
_QUOTED = re.compile(rf'({_NAME}\\*"?\s*[:=]\s*\\*")(?:\\.|[^"\\])*', re.IGNORECASE)
_BARE = re.compile(rf'({_NAME}\\*"?\s*[:=]\s*)[^\s"\\,;&}}\]]+', re.IGNORECASE)

# The secret in the paths of the portal's own files (`services/transfers.py`).
_LINK = re.compile(r"((?:\\?/)(?:files|uploads)(?:\\?/))[0-9a-f]{32}")

# Who charges: id tokens, by the names OCPP 1.6 and 2.x give them.
TOKENS = ("idTag", "parentIdTag", "idToken", "additionalIdToken")
# In text, for JSON inside of JSON: its quotes are escaped.
_TOKEN = re.compile(rf'((?:{"|".join(TOKENS)})\\*"\s*:\s*\\*")(?:\\[^"]|[^"\\])*')


def text(value: str) -> str:
    """The text with the credentials and secrets of URLs masked, and passwords it speaks of."""
    value = _LINK.sub(rf"\1{MASK}", _URL.sub(_without_credentials, value))
    if SECRET.search(value):
        value = _BARE.sub(rf"\1{MASK}", _QUOTED.sub(rf"\1{MASK}", value))
    return value


def _without_credentials(url: re.Match[str]) -> str:
    """Mask user:password@, also half a one, one with a slash in it, and one cut short."""
    slashes, rest = url.groups()
    authority = rest.split("/", 1)[0]
    credentials, at, _host = authority.rpartition("@")
    if at:
        return slashes + MASK + rest[len(credentials) :]
    _name, colon, port = authority.rpartition(":")
    if not colon or port.isdigit() or port.endswith("]"):
        return slashes + rest
    _credentials, at, host = rest.rpartition("@")
    return slashes + MASK + (at + host if at else "")


def is_masked(value: Any) -> bool:
    """Whether a text is not what was given any more: part of it is hidden."""
    return isinstance(value, str) and MASK in value


def payload(value: Any) -> Any:
    """A copy with credentials masked: those in URLs, and values of what is named a password."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [payload(item) for item in value]
    if isinstance(value, dict):
        hidden = _holds_password(value)
        return {key: _hide(item) if key in hidden else payload(item) for key, item in value.items()}
    return value


def _hide(value: Any) -> Any:
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if isinstance(value, dict):
        return {key: _hide(item) if key in VALUES else payload(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool) else MASK


def _holds_password(value: dict[str, Any]) -> frozenset[str]:
    """Which of this object's keys hold a password.

    1.6: {"key": "AuthorizationKey", "value": …}; 2.x: {"variable": {"name":
    "BasicAuthPassword"}, "attributeValue": …}, or the plain "basicAuthPassword": ….
    """
    plain = {key for key in value if SECRET.search(key)}
    variable = value.get("variable")
    names = (value.get("key"), variable.get("name") if isinstance(variable, dict) else None)
    if any(isinstance(name, str) and SECRET.search(name) for name in names):
        plain |= {*VALUES, "variableAttribute"}
    return frozenset(plain)


def frame(parts: list[Any]) -> str:
    """An OCPP frame as text, masked."""
    return json.dumps(payload(parts), separators=(",", ":"), ensure_ascii=False)


def raw_frame(raw: str) -> str:
    """A frame's own text, masked; only what may hold a secret is taken apart."""
    if not _may_hold_secret(raw):
        return raw
    try:
        return frame(json.loads(raw))
    except (ValueError, RecursionError):
        return text(raw)


def _may_hold_secret(raw: str) -> bool:
    """A quick look, since every frame passes here; a backslash may hide any letter of a word."""
    if "//" in raw or "\\" in raw or "/files/" in raw or "/uploads/" in raw:
        return True
    lowered = raw.lower()
    for word in WORDS:  # noqa: SIM110  any() takes three times as long
        if word in lowered:
            return True
    return False


def shown(raw: str) -> str:
    """A frame as pages and files show it: id tokens masked too where EVCHARGE_MASK_TOKENS says so.

    They stay in what is kept, or nobody could find out whose session it was.
    """
    raw = raw_frame(raw)
    if not settings.EVCHARGE_MASK_TOKENS:
        return raw
    try:
        return json.dumps(tokens(json.loads(raw)), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return _TOKEN.sub(rf"\1{MASK}", raw)


def tokens(value: Any) -> Any:
    """A copy with id tokens masked, also those in JSON that is a text of its own (DataTransfer)."""
    if isinstance(value, str):
        return _TOKEN.sub(rf"\1{MASK}", value)
    if isinstance(value, list):
        return [tokens(item) for item in value]
    if isinstance(value, dict):
        return {
            key: MASK if key in TOKENS and not isinstance(item, dict | list) else tokens(item)
            for key, item in value.items()
        }
    return value
