"""Operations > Overview: what needs someone, the figures, the charts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from operations.views import overview_story
from operations.views.requests import PortalRequest


class Overview(View):
    """The fleet at a glance; its figures are counted once for all who look."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """The page, part by part as live pushes replace them."""
        parts = [*overview_story.fragments(request.user), overview_story.timeline(request.user)]
        context = {"title": _("Overview")}
        for part in parts:
            context |= part.context
        return render(request, "operations/overview/page.html", context)
