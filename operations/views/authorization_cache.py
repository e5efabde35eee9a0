"""Operations > Authorization Cache: the fleet's, and one station's with what to mind."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.filters.authorization_cache import AT_RISK, CacheFilterSet
from operations.filters.base import PortalFilterSet
from operations.known_settings.authorization import BY_FIELD
from operations.models import Station, User
from operations.models.settings import Switch
from operations.services import caching
from operations.tables.audience import Audience
from operations.tables.authorization import profile_of
from operations.tables.authorization_cache import FIELDS, CacheTable, deeds, is_on, shown
from operations.tables.cells import moment
from operations.views.lists import EmptyState
from operations.views.requests import PortalRequest
from operations.views.selections import Bar, SelectableList

COMMANDS = ("clear-cache", "change-authorization", "read-settings")


class AuthorizationCacheList(SelectableList):
    """Each station's cache, as it last said."""

    title = gettext_lazy("Authorization Cache")
    name = "authorization-cache"
    source = "authorization-cache"
    url_name = "authorization-cache-list"
    kind = TargetKind.STATION
    table_class = CacheTable
    filterset_class = CacheFilterSet
    no_match = gettext_lazy("No station matches this filter")
    template_name = "operations/authorization_cache/list.html"

    def scope(self, user: User) -> QuerySet[Station]:
        """With the row of their settings."""
        visible = Station.objects.visible_to(user)
        return visible.select_related("authorization", "organisation")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many are on, and how many had better not be."""
        stations = Station.objects.visible_to(user)
        on = stations.filter(authorization__cache_enabled=Switch.ON).count()
        risky = caching.at_risk(stations).count()
        figures: list[dict[str, Any]] = [
            {"value": on, "label": _("on"), "url": f"?cache_enabled={Switch.ON}"}
        ]
        if risky:
            label, url = _("may hold pre-paid tokens"), f"?caution={AT_RISK}"
            figures.append({"value": risky, "label": label, "tone": "orange", "url": url})
        return figures

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """Only what has to do with the cache."""
        bar = super().selection(filterset)
        commands = [BY_SLUG[slug] for slug in COMMANDS]
        mine = [each for each in commands if self.request.user.may(each.permission)]
        return replace(bar, buttons=mine, groups=[]) if bar else None

    def teaching(self) -> EmptyState:
        """Stations first."""
        return {
            "empty_title": _("No stations yet"),
            "empty_text": _("Their caches are shown here once they have connected."),
            "empty_url": reverse("station-list"),
            "empty_action": _("Go to the stations"),
        }


class AuthorizationCacheDetail(View):
    """One station's cache: what it is, the switch, and what to mind."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """All of it on one page."""
        visible = Station.objects.visible_to(request.user)
        station = get_object_or_404(visible.select_related("authorization"), pk=pk)
        audience = Audience.of(request.user)
        context = {
            "station": station,
            "facts": _facts(station),
            "deeds": list(deeds(station, audience.role, place="cache-")),
            "may_hold_pre_paid": is_on(station)
            and bool(caching.with_pre_paid({station.organisation_id})),
            "pre_paid_exist": bool(caching.with_pre_paid({station.organisation_id})),
            "is_uncleared": not is_on(station) and bool(caching.uncleared([station.pk])),
        }
        return render(request, "operations/authorization_cache/detail.html", context)


def _facts(station: Station) -> list[dict[str, Any]]:
    profile = profile_of(station)
    facts = [{"label": BY_FIELD[field].label, "value": shown(station, field)} for field in FIELDS]
    as_of = moment(profile.read_at) if profile else ""
    return [*facts, {"label": _("As of"), "value": as_of}]
