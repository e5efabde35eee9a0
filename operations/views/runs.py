"""Requests: one run with its history and conversation, cancelling it, asking again."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands import BY_SLUG
from operations.filters.runs import RunFilterSet
from operations.models import CommandBatch, CommandRun, User
from operations.services import runs
from operations.statuses import RunStatus
from operations.tables.runs import RunTable, title
from operations.views import diagnostic_logs, run_story
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


def find(user: User, pk: int) -> CommandRun:
    """A run this user sees, with what its page shows."""
    related = ("station__organisation", "charger", "connector", "created_by", "batch")
    visible = CommandRun.objects.visible_to(user).select_related(*related)
    return get_object_or_404(visible, pk=pk)


def may_ask(user: User, run: CommandRun) -> bool:
    """Whether this user may ask for the same, and so also cancel it."""
    command = BY_SLUG.get(run.command)
    return command is not None and user.may(command.permission)


class RunList(PortalList):
    """Operations > Requests."""

    title = gettext_lazy("Requests")
    name = "requests"
    table_class = RunTable
    filterset_class = RunFilterSet
    order_by = ("-number",)
    no_match = gettext_lazy("No request matches this filter")
    template_name = "operations/runs/list.html"

    def scope(self, user: User) -> QuerySet[CommandRun]:
        """With what their titles name."""
        related = ("station", "charger", "connector", "created_by")
        return CommandRun.objects.visible_to(user).select_related(*related)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many are open."""
        return [{"value": CommandRun.objects.visible_to(user).open().count(), "label": _("open")}]

    def teaching(self) -> EmptyState:
        """Where requests come from."""
        return {
            "empty_title": _("No requests yet"),
            "empty_text": _(
                "What you ask of stations and chargers is kept here, with its outcome."
            ),
            "empty_url": reverse("charger-list"),
            "empty_action": _("Go to the chargers"),
        }


class RunDetail(View):
    """One run: what was asked, what happened, what was said."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The story, and who asked for what."""
        run = find(request.user, pk)
        context = {
            **run_story.tell(run),
            "subtitle": _("Request %(number)d") % {"number": run.pk},
            "about": about(run, request.user),
            "parameters": run_story.parameters(run),
            "may_ask": may_ask(request.user, run),
            **diagnostic_logs.tell_run(run.pk),
        }
        return render(request, "operations/runs/detail.html", context)


class CancelRun(View):
    """GET asks whether it is meant, POST takes back what can be."""

    request: PortalRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who may ask may cancel."""
        self.run = find(self.request.user, kwargs["pk"])
        if not may_ask(self.request.user, self.run):
            raise PermissionDenied(_("Cancelling this request needs a role that may ask for it."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """What cancelling would do."""
        return self.answer(request, _consequence(self.run))

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Cancel; too late is said in a sentence."""
        try:
            withdrawal = runs.cancel(run=self.run, user=request.user)
        except ValueError as refusal:
            if request.htmx:
                return self.answer(request, str(refusal), status=422)
            messages.error(request, str(refusal))
            return redirect("run-detail", pk=pk)
        shown = withdrawal or self.run
        if not request.htmx:
            return redirect("run-detail", pk=shown.pk)
        response = render(request, "operations/ask/_asked.html", run_story.notice(shown))
        response["HX-Trigger"] = "close-dialog"
        return response

    def answer(self, request: PortalRequest, sentence: str, status: int = 200) -> HttpResponse:
        """The question as a dialog, or on a page of its own."""
        context = {
            "run": self.run,
            "title": title(self.run),
            "sentence": sentence,
            "may_cancel": runs.is_cancellable(self.run),
            "as_page": not request.htmx,
        }
        template = "_cancel.html" if request.htmx else "cancel.html"
        return render(request, f"operations/runs/{template}", context, status=status)


def _consequence(run: CommandRun) -> str:
    """What cancelling this run means."""
    if run.status == RunStatus.QUEUED and run.attempts:
        return _("It is not sent again. What was sent the station may still do.")
    if run.status == RunStatus.QUEUED:
        return _("It was not sent yet: the station will hear nothing of it.")
    if runs.is_cancellable(run):
        return _("The station has scheduled it. Cancelling asks the station to take it back.")
    return _("This request can't be cancelled any more: it was sent.")


class AskAgain(View):
    """Leads to the form of the same question, filled in the same way."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """To the dialog of the run's command and target."""
        run = find(request.user, pk)
        if run.command not in BY_SLUG:
            raise Http404
        return redirect(f"{ask_url(run)}?{urlencode({'again': run.pk})}")

    post = get


def ask_url(run: CommandRun) -> str:
    """Where the run's command is asked of the run's target."""
    if run.connector_id is not None:
        return reverse("ask-connector", args=[run.connector_id, run.command])
    if run.charger_id is not None:
        return reverse("ask-charger", args=[run.charger_id, run.command])
    return reverse("ask-station", args=[run.station_id, run.command])


def batch_link(run: CommandRun, user: User) -> str:
    """To the batch it is one of, for who sees that."""
    if run.batch is None or not CommandBatch.objects.visible_to(user).contains(run.batch):
        return ""
    words = _("Batch %(number)d") % {"number": run.batch.pk}
    return format_html('<a href="{}">{}</a>', reverse("batch-detail", args=[run.batch.pk]), words)


def about(run: CommandRun, user: User) -> list[dict[str, Any]]:
    """Who asked whom, when and why."""
    station = format_html(
        '<a href="{}">{}</a>', reverse("station-detail", args=[run.station_id]), run.station.name
    )
    asker = run.created_by.get_username() if run.created_by else _("A script")
    return [
        {"label": _("Station"), "value": station},
        {"label": _("Charger"), "value": run.charger and run.charger.name},
        {"label": _("Connector"), "value": run.connector and run.connector.number},
        {"label": _("Asked by"), "value": asker},
        {"label": _("Asked at"), "value": run_story.moment(run.created_at)},
        {"label": _("Reason"), "value": run.reason},
        {"label": _("Batch"), "value": batch_link(run, user)},
        {"label": _("OCPP"), "value": run.protocol or run.station.protocol},
        {
            "label": _("Waits"),
            "value": _("%(answer)d s for the answer, %(effect)d s for the effect")
            % {"answer": run.answer_timeout_s, "effect": run.effect_timeout_s},
        },
    ]
