"""What is asked again and again: the list of schedules, pausing and deleting one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from operations.commands import BY_SLUG
from operations.filters.batches import ScheduleFilterSet
from operations.models import BatchSchedule, User
from operations.services import schedules
from operations.tables.base import PortalTable
from operations.tables.batches import title_of
from operations.tables.schedules import ScheduleTable
from operations.views import choosing
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


class ScheduleList(PortalList):
    """Operations > Requests > Schedules."""

    title = gettext_lazy("Schedules")
    name = "schedules"
    table_class = ScheduleTable
    filterset_class = ScheduleFilterSet
    order_by = ("next_at",)
    no_match = gettext_lazy("No schedule matches this filter")
    template_name = "operations/batches/schedules.html"

    def scope(self, user: User) -> QuerySet[BatchSchedule]:
        """With whose they are."""
        return BatchSchedule.objects.visible_to(user).select_related("created_by")

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """Filters are said in words as their list's page says them."""
        table = super().build_table(rows)
        assert isinstance(table, ScheduleTable)  # noqa: S101
        table.in_words = lambda schedule: choosing.in_words(schedule, self.request.user)
        return table

    def teaching(self) -> EmptyState:
        """Where schedules come from."""
        return {
            "empty_title": _("No schedules yet"),
            "empty_text": _(
                'Tick several rows of a list, choose what to ask them, and say "Repeat at" '
                'under "When".'
            ),
            "empty_url": reverse("station-list"),
            "empty_action": _("Go to the stations"),
        }


class ChangeSchedule(View):
    """POST does it, for who may ask for the same."""

    request: PortalRequest
    schedule: BatchSchedule

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whose network it is, and who may."""
        visible = BatchSchedule.objects.visible_to(self.request.user)
        self.schedule = get_object_or_404(visible, pk=kwargs["pk"])
        command = BY_SLUG.get(self.schedule.command)
        if command is None or not self.request.user.may(command.permission):
            raise PermissionDenied(_("This needs a role that may ask for the same."))
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Do it, and back to the list."""
        messages.success(request, self.change(request.user))
        url = reverse("schedule-list")
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)

    def change(self, user: User) -> str:
        """Returns what was done, in a sentence."""
        raise NotImplementedError


class PauseSchedule(ChangeSchedule):
    """Pauses one that goes on, resumes one that is paused."""

    http_method_names = ["post"]

    def change(self, user: User) -> str:
        """Turn it around."""
        if self.schedule.is_paused:
            schedules.resume(schedule=self.schedule, user=user)
            return _("The schedule goes on.")
        schedules.pause(schedule=self.schedule, user=user)
        return _("The schedule is paused.")


class DeleteSchedule(ChangeSchedule):
    """Asks whether it is meant, then forgets the schedule."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """The question, as a dialog or on a page of its own."""
        context = {
            "title": _("Delete this schedule?"),
            "description": title_of(self.schedule),
            "sentence": _("It asks nothing any more. The batches it made stay."),
            "icon": "trash-can",
            "action": request.path,
            "cancel_url": reverse("schedule-list"),
            "button": _("Delete"),
            "as_page": not request.htmx,
        }
        template = "_confirm.html" if request.htmx else "confirm.html"
        return render(request, f"operations/batches/{template}", context)

    def change(self, user: User) -> str:
        """Delete."""
        schedules.delete(schedule=self.schedule, user=user)
        return _("The schedule is deleted.")
