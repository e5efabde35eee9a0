"""Requests to many: the list of batches, a batch's own page, and what can be done about one."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind, Text
from operations.filters.batches import BatchFilterSet, BatchRunFilterSet
from operations.models import CommandBatch, CommandRun, User
from operations.services import batch_figures, batches, targets
from operations.tables.batches import BatchTable, title_of
from operations.tables.runs import BatchRunTable
from operations.views import batch_story, run_story
from operations.views.lists import EmptyState, PortalList
from operations.views.preview import terms_in_words
from operations.views.requests import PortalRequest


def find(user: User, pk: int) -> CommandBatch:
    """A batch this user sees, with what its page shows."""
    visible = CommandBatch.objects.visible_to(user)
    return get_object_or_404(
        visible.select_related("created_by", "schedule", "retried_from"), pk=pk
    )


def may_ask(user: User, batch: CommandBatch) -> bool:
    """Whether this user may ask for the same, and so also stop it."""
    command = BY_SLUG.get(batch.command)
    return command is not None and user.may(command.permission)


class BatchList(PortalList):
    """Operations > Requests > Batches."""

    title = gettext_lazy("Batches")
    name = "batches"
    table_class = BatchTable
    filterset_class = BatchFilterSet
    order_by = ("-number",)
    no_match = gettext_lazy("No batch matches this filter")
    template_name = "operations/batches/list.html"

    def scope(self, user: User) -> QuerySet[CommandBatch]:
        """With who asked."""
        return CommandBatch.objects.visible_to(user).select_related("created_by")

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many go on."""
        running = CommandBatch.objects.visible_to(user).open().count()
        return [{"value": running, "label": _("under way")}]

    def teaching(self) -> EmptyState:
        """Where batches come from."""
        return {
            "empty_title": _("No batches yet"),
            "empty_text": _("Tick several rows of a list, and choose what to ask them."),
            "empty_url": reverse("station-list"),
            "empty_action": _("Go to the stations"),
        }


class BatchDetail(PortalList):
    """One batch: how far it is, and its requests."""

    table_class = BatchRunTable
    filterset_class = BatchRunFilterSet
    order_by = ("number",)
    no_match = gettext_lazy("No request of this batch matches this filter")
    template_name = "operations/batches/detail.html"

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The list page of its requests, below its story."""
        self.batch = find(request.user, kwargs["pk"])
        self.title, self.name = title_of(self.batch), f"batch-{self.batch.pk}"
        return super().get(request, *args, **kwargs)

    def scope(self, user: User) -> QuerySet[CommandRun]:
        """Its requests, with what their titles name."""
        related = ("station", "charger", "connector")
        runs = CommandRun.objects.visible_to(user).filter(batch=self.batch)
        return runs.select_related(*related)

    def more(self) -> dict[str, Any]:
        """The story; not needed where only the list is asked for."""
        return {
            **batch_story.tell(self.batch),
            "subtitle": _("Batch %(number)d") % {"number": self.batch.pk},
            "about": about(self.batch),
            "parameters": parameters(self.batch),
            "terms": terms_in_words(self.batch),
            "may_ask": may_ask(self.request.user, self.batch),
        }


class ChangeBatch(View):
    """POST does it; what can't be taken back is asked for first (GET)."""

    request: PortalRequest
    batch: CommandBatch

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who may ask may stop, and go on."""
        self.batch = find(self.request.user, kwargs["pk"])
        if not may_ask(self.request.user, self.batch):
            raise PermissionDenied(_("This needs a role that may ask for the same."))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do it; too late is said in a sentence."""
        try:
            shown = self.change(request.user)
        except ValueError as refusal:
            messages.error(request, str(refusal))
            shown = self.batch
        url = reverse("batch-detail", args=[shown.pk])
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    def change(self, user: User) -> CommandBatch:
        """Returns the batch to show then."""
        raise NotImplementedError


