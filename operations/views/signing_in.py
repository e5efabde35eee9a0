"""Signing in: with a password, or through the issuer people have an account at."""

from typing import Any

from allauth.account.views import LoginView, PasswordResetView
from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from requests import RequestException

from operations.services.accounts import throttling


class SignIn(LoginView):
    """The sign-in page, with what else leads in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Single sign-on where there is one; what to do about a forgotten password."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        name = settings.EVCHARGE_OIDC_NAME if settings.EVCHARGE_OIDC_ISSUER else ""
        return context | {"single_sign_on": name, "provider_id": "oidc"}


@method_decorator(login_not_required, name="dispatch")
class ForgottenPassword(PasswordResetView):
    """Mails a link, where the portal sends mail at all."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Without mail the page says whom to ask."""
        if not settings.EVCHARGE_SENDS_MAIL:
            return render(request, "account/no_mail.html")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


@login_not_required
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the issuer; only from a page of the portal, so that nobody is sent there unasked."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return redirect("login")
    try:
        response: HttpResponse = openid.login(request, provider_id)
    except RequestException:
        name = settings.EVCHARGE_OIDC_NAME
        messages.error(request, _("%(name)s does not answer. Try again soon.") % {"name": name})
        return redirect("login")
    return response


def locked(
    request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Too many wrong passwords (axes): from when on one may try again."""
    name = str((credentials or {}).get("username") or "")
    until = throttling.locked_until(name=name, address=throttling.address_of(request))
    until = until or timezone.now() + settings.AXES_COOLOFF_TIME
    seconds = max(1, round((until - timezone.now()).total_seconds()))
    context = {"minutes": -(-seconds // 60), "until": until}
    response = render(request, "account/locked.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
