"""Operations > Authorization: the seed's eight settings of the whole fleet."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.filters.authorization import AuthorizationFilterSet
from operations.filters.base import PortalFilterSet
from operations.known_settings.authorization import SETTINGS
from operations.models import Station, User
from operations.tables.authorization import ASKED, AuthorizationTable
from operations.views.lists import EmptyState
from operations.views.selections import Bar, SelectableList


class AuthorizationList(SelectableList):
    """How each station authorizes, as it last said."""

    title = gettext_lazy("Authorization")
    name = "authorization"
    source = "authorization"
    url_name = "authorization-list"
    kind = TargetKind.STATION
    table_class = AuthorizationTable
    filterset_class = AuthorizationFilterSet
    no_match = gettext_lazy("No station matches this filter")
    template_name = "operations/authorization/list.html"

    def scope(self, user: User) -> QuerySet[Station]:
        """With the row of their settings."""
        return Station.objects.visible_to(user).select_related("authorization")

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """What belongs to this page goes first."""
        bar = super().selection(filterset)
        if bar is None:
            return None
        commands = [BY_SLUG[slug] for slug in ASKED]
        mine = [each for each in commands if self.request.user.may(each.permission)]
        return replace(bar, buttons=mine)

    def teaching(self) -> EmptyState:
        """Stations first."""
        return {
            "empty_title": _("No stations yet"),
            "empty_text": _("Their settings are shown here once they have connected."),
            "empty_url": reverse("station-list"),
            "empty_action": _("Go to the stations"),
        }

    def more(self) -> dict[str, Any]:
        """What the settings mean."""
        return {"meanings": SETTINGS}
