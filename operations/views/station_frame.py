"""What every page of a station has around it: who it is, what can be asked of it, its tabs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import Value
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.commands.base import Target, Text
from operations.models import Alert, CommandRun, Session, Station, User
from operations.statuses import Registration, Role
from operations.tables.audience import Audience
from operations.tables.base import PortalTable
from operations.tables.buttons import buttons_of
from operations.views import alert_story
from operations.views.lists import PortalList
from operations.views.overview_needs import causes_of
from operations.views.run_story import Fragment


@dataclass(frozen=True, slots=True)
class Count:
    """How much of something goes on now (operations/station/_tab_count.html)."""

    dom_id: str
    number: int
    word: Text


@dataclass(frozen=True, slots=True)
class Tab:
    """One of a station's pages (operations/station/_tabs.html)."""

    slug: str
    label: Text
    icon: str
    url: str
    count: Count | None = None


def find(user: User, pk: int) -> Station:
    """A station this user sees."""
    visible = Station.objects.visible_to(user).select_related("organisation", "site")
    return get_object_or_404(visible, pk=pk)


def around(user: User, station: Station, tab: str) -> dict[str, Any]:
    """What operations/station/page.html takes. Three queries."""
    by_station = alert_story.of_stations([station.pk])
    return {
        **tell(station, Audience.of(user).role),
        "alerts": by_station[station.pk],
        "causes": causes_of([station], by_station)[station.pk],
        "may_approve": may_approve(user, station),
        "tab": tab,
        "tabs": list(_tabs(user, station)),
    }


def tell(station: Station, role: Role) -> dict[str, Any]:
    """How the station is, and what this role can ask of it. No query with its site at hand."""
    return {
        "station": station,
        "zone": station.site.time_zone if station.site else "",
        "buttons": list(buttons_of(Target(station=station), role)),
    }


def fragments(station: Station, role: Role) -> list[Fragment]:
    """What of it changes while one looks at it; for the browsers' hub, as in run_story."""
    context = tell(station, role)
    return [
        Fragment(f"station-{station.pk}-state", "operations/station/_state.html", context),
        Fragment(f"station-{station.pk}-buttons", "operations/station/_buttons.html", context),
    ]


def may_approve(user: User, station: Station) -> bool:
    """Whether there is something to approve, and this user may."""
    return station.registration != Registration.ACCEPTED and user.may(Role.ADMIN)


class OfStation(PortalList):
    """A list on one of a station's pages."""

    tab: ClassVar[str]
    hidden: ClassVar[tuple[str, ...]] = ()  # columns that would say the same in each row
    template_name = "operations/station/list.html"
    station: Station

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The station first."""
        self.station = find(self.request.user, kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def dress(self, table: PortalTable) -> PortalTable:
        """Whose rows they are stands above them."""
        for name in self.hidden:
            table.columns.hide(name)
        return super().dress(table)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """The station's state stands there."""
        return []

    def more(self) -> dict[str, Any]:
        """The station."""
        return around(self.request.user, self.station, self.tab)


def going_on(pks: Collection[int]) -> dict[int, dict[str, Count]]:
    """What goes on at these stations now, by the tab that shows it; one query."""
    first, *others = [
        rows.filter(station__in=pks)
        .order_by()
        .values("station")
        .annotate(tab=Value(tab), number=models.Count("*"))
        .values_list("station", "tab", "number")
        for tab, rows in (
            ("sessions", Session.objects.running()),
            ("requests", CommandRun.objects.open()),
            ("health", Alert.objects.open()),
        )
    ]
    numbers = {(pk, tab): number for pk, tab, number in first.union(*others, all=True)}
    words = {"sessions": _("running"), "requests": _("open"), "health": _("open alerts")}
    return {
        pk: {
            tab: Count(f"station-{pk}-{tab}-count", numbers.get((pk, tab), 0), word)
            for tab, word in words.items()
        }
        for pk in pks
    }


def _tabs(user: User, station: Station) -> Iterator[Tab]:
    """Its pages in order; counted is what goes on now."""
    counts = going_on([station.pk])[station.pk]

    def tab(slug: str, label: Text, icon: str) -> Tab:
        name = "station-detail" if slug == "overview" else f"station-{slug}"
        return Tab(slug, label, icon, reverse(name, args=[station.pk]), counts.get(slug))

    yield tab("overview", _("Overview"), "charging-station")
    yield tab("sessions", _("Sessions"), "bolt")
    yield tab("requests", _("Requests"), "list-check")
    yield tab("messages", _("Messages"), "envelope")
    yield tab("settings", _("Settings"), "sliders")
    yield tab("local-list", _("Local list"), "id-card")
    yield tab("files", _("Files"), "file-lines")
    yield tab("health", _("Health"), "heart-pulse")
    if user.may(Role.ENGINEER):
        yield tab("changes", _("Changes"), "clock-rotate-left")
