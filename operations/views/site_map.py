"""Operations > Overview > Map: the sites on a map, and the same as a list beside it."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations.filters.sites import SiteFilterSet
from operations.models import Site, User
from operations.services import sites
from operations.services.sites import SiteState, Tally
from operations.statuses import ChargingStatus
from operations.tables.sites import SiteTable, chargers_url, state_of, stations_url
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest

MOST_MARKERS = 10_000


def visible(user: User) -> QuerySet[Site]:
    """The sites this user sees, each with its state."""
    return sites.with_state(Site.objects.visible_to(user))


class SiteMap(PortalList):
    """The map, and all sites in words."""

    title = gettext_lazy("Map")
    name = "sites"
    table_class = SiteTable
    filterset_class = SiteFilterSet
    no_match = gettext_lazy("No site matches this filter")
    template_name = "operations/map/page.html"

    def scope(self, user: User) -> QuerySet[Site]:
        """With what is worst there."""
        return visible(user)

    def more(self) -> dict[str, Any]:
        """What the map is drawn from."""
        return {
            "tiles_url": settings.EVCHARGE_MAP_TILES,
            "attribution": settings.EVCHARGE_MAP_ATTRIBUTION,
            "states": list(SiteState),
            "stamp": timezone.now(),
        }

    def teaching(self) -> EmptyState:
        """Sites are made in the administration."""
        state: EmptyState = {
            "empty_title": _("No sites yet"),
            "empty_text": _(
                "A site is a place with stations. Sites are made in the administration; with "
                "latitude and longitude they stand on the map."
            ),
        }
        if self.request.user.is_staff:
            state["empty_url"] = reverse("admin:operations_site_changelist")
            state["empty_action"] = _("Go to the sites")
        return state


class SiteMarkers(View):
    """What the map's script draws: every site that matches the filter and has a place."""

    def get(self, request: PortalRequest) -> HttpResponse:
        """As JSON; the words are those of the list."""
        filterset = SiteFilterSet(request.GET, queryset=visible(request.user), request=request)
        placed = filterset.sites.filter(latitude__isnull=False, longitude__isnull=False)
        found = list(placed.order_by("name", "pk")[:MOST_MARKERS])
        tallies = sites.tallies([site.pk for site in found])
        markers = [_marker(site, tallies.get(site.pk, Tally())) for site in found]
        return JsonResponse({"sites": markers})


def _marker(site: Site, tally: Tally) -> dict[str, Any]:
    return {
        "pk": site.pk,
        "name": site.name,
        "address": site.address,
        "at": [site.latitude, site.longitude],
        "state": state_of(site).value,
        "url": stations_url(site.pk),
        "facts": [{"words": words, "url": url} for words, url in _facts(site.pk, tally)],
    }


def _facts(pk: int, tally: Tally) -> list[tuple[str, str]]:
    """What its window says, each with the list that it counts."""
    facts = [
        (
            _("%(connected)d of %(total)d stations connected")
            % {"connected": tally.connected, "total": tally.stations},
            stations_url(pk, connection="connected"),
        )
    ]
    if tally.offline:
        words = ngettext("%(count)d station offline", "%(count)d stations offline", tally.offline)
        facts.append((words % {"count": tally.offline}, stations_url(pk, connection="offline")))
    if tally.faulted:
        words = ngettext("%(count)d charger faulted", "%(count)d chargers faulted", tally.faulted)
        url = chargers_url(pk, charging_status=ChargingStatus.FAULTED.value)
        facts.append((words % {"count": tally.faulted}, url))
    if tally.charging:
        words = ngettext(
            "%(count)d charger charging", "%(count)d chargers charging", tally.charging
        )
        url = chargers_url(pk, charging_status=ChargingStatus.CHARGING.value)
        facts.append((words % {"count": tally.charging}, url))
    return facts
