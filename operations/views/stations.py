"""Operations > Stations."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.stations import StationFilterSet
from operations.models import Station, User
from operations.tables.stations import StationTable
from operations.views.lists import EmptyState, PortalList


class StationList(PortalList):
    """All stations the user sees."""

    title = gettext_lazy("Stations")
    name = "stations"
    table_class = StationTable
    filterset_class = StationFilterSet
    no_match = gettext_lazy("No station matches this filter")

    def scope(self, user: User) -> QuerySet[Station]:
        """With their sites."""
        return Station.objects.visible_to(user).select_related("site")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many, and how many can be asked something."""
        tally = Station.objects.visible_to(user).tally()
        offline = tally["total"] - tally["connected"]
        return [
            {"value": tally["total"], "label": _("in all")},
            {"value": tally["connected"], "label": _("connected")},
            {"value": offline, "label": _("offline"), "tone": "orange" if offline else ""},
        ]

    def teaching(self) -> EmptyState:
        """What to do first."""
        return {
            "empty_title": _("No stations yet"),
            "empty_text": _(
                'Make one with "manage.py create_station IDENTITY", then have the station '
                "connect to %(address)s."
            )
            % {"address": self.stations_address()},
        }
