"""Operations > Sessions, and one session with its charts and its messages."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.filters.sessions import SessionFilterSet
from operations.models import Session, User
from operations.tables.sessions import SessionTable, place
from operations.views import session_story
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest

RELATED = ("station", "charger", "connector")


class SessionList(PortalList):
    """All sessions the user sees."""

    title = gettext_lazy("Sessions")
    name = "sessions"
    table_class = SessionTable
    filterset_class = SessionFilterSet
    order_by = ("-started_at",)
    no_match = gettext_lazy("No session matches this filter")

    def scope(self, user: User) -> QuerySet[Session]:
        """With where they charge, and what they took, to sort by."""
        visible = Session.objects.visible_to(user).select_related(*RELATED)
        return visible.annotate(taken_wh=F("meter_last_wh") - F("meter_start_wh"))

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many run."""
        running = Session.objects.visible_to(user).running().count()
        return [{"value": running, "label": _("running"), "url": "?status=running"}]

    def teaching(self) -> EmptyState:
        """Where sessions come from."""
        return {
            "empty_title": _("No sessions yet"),
            "empty_text": _(
                "A session appears by itself when somebody charges at one of the stations."
            ),
            "empty_url": reverse("charger-list"),
            "empty_action": _("Go to the chargers"),
        }


class SessionDetail(View):
    """One session, in at most twelve queries."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """All of it on one page."""
        visible = Session.objects.visible_to(request.user).select_related(*RELATED)
        session = get_object_or_404(visible, pk=pk)
        context = {
            **session_story.tell(session, session_story.current_power_w(session)),
            **session_story.meters(session),
            **session_story.tell_trail(session),
            "log_url": session_story.log_url(session),
            "title": _("Session %(number)d") % {"number": session.pk},
            "subtitle": place(session) or session.station.name,
        }
        return render(request, "operations/sessions/detail.html", context)
