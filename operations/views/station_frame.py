"""What every page of a station has around it: who it is, what can be asked of it, its tabs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from operations.commands.base import Target, Text
from operations.models import CommandRun, Session, Station, User
from operations.statuses import Registration, Role
from operations.tables.audience import Audience
from operations.tables.buttons import buttons_of
from operations.views import alert_story
from operations.views.run_story import Fragment


@dataclass(frozen=True, slots=True)
class Tab:
    """One of a station's pages (operations/station/_tabs.html)."""

    slug: str
    label: Text
    icon: str
    url: str
    count: int = 0
    counted: Text = ""  # what the count is of


def find(user: User, pk: int) -> Station:
    """A station this user sees."""
    visible = Station.objects.visible_to(user).select_related("organisation", "site")
    return get_object_or_404(visible, pk=pk)


def around(user: User, station: Station, tab: str) -> dict[str, Any]:
    """What operations/station/page.html takes. Three queries."""
    alerts = alert_story.of_stations([station.pk])[station.pk]
    return {
        **tell(station, Audience.of(user).role),
        "alerts": alerts,
        "may_approve": may_approve(user, station),
        "tab": tab,
        "tabs": list(_tabs(user, station, alerts=len(alerts))),
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


def _tabs(user: User, station: Station, *, alerts: int) -> Iterator[Tab]:
    """Its pages in order; counted is what goes on now."""
    running = Session.objects.running().filter(station=station).aggregate(number=Count("pk"))
    going_on = Count("pk", Q(closed_at=None))
    asked = CommandRun.objects.open().filter(station=station).aggregate(number=going_on)

    def tab(slug: str, label: Text, icon: str, count: int = 0, counted: Text = "") -> Tab:
        name = "station-detail" if slug == "overview" else f"station-{slug}"
        return Tab(slug, label, icon, reverse(name, args=[station.pk]), count, counted)

    yield tab("overview", _("Overview"), "charging-station")
    yield tab("sessions", _("Sessions"), "bolt", running["number"], _("running"))
    yield tab("requests", _("Requests"), "list-check", asked["number"], _("open"))
    yield tab("messages", _("Messages"), "envelope")
    yield tab("settings", _("Settings"), "sliders")
    yield tab("local-list", _("Local list"), "id-card")
    yield tab("files", _("Files"), "file-lines")
    yield tab("health", _("Health"), "heart-pulse", alerts, _("open alerts"))
    if user.may(Role.ENGINEER):
        yield tab("changes", _("Changes"), "clock-rotate-left")
