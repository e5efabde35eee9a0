"""A station's page: the picture of its chargers, what it reported, its latest requests."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views import View

from operations.forms.stations import ApproveForm
from operations.models import CommandRun, Station
from operations.services import firmware, stations
from operations.statuses import Role
from operations.tables import cells
from operations.tables.audience import Audience
from operations.tables.runs import title
from operations.views import drawings, run_story, station_frame
from operations.views.conversations import exchanges
from operations.views.requests import PortalRequest

LATEST_RUNS = 8
LATEST_MESSAGES = 10
LATEST_CONNECTIONS = 5
LONGEST_FRAME = 4_000  # of several on one page; a run's own page shows more


class StationDetail(View):
    """One station, in at most eighteen queries."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Its chargers first, then what happened lately; each tab has more."""
        station = station_frame.find(request.user, pk)
        drawing = drawings.of_station(station, Audience.of(request.user).role)
        context = {
            **station_frame.around(request.user, station, "overview"),
            "cabinets": drawing.cabinets,
            "identity_facts": identity_facts(station),
            "reported_facts": reported_facts(station),
            "sessions": [
                {"session": session, "energy": cells.energy(session.energy_wh)}
                for session in drawing.elsewhere
            ],
            **tell_runs(station),
            **tell_messages(station),
            "connections": list(station.connections.order_by("-pk")[:LATEST_CONNECTIONS]),
        }
        return render(request, "operations/station/detail.html", context)


class ApproveStation(View):
    """Takes a station out of quarantine."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For admins only."""
        self.station = station_frame.find(self.request.user, kwargs["pk"])
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


def tell_runs(station: Station) -> dict[str, Any]:
    """The latest requests to this station, each in a line (operations/station/_runs.html)."""
    related = ("station", "charger", "connector", "created_by")
    latest = CommandRun.objects.filter(station=station).select_related(*related)
    runs = [
        {"run": run, "title": title(run), "icon": run_story.icon(run)}
        for run in latest.order_by("-pk")[:LATEST_RUNS]
    ]
    return {"station": station, "runs": runs, "watch": f"station-runs:{station.pk}"}


def tell_messages(station: Station) -> dict[str, Any]:
    """What was said lately (operations/station/_messages.html)."""
    latest = station.messages.order_by("-pk")[:LATEST_MESSAGES]
    return {"station": station, "exchanges": exchanges(latest, longest=LONGEST_FRAME)}


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
    """What the station said of itself, as far as it said it."""
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
    return [{"label": label, "value": value} for label, value in facts if value]
