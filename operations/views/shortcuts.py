"""The keys of the portal, and switching them off."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.context_processors import portal
from operations.views.requests import PortalRequest

# What each key does (static/js/keyboard.js); Ctrl-K works with the others off, too.
KEYS = (
    (("j", "k"), gettext_lazy("Next row, row before")),
    (("o", "Enter"), gettext_lazy("Open the row")),
    (("x",), gettext_lazy("Select the row")),
    (("e",), gettext_lazy("Expand the row")),
    (("/",), gettext_lazy("To the first filter of the list")),
    (("Ctrl K",), gettext_lazy("Search everything")),
    (("?",), gettext_lazy("This help")),
)


class Shortcuts(View):
    """Which keys do what, as a dialog or on a page."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """The keys, and the pages they go to."""
        context = {
            "title": _("Keyboard"),
            "keys": KEYS,
            "pages": [entry for entry in portal(request)["menu"] if entry["go"]],
            "cancel_url": reverse("home"),
            "as_page": not request.htmx,
        }
        template = "components/_shortcuts.html" if request.htmx else "operations/shortcuts.html"
        return render(request, template, context)
