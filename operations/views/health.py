"""A station's health: its connections, its faults, what it left unanswered; and what to do."""

import json
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations import masking
from operations.commands.base import Text
from operations.models import Station, StationEvent, StationReport, User
from operations.services import connections, stations
from operations.statuses import Registration, Role
from operations.tables.audience import Audience
from operations.tables.health import ConnectionTable
from operations.views import finding_words, vital_signs
from operations.views.conversations import LONGEST_FRAME
from operations.views.requests import PortalRequest
from operations.views.station_frame import around, find

MOST_FINDINGS = 100
MOST_UNANSWERED = 20
LATEST_EVENTS = 50
LATEST_REPORTS = 20
LONGEST_DETAILS = 300


class StationHealth(View):
    """All about how a station speaks, in at most seventeen queries."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The signs, and what they are read from."""
        station = find(request.user, pk)
        signs = vital_signs.read(station)
        context = {
            **around(request.user, station, "health"),
            "signs": signs,
            "unanswered": signs.unanswered[:MOST_UNANSWERED],
            "findings": findings(station),
            "events": events(station),
            "reports": list(station.reports.defer("parts").order_by("-pk")[:LATEST_REPORTS]),
            "table": connection_table(station, request),
            "may_disconnect": station.is_connected and request.user.may(Role.OPERATOR),
            "may_quarantine": may_quarantine(request.user, station),
        }
        return render(request, "operations/health/page.html", context)


def findings(station: Station) -> list[finding_words.Told]:
    """The faults found in how it speaks, the latest first."""
    latest = station.findings.order_by("-last_at")[:MOST_FINDINGS]
    return [finding_words.tell(finding) for finding in latest]


def events(station: Station) -> list[dict[str, Any]]:
    """The last lines of its diary."""
    return [
        {"event": event, "details": details(event)}
        for event in station.events.order_by("-pk")[:LATEST_EVENTS]
    ]


def details(event: StationEvent) -> str:
    """What an event says beside its title, on one line."""
    text = masking.shown(json.dumps(event.details, ensure_ascii=False)) if event.details else ""
    return text if len(text) <= LONGEST_DETAILS else f"{text[:LONGEST_DETAILS]}…"


def connection_table(station: Station, request: PortalRequest) -> ConnectionTable:
    """A page of its connections, newest first."""
    history = station.connections.order_by("-opened_at")
    table = ConnectionTable(history, audience=Audience.of(request.user), orderable=False)
    table.paginate_within(
        page=request.GET.get("page", "1"), per_page=request.GET.get("per_page", "")
    )
    return table


def may_quarantine(user: User, station: Station) -> bool:
    """Whether there is something to put into quarantine, and this user may."""
    return station.registration == Registration.ACCEPTED and user.may(Role.ADMIN)


class ReportDetail(View):
    """A report a station sent in parts, as it came."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Its parts in order."""
        visible = Station.objects.visible_to(request.user)
        found = StationReport.objects.select_related("station").filter(station__in=visible)
        report = get_object_or_404(found, pk=pk)
        parts = sorted(report.parts.items(), key=lambda part: int(part[0]))
        context = {"report": report, "parts": [(number, lay_out(data)) for number, data in parts]}
        return render(request, "operations/health/report.html", context)


def lay_out(data: Any) -> str:
    """A part of a report, indented, its secrets masked."""
    shown = json.loads(masking.shown(json.dumps(data, ensure_ascii=False)))
    return json.dumps(shown, indent=2, ensure_ascii=False)[:LONGEST_FRAME]


class ActOnStation(View):
    """GET asks whether it is meant, POST does it."""

    request: PortalRequest
    role: ClassVar[Role]
    title: ClassVar[Text]
    description: ClassVar[Text]
    done: ClassVar[Text]
    refusal: ClassVar[Text]
    label: ClassVar[Text]
    icon: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Unknown stations first, then who may."""
        self.station = self.find_station(kwargs["pk"])
        if not self.request.user.may(self.role):
            raise PermissionDenied(self.refusal)
        return super().dispatch(request, *args, **kwargs)

    def find_station(self, pk: int) -> Station:
        """The station, if this user sees it."""
        return find(self.request.user, pk)

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """What will happen, and to whom."""
        context = {
            "title": self.title % {"station": self.station.name},
            "description": self.description,
            "icon": self.icon,
            "tone": "red",
            "action": request.path,
            "cancel_url": self.next_url(),
            "submit_label": self.label,
            "as_page": not request.htmx,
        }
        template = "components/_dialog.html" if request.htmx else "operations/ask/page.html"
        return render(request, template, context)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do it, and say so where one comes out."""
        words = {"station": self.station.name}
        if self.act():
            messages.success(request, self.done % words)
        else:
            messages.warning(request, _("%(station)s is not connected.") % words)
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": self.next_url()})
        return redirect(self.next_url())

    def act(self) -> bool:
        """Do what was asked; False when there was no connection to do it to."""
        raise NotImplementedError

    def next_url(self) -> str:
        """Where one comes out."""
        return reverse("station-health", args=[self.station.pk])

    def who(self, words: Text) -> str:
        """What the connection's history says of it."""
        return words % {"user": self.request.user.get_username()}


class DisconnectStation(ActOnStation):
    """Closes a station's socket: most stations connect again within a minute."""

    role = Role.OPERATOR
    title = gettext_lazy("Disconnect %(station)s")
    description = gettext_lazy(
        "Its connection is closed. A station connects again by itself, usually within a minute; "
        "what it is doing goes on meanwhile. Requests that wait for its answer end."
    )
    done = gettext_lazy("%(station)s is being disconnected.")
    refusal = gettext_lazy("Disconnecting a station needs the role operator.")
    label = gettext_lazy("Disconnect")
    icon = "link-slash"

    def act(self) -> bool:
        """Close it."""
        why = self.who(gettext_lazy("Disconnected by %(user)s."))
        return connections.disconnect(station=self.station, why=why)


class QuarantineStation(ActOnStation):
    """Has a station wait for approval again."""

    role = Role.ADMIN
    title = gettext_lazy("Quarantine %(station)s")
    description = gettext_lazy(
        "It is disconnected, and told to wait when it boots again. Until somebody approves it, "
        "its sessions are not accepted."
    )
    done = gettext_lazy("%(station)s is in quarantine; it waits for approval.")
    refusal = gettext_lazy("Putting a station into quarantine needs the role admin.")
    label = gettext_lazy("Quarantine")
    icon = "user-clock"

    def act(self) -> bool:
        """Have it wait."""
        why = self.who(gettext_lazy("Put into quarantine by %(user)s."))
        stations.quarantine(station=self.station, why=why)
        return True
