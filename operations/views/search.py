"""Search: a page of its own, and what the box in the top bar shows while one types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views import View

from operations.context_processors import portal
from operations.views import finding
from operations.views.requests import PortalRequest

LONGEST = 100


class Search(View):
    """Stations, chargers, connectors, tokens, sessions, requests, batches and pages."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """What was found, under headings; its options alone for the box."""
        text = request.GET.get("q", "")[:LONGEST].replace("\x00", "").strip()
        context = {
            "title": _("Search"),
            "text": text,
            "kinds": finding.find(request.user, text, portal(request)["menu"]),
            "further": [finding.anywhere(text)] if text else [],
        }
        in_box = request.htmx and not request.htmx.history_restore_request
        template = "components/_hits.html" if in_box else "operations/search.html"
        response = render(request, template, context | {"in_box": in_box})
        patch_vary_headers(response, ("HX-Request",))
        return response
