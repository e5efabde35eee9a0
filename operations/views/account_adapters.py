"""Tells allauth how accounts are here: who may have one, how mail goes out, what is sealed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.contrib.sites.requests import RequestSite
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import sealing, tasks
from operations.models import User
from operations.models.audit import Deed
from operations.services import auditing
from operations.services.accounts import claims, throttling

WRONG_CODE = gettext_lazy("This is not the code that is shown now. Each code is good for once.")
SHOWN = {"account/messages/logged_in.txt", "mfa/messages/recovery_codes_generated.txt"}
TOO_MANY = gettext_lazy("Too many wrong codes. Try again in five minutes.")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by admins, or by single sign-on."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "No account has this username and this password. Passwords tell A from a."
        ),
        "enter_current_password": gettext_lazy("That is not your present password."),
        "incorrect_password": gettext_lazy("That is not your password."),
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by axes, which knows how to say until when."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere in the portal."""
        return throttling.address_of(request) or "0.0.0.0"  # noqa: S104

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Only what the page that follows does not show anyway."""
        if message_template not in SHOWN:
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's own page."""
        return reverse("account")

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """To the address on file, however it was typed."""
        super().send_password_reset_mail(user, user.email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By the worker: how long an answer takes must not tell whether there is an account."""
        site = RequestSite(self.request)
        mail = self.render_mail(template_prefix, email, {"current_site": site, **context})
        tasks.send_mail.delay(mail.subject, mail.body, mail.to)


class CodeAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are sealed like all others."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def get_totp_issuer(self) -> str:
        """What the app shows above the code."""
        return _("EV Charge")

    def get_totp_label(self, user: User) -> str:
        """… and whose it is."""
        return user.get_username()

    def encrypt(self, text: str) -> str:
        """With the newest of EVCHARGE_SECRET_KEYS."""
        return sealing.seal({"text": text})

    def decrypt(self, encrypted_text: str) -> str:
        """With whichever fits."""
        return str(sealing.unseal(encrypted_text)["text"])


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Whom the issuer knows may come in; what they may do here, their claims or an admin say."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """The issuer decides whom it lets through."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Never into an account that only has the same address; roles as the claims say now."""
        told = _claims(request, sociallogin)
        sociallogin.email_addresses = []  # what counts is User.email
        if sociallogin.state.get("process") == "connect":
            return
        if sociallogin.is_existing:
            with auditing.acting(auditing.person(sociallogin.user, address=_address(request))):
                claims.apply(user=sociallogin.user, claims=told)
            return
        email = claims.verified_email(told)
        if email and User.objects.filter(email__iexact=email).exists():
            refuse(
                request,
                _(
                    "An account here already has your e-mail address. Sign in with its password, "
                    "then connect the two under Account."
                ),
            )

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Only an address that the issuer vouches for."""
        told = _claims(request, sociallogin)
        data = {**data, "email": claims.verified_email(told)}
        user: User = super().populate_user(request, sociallogin, data)
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Somebody new: a viewer of nothing, unless their claims say more."""
        user: User = super().save_user(request, sociallogin, form)
        with auditing.acting(auditing.person(user, address=_address(request))):
            auditing.note(Deed.CREATED, user, changes=auditing.difference(None, user))
            claims.apply(user=user, claims=_claims(request, sociallogin))
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Back to one's own page."""
        return reverse("account")


def refuse(request: HttpRequest, why: str) -> None:
    """Back to the sign-in page, with the reason. Raises ImmediateHttpResponse."""
    messages.error(request, why)
    raise ImmediateHttpResponse(redirect("login"))


def _claims(request: HttpRequest, sociallogin: Any) -> claims.Claims:
    try:
        return claims.merged(sociallogin.account.extra_data)
    except ValueError:
        refuse(request, _("The single sign-on gave an answer that does not fit together."))
        raise


def _address(request: HttpRequest) -> str:
    return throttling.address_of(request) or ""
