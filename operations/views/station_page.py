"""A station's page: what it reported, its chargers, its latest requests and messages."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views import View

from operations.commands.base import Target
from operations.forms.stations import ApproveForm
from operations.models import Charger, CommandRun, Session, Station, User
from operations.services import firmware, stations
from operations.statuses import Registration, Role
from operations.tables import cells
from operations.tables.audience import Audience
from operations.tables.buttons import buttons_of
from operations.tables.chargers import ChargerTable
from operations.tables.runs import title
from operations.views import alert_story, run_story
from operations.views.chargers import connector_tables
from operations.views.conversations import exchanges
from operations.views.requests import PortalRequest
from operations.views.run_story import Fragment

LATEST_RUNS = 20
LATEST_MESSAGES = 50
LATEST_CONNECTIONS = 20
# What the page's head says already.
KNOWN_ABOVE = ("station", "vendor", "model", "serial_number")
LONGEST_FRAME = 4_000  # of fifty on one page; a run's own page shows more


def find(user: User, pk: int) -> Station:
    """A station this user sees."""
    visible = Station.objects.visible_to(user).select_related("organisation", "site")
    return get_object_or_404(visible, pk=pk)


class StationDetail(View):
    """One station, in at most sixteen queries."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """All of it on one page."""
        station, audience = find(request.user, pk), Audience.of(request.user)
        context = {
            **tell(station, audience.role),
            "alerts": alert_story.of_stations([pk])[pk],
            "identity_facts": identity_facts(station),
            "reported_facts": reported_facts(station),
            "table": charger_table(station, audience),
            "sessions": running_sessions(station),
            "runs": latest_runs(station),
            "exchanges": exchanges(
                station.messages.order_by("-pk")[:LATEST_MESSAGES], longest=LONGEST_FRAME
            ),
            "connections": list(station.connections.order_by("-pk")[:LATEST_CONNECTIONS]),
            "may_approve": may_approve(request.user, station),
        }
        return render(request, "operations/station/detail.html", context)


class ApproveStation(View):
    """Takes a station out of quarantine."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For admins only."""
        self.station = find(self.request.user, kwargs["pk"])
        if not self.request.user.may(Role.ADMIN):
            raise PermissionDenied(_("Approving a station needs the role admin."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Ask whose it is."""
        form = ApproveForm(initial={"organisation": self.station.organisation_id})
        return self.answer(request, form)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Approve."""
        form = ApproveForm(request.POST)
        if not form.is_valid():
            return self.answer(request, form, status=422)
        stations.approve(station=self.station, organisation=form.cleaned_data["organisation"])
        messages.success(
            request,
            _("%(station)s is approved; it works as soon as it boots again.")
            % {"station": self.station.name},
        )
        detail = reverse("station-detail", args=[pk])
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": detail})
        return redirect(detail)

    def answer(self, request: PortalRequest, form: ApproveForm, status: int = 200) -> HttpResponse:
        """The question as a dialog, or on a page of its own."""
        context = {
            "form": form,
            "title": _("Approve %(station)s") % {"station": self.station.name},
            "description": _("It connected as %(identity)s and waits to be let in.")
            % {"identity": self.station.identity},
            "icon": "check",
            "action": request.path,
            "cancel_url": reverse("station-detail", args=[self.station.pk]),
            "submit_label": _("Approve"),
            "as_page": not request.htmx,
        }
        template = "components/_dialog.html" if request.htmx else "operations/ask/page.html"
        return render(request, template, context, status=status)


def fragments(station: Station, role: Role) -> list[Fragment]:
    """What of the page changes while one looks at it; for the browsers' hub, as in run_story."""
    context = tell(station, role)
    return [
        Fragment(f"station-{station.pk}-state", "operations/station/_state.html", context),
        Fragment(f"station-{station.pk}-buttons", "operations/station/_buttons.html", context),
    ]


def tell(station: Station, role: Role) -> dict[str, Any]:
    """The page's head: how the station is, and what this role can ask of it. No query."""
    return {"station": station, "buttons": list(buttons_of(Target(station=station), role))}


def may_approve(user: User, station: Station) -> bool:
    """Whether there is something to approve, and this user may."""
    return station.registration != Registration.ACCEPTED and user.may(Role.ADMIN)


def charger_table(station: Station, audience: Audience) -> ChargerTable:
    """The chargers as their list shows them, each with its connectors: live in the same way."""
    chargers = list(Charger.objects.filter(station=station).order_by("number"))
    for charger in chargers:
        charger.station = station
    table = ChargerTable(chargers, audience=audience, exclude=KNOWN_ABOVE)
    for column in table.columns:
        column.column.orderable = False  # a handful of rows, in the order of their numbers
    table.learn(chargers)
    table.open_rows = connector_tables(chargers, audience)
    table.empty_title = _("No charger yet")
    table.empty_text = _("Chargers and connectors appear when the station reports their status.")
    return table


def running_sessions(station: Station) -> list[dict[str, Any]]:
    """The charging sessions that run now, and what they took so far."""
    running = Session.objects.running().filter(station=station)
    return [
        {"session": session, "energy": cells.energy(session.energy_wh)}
        for session in running.select_related("connector", "charger").order_by("-started_at")
    ]


def latest_runs(station: Station) -> list[dict[str, Any]]:
    """The latest requests to this station, each in a line."""
    related = ("station", "charger", "connector", "created_by")
    latest = CommandRun.objects.filter(station=station).select_related(*related)
    return [
        {"run": run, "title": title(run), "icon": run_story.icon(run)}
        for run in latest.order_by("-pk")[:LATEST_RUNS]
    ]


def identity_facts(station: Station) -> list[dict[str, Any]]:
    """What the portal knows of it."""
    return [
        {"label": _("Identity"), "value": station.identity},
        {"label": _("Organisation"), "value": station.organisation},
        {"label": _("Site"), "value": station.site},
        {"label": _("Protocol"), "value": station.get_protocol_display()},
        {"label": _("Registration"), "value": station.get_registration_display()},
    ]


def firmware_fact(station: Station) -> str | SafeString:
    """Its version, and what the library has instead."""
    newer = firmware.newer_for(station)
    if newer is None:
        return station.firmware_version
    words = _("Outdated: %(version)s is in the library") % {"version": newer.version}
    return format_html(
        '{} <a href="{}">{}</a>',
        station.firmware_version,
        reverse("firmware-detail", args=[newer.pk]),
        cells.badge(word=words, tone="orange", icon="arrow-up"),
    )


def reported_facts(station: Station) -> list[dict[str, Any]]:
    """What the station said of itself."""
    facts = [
        (_("Vendor"), station.vendor),
        (_("Model"), station.model),
        (_("Serial number"), station.serial_number),
        (_("Firmware"), firmware_fact(station)),
        (_("ICCID"), station.iccid),
        (_("IMSI"), station.imsi),
        (_("Booted"), run_story.moment(station.booted_at) if station.booted_at else ""),
        (_("Boot reason"), station.boot_reason),
        (_("Main status"), station.get_main_status_display()),
        (_("Main error"), station.main_error),
    ]
    return [{"label": label, "value": value} for label, value in facts]