class PauseBatch(ChangeBatch):
    """Release no more for now."""

    http_method_names = ["post"]

    def change(self, user: User) -> CommandBatch:
        """Pause."""
        batches.pause(batch=self.batch, user=user)
        return self.batch


class ResumeBatch(ChangeBatch):
    """Go on."""

    http_method_names = ["post"]

    def change(self, user: User) -> CommandBatch:
        """Resume."""
        batches.resume(batch=self.batch, user=user)
        return self.batch


class ConfirmChange(ChangeBatch):
    """A change that is asked for first."""

    question: ClassVar[Text]
    button: ClassVar[Text]
    icon: ClassVar[str]

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The question, as a dialog or on a page of its own."""
        context = {
            "title": self.question,
            "description": title_of(self.batch),
            "sentence": self.consequence(),
            "icon": self.icon,
            "action": request.path,
            "cancel_url": reverse("batch-detail", args=[pk]),
            "button": self.button,
            "as_page": not request.htmx,
        }
        template = "_confirm.html" if request.htmx else "confirm.html"
        return render(request, f"operations/batches/{template}", context)

    def consequence(self) -> str:
        """What doing it means."""
        raise NotImplementedError


class CancelBatch(ConfirmChange):
    """Take back what was not sent yet."""

    question = gettext_lazy("Cancel the rest?")
    button = gettext_lazy("Cancel the rest")
    icon = "xmark"

    def consequence(self) -> str:
        """What was sent can't be taken back."""
        counters = batch_figures.counters(batch=self.batch)
        unsent = batch_figures.unsent(batch=self.batch, counters=counters)
        return ngettext(
            "%(unsent)d was not sent yet: its station will hear nothing of it. "
            "What was sent goes on.",
            "%(unsent)d were not sent yet: their stations will hear nothing of it. "
            "What was sent goes on.",
            unsent,
        ) % {"unsent": unsent}

    def change(self, user: User) -> CommandBatch:
        """Cancel."""
        batches.cancel_rest(batch=self.batch, user=user)
        return self.batch


class RetryBatch(ConfirmChange):
    """Ask the failed ones again, in a new batch."""

    question = gettext_lazy("Ask the failed ones again?")
    button = gettext_lazy("Ask again")
    icon = "rotate-right"

    def consequence(self) -> str:
        """How many, and how."""
        failed = batch_figures.counters(batch=self.batch).failed
        return _("A new batch asks the %(failed)d that failed, in the same way as this one.") % {
            "failed": failed
        }

    def change(self, user: User) -> CommandBatch:
        """Ask again."""
        return batches.retry_failed(batch=self.batch, user=user)


def parameters(batch: CommandBatch) -> list[dict[str, Any]]:
    """What was asked, field by field, secrets masked."""
    target = targets.stand_in(kind=TargetKind(batch.target_kind), name=title_of(batch))
    return run_story.parameters_of(batch.command, batch.params, target)


def about(batch: CommandBatch) -> list[dict[str, Any]]:
    """Who asked, when and why, and the batches before and after."""
    asker = batch.created_by.get_username() if batch.created_by else _("A script")
    facts = [
        {"label": _("Asked by"), "value": asker},
        {"label": _("Asked at"), "value": run_story.moment(batch.created_at)},
        {"label": _("Reason"), "value": batch.reason},
    ]
    if batch.schedule is not None:
        url = reverse("schedule-list")
        link = format_html('<a href="{}">{}</a>', url, f"{batch.schedule.at:%H:%M}")
        facts.append({"label": _("Schedule"), "value": link})
    if batch.retried_from is not None:
        facts.append({"label": _("Asks again"), "value": link_to(batch.retried_from)})
    retries = batch.retries.order_by("pk")
    return facts + [{"label": _("Asked again by"), "value": link_to(each)} for each in retries]


def link_to(batch: CommandBatch) -> str:
    """To a batch's page."""
    words = _("Batch %(number)d") % {"number": batch.pk}
    return format_html('<a href="{}">{}</a>', reverse("batch-detail", args=[batch.pk]), words)
