"""Notes who signed in, who signed out, and who tried to: packages tell of it by signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing
from operations.services.accounts import sessions, throttling


def listen() -> None:
    """From now on; called once, when the application is ready."""
    from allauth.account import signals as account
    from allauth.mfa import signals as codes
    from allauth.socialaccount import signals as single_sign_on
    from axes.signals import user_locked_out

    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed-in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed-out")
    user_login_failed.connect(_failed, dispatch_uid="accounts.sign-in-failed")
    user_locked_out.connect(_locked, dispatch_uid="accounts.locked")
    account.password_changed.connect(_new_password, dispatch_uid="accounts.password-changed")
    account.password_set.connect(_new_password, dispatch_uid="accounts.password-set")
    account.password_reset.connect(_new_password, dispatch_uid="accounts.password-reset")
    codes.authenticator_added.connect(_codes_on, dispatch_uid="accounts.codes-on")
    codes.authenticator_removed.connect(_codes_off, dispatch_uid="accounts.codes-off")
    codes.authentication_failed.connect(_wrong_code, dispatch_uid="accounts.wrong-code")
    single_sign_on.social_account_added.connect(_connected, dispatch_uid="accounts.connected")


def _signed_in(sender: Any, request: HttpRequest | None, user: User, **_kwargs: Any) -> None:
    with auditing.acting(auditing.person(user, address=_address(request))):
        auditing.note(Deed.SIGNED_IN, user)
    if request is not None:
        sessions.began(request=request, user=user)


def _signed_out(
    sender: Any, request: HttpRequest | None, user: User | None, **_kwargs: Any
) -> None:
    if user is None:
        return
    with auditing.acting(auditing.person(user, address=_address(request))):
        auditing.note(Deed.SIGNED_OUT, user)
    if request is not None:
        sessions.ended(request=request, user=user)


def _failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_kwargs: Any
) -> None:
    name = str(credentials.get("username") or "")
    auditing.note_failed_sign_in(name=name, address=_address(request))


def _locked(sender: Any, request: HttpRequest, username: str | None, **_kwargs: Any) -> None:
    """Once: axes says so again with each attempt that it refuses, without having counted it."""
    if getattr(request, "axes_failures_since_start", None) is not None:
        throttling.note_lock(name=username or "", address=throttling.address_of(request))


def _new_password(sender: Any, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Whoever knew the old one is out, everywhere else."""
    with auditing.acting(auditing.person(user, address=_address(request))):
        auditing.note(Deed.NEW_PASSWORD, user)
        is_theirs = request.user.pk == user.pk
        if is_theirs:
            sessions.renewed(request=request)
        sessions.end_all(user=user, but=request if is_theirs else None)


def _codes_on(sender: Any, user: User, authenticator: Any, **_kwargs: Any) -> None:
    if authenticator.type == authenticator.Type.TOTP:
        auditing.note(Deed.SECOND_FACTOR_ON, user)


def _codes_off(sender: Any, user: User, authenticator: Any, **_kwargs: Any) -> None:
    if authenticator.type == authenticator.Type.TOTP:
        auditing.note(Deed.SECOND_FACTOR_OFF, user)


def _wrong_code(sender: Any, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    auditing.note_failed_sign_in(name=user.get_username(), address=_address(request))


def _connected(sender: Any, sociallogin: Any, **_kwargs: Any) -> None:
    auditing.note(Deed.CONNECTED, sociallogin.user, detail=str(sociallogin.account))


def _address(request: HttpRequest | None) -> str:
    return (request.META.get("REMOTE_ADDR") or "") if request is not None else ""
