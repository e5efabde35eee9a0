"""Operations > Diagnostic logs: what stations sent, here, on runs' and on stations' pages."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.filters.diagnostic_logs import ReceivedFileFilterSet
from operations.models import Download, FileLink, ReceivedFile, Station, User
from operations.services import links, receiving
from operations.statuses import FileState, Role
from operations.tables import cells
from operations.tables.diagnostic_logs import ReceivedFileTable, kind, name
from operations.tables.firmware import fetched
from operations.views import previews
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest
from operations.views.run_story import Fragment, moment
from operations.views.station_frame import OfStation

LATEST_DOWNLOADS = 20


def find(user: User, pk: int) -> ReceivedFile:
    """A file this user sees."""
    visible = ReceivedFile.objects.visible_to(user).select_related("station", "run")
    return get_object_or_404(visible, pk=pk)


class DiagnosticLogList(PortalList):
    """All that stations sent."""

    title = gettext_lazy("Diagnostic logs")
    name = "diagnostic-logs"
    table_class = ReceivedFileTable
    filterset_class = ReceivedFileFilterSet
    order_by = ("-received_at",)
    no_match = gettext_lazy("No file matches this filter")

    def scope(self, user: User) -> QuerySet[ReceivedFile]:
        """With their stations."""
        return ReceivedFile.objects.visible_to(user).select_related("station")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many are coming in."""
        coming = ReceivedFile.objects.visible_to(user).filter(state=FileState.RECEIVING).count()
        if not coming:
            return []
        url = f"?state={FileState.RECEIVING}"
        return [{"value": coming, "label": _("coming in"), "tone": "blue", "url": url}]

    def teaching(self) -> EmptyState:
        """Where they come from."""
        return {
            "empty_title": _("No logs yet"),
            "empty_text": _(
                "Ask a station for its diagnostics: what it sends is received by the portal itself "
                "and kept here."
            ),
            "empty_url": reverse("station-list"),
            "empty_action": _("Go to the stations"),
        }


class StationFiles(OfStation, DiagnosticLogList):
    """A station's tab: what it sent, and the firmware it fetched."""

    name = "files"
    tab = "files"
    hidden = ("station",)
    template_name = "operations/diagnostic_logs/station.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whose files they are."""
        return _("Files of %(station)s") % {"station": self.station.name}

    def scope(self, user: User) -> QuerySet[ReceivedFile]:
        """Those of the one station."""
        return super().scope(user).filter(station=self.station)

    def more(self) -> dict[str, Any]:
        """The page has more to say than the list."""
        return {**super().more(), "downloads": latest_downloads(self.station)}


def latest_downloads(station: Station) -> list[dict[str, Any]]:
    """The firmware a station fetched from the portal, the latest first."""
    latest = Download.objects.filter(station=station).select_related("image", "link")
    return [
        {"download": download, "words": fetched(download)}
        for download in latest.order_by("-started_at")[:LATEST_DOWNLOADS]
    ]


class DiagnosticLogDetail(View):
    """One file: what is known of it, and a careful look inside."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """`?entry=3` looks into an archive's entry."""
        file = find(request.user, pk)
        context = {
            "file": file,
            "title": name(file),
            "facts": facts(file),
            "may_delete": request.user.may(Role.ENGINEER),
            **previews.look(file, request.GET.get("entry", "")),
        }
        return render(request, "operations/diagnostic_logs/detail.html", context)


def facts(file: ReceivedFile) -> list[dict[str, Any]]:
    """Who sent what, for which request, and how it arrived."""
    run_url = reverse("run-detail", args=[file.run_id])
    pairs = [
        (_("Station"), cells.station_link(file.station)),
        (_("Request"), format_html('<a href="{}">{}</a>', run_url, file.run_id)),
        (_("Kind"), kind(file)),
        (
            _("State"),
            f"{file.get_state_display()}: {file.why}" if file.why else file.progress.label,
        ),
        (_("Size"), filesizeformat(file.size_bytes)),
        (_("SHA-256"), file.sha256),
        (_("Came by"), file.protocol.upper()),
        (_("From"), file.remote_address),
        (_("Began"), moment(file.started_at)),
        (_("Received"), moment(file.received_at) if file.received_at else ""),
        (_("Kept until"), moment(file.expires_at) if file.is_kept else ""),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


class DownloadLog(View):
    """Gives the file away as an attachment."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponseBase:
        """To whoever sees its station."""
        return previews.attachment(find(request.user, pk))


class DeleteLog(View):
    """GET asks whether it is meant, POST deletes the file."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For engineers."""
        self.file = find(self.request.user, kwargs["pk"])
        if not self.request.user.may(Role.ENGINEER):
            raise PermissionDenied(_("Deleting a log needs the role engineer."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """What will happen."""
        context = {
            "title": _("Delete %(file)s") % {"file": name(self.file)},
            "description": _("%(station)s sent it. It is deleted for good; the request stays.")
            % {"station": self.file.station.name},
            "icon": "trash",
            "tone": "red",
            "action": request.path,
            "cancel_url": reverse("diagnostic-log-detail", args=[pk]),
            "submit_label": _("Delete"),
            "as_page": not request.htmx,
        }
        template = "components/_dialog.html" if request.htmx else "operations/ask/page.html"
        return render(request, template, context)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Delete it."""
        receiving.delete_by_hand(file=self.file)
        messages.success(request, _("%(file)s is deleted.") % {"file": name(self.file)})
        url = reverse("diagnostic-log-list")
        return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)


# --- On a run's page ---------------------------------------------------------------------------


def tell_run(run_pk: int) -> dict[str, Any]:
    """What operations/runs/_files.html takes: what came, or was fetched, for a run."""
    received = ReceivedFile.objects.filter(run=run_pk).order_by("-pk")
    found = FileLink.objects.filter(run=run_pk).select_related("run", "image", "download")
    given = list(found)
    return {
        "files_key": str(run_pk),
        "received": [
            {"file": file, "name": name(file), "size": filesizeformat(file.size_bytes)}
            for file in received
        ],
        "downloads": [
            {"download": link.download, "image": link.image, "words": fetched(link.download)}
            for link in given
            if hasattr(link, "download")
        ],
        "links": [
            {"is_upload": link.is_upload, "until": until, "is_over": until <= timezone.now()}
            for link in given
            for until in [links.ends_at(link)]
        ],
    }


def run_fragments(run_pk: int) -> list[Fragment]:
    """The files' part of a run's page, for live pushes."""
    return [Fragment(f"run-{run_pk}-files", "operations/runs/_files.html", tell_run(run_pk))]
