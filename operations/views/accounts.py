"""Account: what one says of oneself, how one signs in, and where one is signed in."""

import re
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from operations.forms.accounts import AccountForm
from operations.models import User, UserSession
from operations.models.users import Theme
from operations.services.accounts import connecting, preferences, second_factor, sessions
from operations.statuses import Role
from operations.views.requests import PortalRequest

# As browsers name themselves; the first that fits is it, since all claim to be the others too.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Browser:
    """A row of the list of browsers."""

    session: UserSession
    name: str
    icon: str
    is_here: bool


class Account(View):
    """One's own page."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """As it is."""
        return self._page(request, AccountForm(instance=request.user))

    def post(self, request: PortalRequest) -> HttpResponse:
        """Keep what was chosen."""
        # A copy: a form writes what it was given into the row, right or wrong.
        user = User.objects.select_related("organisation").get(pk=request.user.pk)
        form = AccountForm(request.POST, instance=user)
        if not form.is_valid():
            return self._page(request, form, status=422)
        values = {name: form.cleaned_data[name] for name in form.fields if name != "password"}
        preferences.change(user=user, values=values)
        messages.success(request, _("Your account is saved."))
        return redirect("account")

    def _page(self, request: PortalRequest, form: AccountForm, status: int = 200) -> HttpResponse:
        user = request.user
        here = request.session.session_key
        context = {
            "form": form,
            "browsers": [_browser(each, here) for each in sessions.of(user)],
            "has_password": user.has_usable_password(),
            "has_code": second_factor.is_on(user),
            "must_have_code": settings.EVCHARGE_ADMINS_NEED_CODE and user.may(Role.ADMIN),
            "single_sign_on": settings.EVCHARGE_OIDC_NAME if settings.EVCHARGE_OIDC_ISSUER else "",
            "connected": SocialAccount.objects.filter(user=user).first(),
        }
        return render(request, "operations/account/page.html", context, status=status)


class ChooseTheme(View):
    """What the buttons in the user's menu say, kept for all of this person's computers."""

    def post(self, request: PortalRequest) -> HttpResponse:
        """Keep it."""
        if request.POST.get("theme") not in Theme.values:
            return HttpResponse(status=400)
        preferences.choose_theme(user=request.user, theme=Theme(request.POST["theme"]))
        return HttpResponse(status=204)


class EndSession(View):
    """Sign one browser out."""

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do it; one's own is signed out as by the menu."""
        row = get_object_or_404(sessions.of(request.user), pk=pk)
        sessions.end(sessions=UserSession.objects.filter(pk=row.pk), user=request.user)
        messages.success(request, _("That browser is signed out."))
        return redirect("account")


class EndSessions(View):
    """Sign all others out."""

    def post(self, request: PortalRequest) -> HttpResponse:
        """Do it."""
        count = sessions.end_all(user=request.user, but=request)
        said = ngettext(
            "%(count)d other browser is signed out.",
            "%(count)d other browsers are signed out.",
            count,
        )
        messages.success(request, said % {"count": count})
        return redirect("account")


class Disconnect(View):
    """From now on with the password only."""

    def post(self, request: PortalRequest) -> HttpResponse:
        """Do it, unless it is the only way in."""
        if not request.user.has_usable_password():
            messages.error(request, _("Set a password first: it would be the only way in."))
        elif connecting.disconnect(user=request.user):
            messages.success(request, _("Your account is no longer connected."))
        return redirect("account")


def _browser(session: UserSession, here: str | None) -> Browser:
    agent = session.browser
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if browser and system:
        name = _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    else:
        name = browser or system or agent[:60] or _("Unknown browser")
    is_phone = re.search("Mobile|Android|iPhone", agent) is not None
    icon = "mobile-screen" if is_phone else "desktop"
    return Browser(session, name, icon, session.session_key == here)
