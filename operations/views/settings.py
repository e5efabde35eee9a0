"""A station's tab "Settings": what it reports, what can be changed, and who changed what."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.filters.base import PortalFilterSet
from operations.filters.settings import SettingChangeFilterSet, SettingFilterSet
from operations.known_settings.authorization import SETTINGS
from operations.models import AuthorizationProfile, SettingChange, Station, StationSetting, User
from operations.models.settings import SettingState
from operations.tables import buttons
from operations.tables.audience import Audience
from operations.tables.authorization import shown
from operations.tables.base import PortalTable
from operations.tables.settings import SettingChangeTable, SettingTable
from operations.versions import V16
from operations.views import station_frame
from operations.views.lists import EmptyState
from operations.views.requests import PortalRequest
from operations.views.selections import Bar
from operations.views.station_frame import OfStation

MOST_KEYS = 100  # of one request
TICKED = ("change-settings", "read-settings")
ASKED = ("read-settings", "change-settings", "change-authorization")


class StationSettings(OfStation):
    """All the station ever told of its settings."""

    name = "settings"
    tab = "settings"
    table_class = SettingTable
    filterset_class = SettingFilterSet
    order_by = ("setting",)
    no_match = gettext_lazy("No setting matches this filter")
    template_name = "operations/settings/station.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whose they are."""
        return _("Settings of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[StationSetting]:
        """Those of its version; what it has not is only shown where somebody asks for that."""
        return settings_of(self.station, with_missing="state" in self.request.GET)

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """Whose they are is known here."""
        table = super().build_table(rows)
        for record in table.records():
            record.station = self.station
        return table

    def selection(self, filterset: PortalFilterSet) -> Bar | None:
        """What can be asked for ticked settings."""
        commands = [BY_SLUG[slug] for slug in TICKED]
        mine = [each for each in commands if self.request.user.may(each.permission)]
        if not mine:
            return None
        return Bar(
            url=reverse("station-settings-ask", args=[self.station.pk]),
            filter=filterset.without("page", "sort", "per_page", "tick").removeprefix("?"),
            total=self.table.paginator.count,
            is_filtered=filterset.is_active,
            page_url=self.url_with(tick="page"),
            buttons=mine,
            groups=[],
            stands=False,
        )

    def teaching(self) -> EmptyState:
        """They come when they are read."""
        url = reverse("ask-station", args=[self.station.pk, "read-settings"])
        return {
            "empty_title": _("Its settings were not read yet"),
            "empty_text": _("Read them from the station: that takes a few seconds."),
            "empty_url": url,
            "empty_action": _("Read settings"),
        }

    def more(self) -> dict[str, Any]:
        """What stands above the list."""
        awaiting = StationSetting.objects.awaiting_reboot().filter(station=self.station)
        profile = AuthorizationProfile.objects.filter(station=self.station).first()
        role = Audience.of(self.request.user).role
        target = Target(station=self.station)
        return {
            **super().more(),
            "tab_buttons": [
                buttons.button_of(BY_SLUG[slug], target, role, place="tab-") for slug in ASKED
            ],
            "awaiting_reboot": list(awaiting.values_list("key", flat=True)[:10]),
            "authorization": [
                {"label": each.label, "value": shown(profile, each.field)} for each in SETTINGS
            ],
            "profile": profile,
        }


def settings_of(station: Station, *, with_missing: bool) -> QuerySet[StationSetting]:
    """A station's settings, in the names of the version it speaks."""
    rows = StationSetting.objects.filter(station=station)
    if station.version is not None:
        is_key = Q(component="")
        rows = rows.filter(is_key if station.version == V16 else ~is_key)
    if not with_missing:
        there = Q(state=SettingState.REPORTED) | Q(is_by_hand=True)
        rows = rows.filter(there | Q(reboot_required_at__isnull=False))
    return rows


class AskSettings(View):
    """From ticked settings to the dialog that changes or reads them."""

    request: PortalRequest

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Their names go along in the link."""
        station = station_frame.find(self.request.user, pk)
        slug = request.GET.get("command", "")
        if slug not in TICKED:
            raise Http404
        keys = list(self._keys(station)[: MOST_KEYS + 1])
        if not keys:
            messages.warning(request, _("Tick the settings first."))
            return redirect("station-settings", pk=pk)
        if len(keys) > MOST_KEYS:
            sentence = _("These are more than %(most)d settings: tick fewer.")
            messages.warning(request, sentence % {"most": MOST_KEYS})
            return redirect("station-settings", pk=pk)
        query = urlencode({"keys": "\n".join(keys)})
        return redirect(f"{reverse('ask-station', args=[pk, slug])}?{query}")

    def _keys(self, station: Station) -> QuerySet[StationSetting, str]:
        """Of the rows ticked, or of all that the filter finds."""
        data = self.request.GET
        rows = settings_of(station, with_missing=True)
        if data.get("all") == "1":
            query = QueryDict(data.get("filter", ""))
            scope = settings_of(station, with_missing="state" in query)
            filterset = SettingFilterSet(query, queryset=scope, request=self.request)
            rows = filterset.qs if filterset.form.is_valid() else rows.none()
        else:
            picked = [text for text in data.getlist("pick") if text.isdecimal() and len(text) < 19]
            rows = rows.filter(pk__in=picked[:MOST_KEYS])
        return rows.order_by("key").values_list("key", flat=True).distinct()


class StationSettingChanges(OfStation):
    """The history of a station's settings."""

    name = "setting-changes"
    tab = "settings"
    table_class = SettingChangeTable
    filterset_class = SettingChangeFilterSet
    order_by = ("-at",)
    no_match = gettext_lazy("No change matches this filter")
    template_name = "operations/settings/changes.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whose they are."""
        return _("Changed settings of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[SettingChange]:
        """With who asked."""
        rows = SettingChange.objects.visible_to(user).filter(station=self.station)
        return rows.select_related("user")

    def teaching(self) -> EmptyState:
        """Nothing happened."""
        return {
            "empty_title": _("Nothing was changed yet"),
            "empty_text": _("Who changes a setting, and what the station did, is kept here."),
        }
