"""Who a request is from: pages look as they chose, the audit log names them, admins show a code."""

from collections.abc import Callable
from contextlib import ExitStack

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from operations.services import auditing
from operations.services.accounts import second_factor, sessions

Answer = Callable[[HttpRequest], HttpResponse]


class PreferencesMiddleware:
    """Times in the user's zone, words in their language; strangers get their browser's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as the user likes it."""
        user = request.user
        chosen = user.language if user.is_authenticated else ""
        is_known = chosen in dict(settings.LANGUAGES)
        language = chosen if is_known else translation.get_language_from_request(request)
        with ExitStack() as stack:
            stack.enter_context(translation.override(language))
            if user.is_authenticated:
                stack.enter_context(timezone.override(user.time_zone))
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not is_known:
            patch_vary_headers(response, ("Accept-Language",))
        return response


class ActorMiddleware:
    """What a request changes is its user's doing, from its address.

    Behind a proxy the address is the browser's where `serve --proxy-headers` believes it.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the user's name."""
        address = request.META.get("REMOTE_ADDR") or ""
        with auditing.acting(auditing.person(request.user, address=address)):
            return self.get_response(request)


class SessionsMiddleware:
    """Keeps the list of somebody's browsers true."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note that this browser is in use, now and then."""
        if request.user.is_authenticated:
            sessions.seen(request=request)
        return self.get_response(request)


class SecondFactorMiddleware:
    """Leads those who must sign in with a code to where they switch it on."""

    # What they need for that.
    OPEN = ("/account/second-factor/", "/sign-in/", "/sign-out/")

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, unless a code is to be set up first."""
        user = request.user
        is_open = not user.is_authenticated or request.path.startswith(self.OPEN)
        if is_open or not second_factor.is_missing(user):  # type: ignore[arg-type]
            return self.get_response(request)
        messages.info(request, _("Administrators sign in with a code here: set yours up first."))
        url = reverse("mfa_activate_totp")
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return redirect(url)
