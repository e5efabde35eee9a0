"""Keeps secrets of requests encrypted until they are sent; pages only ever see them masked."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from operations import masking

Params = dict[str, Any]


class UnsealableError(ValueError):
    """What was sealed can't be read: the key it was sealed with is gone."""


def seal_params(params: Params) -> tuple[Params, str]:
    """The params as anybody may see them, and the whole of them sealed where that hides a secret.

    What masking knows as a secret is one: credentials in URLs, values of what is named a password.
    """
    shown = masking.payload(params)
    return shown, seal(params) if shown != params else ""


def unseal_params(params: Params, sealed: str) -> Params:
    """What was asked, secrets and all. Raises UnsealableError."""
    return unseal(sealed) if sealed else params


def seal(params: Params) -> str:
    """Encrypt with the newest key."""
    text = json.dumps(params, separators=(",", ":"), cls=DjangoJSONEncoder)
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> Params:
    """Decrypt with whichever key fits. Raises UnsealableError."""
    try:
        text = _box().decrypt(sealed.encode())
    except InvalidToken as error:
        raise UnsealableError(
            "The key this was sealed with is none of EVCHARGE_SECRET_KEYS."
        ) from error
    params: Params = json.loads(text)
    return params


def _box() -> MultiFernet:
    """The keys of the settings, newest first; SECRET_KEY serves where none is given.

    A check refuses to go without in production (evcharge/checks.py).
    """
    keys = settings.EVCHARGE_SECRET_KEYS or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(text: str) -> bytes:
    """Any long text makes a key, so that no operator has to know Fernet's own spelling."""
    digest = hashlib.sha256(b"evcharge.sealing:" + text.encode()).digest()
    return base64.urlsafe_b64encode(digest)
