"""Notes who signed in, who signed out, and who tried to: Django tells by signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing


def listen() -> None:
    """From now on; called once, when the application is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit.signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.signed-out")
    user_login_failed.connect(_failed, dispatch_uid="audit.sign-in-failed")


def _signed_in(sender: Any, request: HttpRequest | None, user: User, **_kwargs: Any) -> None:
    with auditing.acting(auditing.person(user, address=_address(request))):
        auditing.note(Deed.SIGNED_IN, user)


def _signed_out(
    sender: Any, request: HttpRequest | None, user: User | None, **_kwargs: Any
) -> None:
    if user is not None:
        with auditing.acting(auditing.person(user, address=_address(request))):
            auditing.note(Deed.SIGNED_OUT, user)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any
) -> None:
    name = str(credentials.get("username") or "")
    auditing.note_failed_sign_in(name=name, address=_address(request))


def _address(request: HttpRequest | None) -> str:
    return (request.META.get("REMOTE_ADDR") or "") if request is not None else ""
