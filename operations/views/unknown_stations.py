"""Operations > Unknown stations: who announced themselves and belongs to nobody yet."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.unknown_stations import UnknownStationFilterSet
from operations.models import Station, User
from operations.services import stations
from operations.statuses import Registration, Role
from operations.tables.unknown_stations import UnknownStationTable
from operations.views.health import ActOnStation
from operations.views.lists import EmptyState, PortalList


class UnknownStationList(PortalList):
    """For people who see the whole network: nobody else can tell whose they are."""

    title = gettext_lazy("Unknown stations")
    name = "unknown-stations"
    table_class = UnknownStationTable
    filterset_class = UnknownStationFilterSet
    order_by = ("-created_at",)
    no_match = gettext_lazy("No unknown station matches this filter")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not for people of one organisation."""
        if not self.request.user.sees_whole_network:
            raise PermissionDenied(_("Unknown stations are shown to people who see all stations."))
        return super().dispatch(request, *args, **kwargs)

    def scope(self, user: User) -> QuerySet[Station]:
        """Without an organisation, whether let in or not."""
        return Station.objects.visible_to(user).unassigned()

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many, and how many of them wait."""
        waiting = self.scope(user).filter(registration=Registration.PENDING).count()
        return [
            {"value": self.scope(user).count(), "label": _("in all")},
            {
                "value": waiting,
                "label": _("wait for approval"),
                "tone": "orange" if waiting else "",
                "url": f"?registration={Registration.PENDING}",
            },
        ]

    def teaching(self) -> EmptyState:
        """What becomes of stations nobody created."""
        return {
            "empty_title": _("No unknown stations"),
            "empty_text": POLICY[settings.EVCHARGE_UNKNOWN_STATIONS],
        }


POLICY = {
    "refuse": gettext_lazy(
        "Stations that nobody created are refused. Set EVCHARGE_UNKNOWN_STATIONS to quarantine to "
        "have them listed here instead."
    ),
    "quarantine": gettext_lazy(
        "Stations that nobody created appear here when they connect, and wait for approval."
    ),
    "accept": gettext_lazy(
        "Stations that nobody created are accepted, and appear here until they are assigned."
    ),
}


class ForgetStation(ActOnStation):
    """Deletes a station that belongs to nobody."""

    role = Role.ADMIN
    title = gettext_lazy("Forget %(station)s")
    description = gettext_lazy(
        "It is disconnected, and all it told is deleted. Should it connect again, it is unknown "
        "as before."
    )
    done = gettext_lazy("%(station)s is forgotten.")
    refusal = gettext_lazy("Forgetting a station needs the role admin.")
    label = gettext_lazy("Forget")
    icon = "trash"

    def find_station(self, pk: int) -> Station:
        """Only one that belongs to nobody."""
        station = super().find_station(pk)
        if station.organisation_id is not None:
            raise Http404
        return station

    def act(self) -> bool:
        """Delete it."""
        stations.forget(station=self.station, why=self.who(gettext_lazy("Forgotten by %(user)s.")))
        return True

    def next_url(self) -> str:
        """Back to the list: the station has no page any more."""
        return reverse("unknown-station-list")
