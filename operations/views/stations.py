"""Operations > Stations."""

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Params, TargetKind
from operations.filters.stations import StationFilterSet
from operations.models import Station, User
from operations.tables.stations import StationTable
from operations.views.lists import EmptyState
from operations.views.selections import SelectableList


class StationList(SelectableList):
    """All stations the user sees."""

    title = gettext_lazy("Stations")
    name = "stations"
    source = "stations"
    url_name = "station-list"
    kind = TargetKind.STATION
    table_class = StationTable
    filterset_class = StationFilterSet
    no_match = gettext_lazy("No station matches this filter")

    @classmethod
    def begins(cls, query: QueryDict) -> Params:
        """Stations filtered for an image are to get that image."""
        return {name: query[name] for name in ("image",) if query.get(name)}

    def scope(self, user: User) -> QuerySet[Station]:
        """With their sites."""
        return Station.objects.visible_to(user).select_related("site")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many, and how many can be asked something."""
        tally = Station.objects.visible_to(user).tally(total=self.in_all())
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
