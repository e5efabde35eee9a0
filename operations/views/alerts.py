"""Operations > Alerts: what needs someone, and who looks after it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations.filters.alerts import AlertFilterSet
from operations.forms.alerts import AcknowledgeForm
from operations.models import Alert, AlertRule, User
from operations.services import alerts
from operations.statuses import Role
from operations.tables.alerts import AlertTable, why_not_acknowledge
from operations.tables.audience import Audience
from operations.views import alert_story
from operations.views.confirming import Confirm
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


class AlertList(PortalList):
    """What is open first, the newest of it on top."""

    title = gettext_lazy("Alerts")
    name = "alerts"
    table_class = AlertTable
    filterset_class = AlertFilterSet
    order_by = ("state",)
    no_match = gettext_lazy("No alert matches this filter")
    template_name = "operations/alerts/page.html"

    def scope(self, user: User) -> QuerySet[Alert]:
        """With what their rows name."""
        return Alert.objects.visible_to(user).select_related(*alert_story.RELATED)

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With the way to acknowledge all that match."""
        context["tab"] = "alerts"
        context["counts_live"] = "alert-counts"
        context["news"] = {"newest": alert_story.newest(request.user), "number": 0}
        if request.user.may(Role.OPERATOR):
            context["acknowledge_url"] = (
                f"{reverse('alert-acknowledge-all')}?{request.GET.urlencode()}"
            )
        return super().answer(request, context, scope)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many hold, and how many of them nobody looks after."""
        return alert_story.counts(alert_story.tally(user))

    def teaching(self) -> EmptyState:
        """Nothing wrong, or nothing looked for."""
        if AlertRule.objects.visible_to(self.request.user).filter(is_enabled=True).exists():
            return {
                "empty_title": _("All is well"),
                "empty_text": _("The rules look every 15 s; what they find appears here."),
            }
        return {
            "empty_title": _("Nothing is looked for yet"),
            "empty_text": _("Rules say what needs someone: a station offline for too long, …"),
            "empty_url": reverse("alert-rule-list"),
            "empty_action": _("Go to the rules"),
        }


def find(user: User, pk: int) -> Alert:
    """An alert this user sees."""
    visible = Alert.objects.visible_to(user).select_related(*alert_story.RELATED)
    return get_object_or_404(visible, pk=pk)


class AlertDetail(View):
    """One alert: what was found, what became of it, who was told."""

    def get(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Its story."""
        alert = find(request.user, pk)
        context = {
            **alert_story.tell(alert),
            "title": alerts.title(alert),
            "reason": why_not_acknowledge(alert, Audience.of(request.user).role),
        }
        return render(request, "operations/alerts/detail.html", context)


class AcknowledgeAlert(Confirm):
    """Somebody looks after one alert."""

    role = Role.OPERATOR
    form_class = AcknowledgeForm
    icon = "thumbs-up"
    label = gettext_lazy("Acknowledge")

    def find(self, **kwargs: Any) -> None:
        """The alert, if they see it."""
        self.alert = find(self.request.user, kwargs["pk"])

    def title(self) -> str:
        """Which one."""
        return _("Look after %(alert)s") % {"alert": alerts.title(self.alert)}

    def description(self) -> str:
        """What that means."""
        return _("It stays open until all is well; colleagues see that you look after it.")

    def act(self, form: Any) -> str:
        """Note who, when, and what they wrote."""
        only = Alert.objects.filter(pk=self.alert.pk)
        note = form.cleaned_data["note"]
        if not alerts.acknowledge(alerts=only, user=self.request.user, note=note):
            return _("Somebody looks after it already.")
        return _("You look after it.")

    def next_url(self) -> str:
        """To the alert."""
        return reverse("alert-detail", args=[self.alert.pk])


class AcknowledgeAll(Confirm):
    """Somebody looks after all open alerts that match the list's filter."""

    role = Role.OPERATOR
    form_class = AcknowledgeForm
    icon = "thumbs-up"
    label = gettext_lazy("Acknowledge")

    def matching(self) -> QuerySet[Alert]:
        """What the page showed, as far as it is open and nobody's."""
        unseen = Alert.objects.visible_to(self.request.user).unseen()
        filterset = AlertFilterSet(self.request.GET, queryset=unseen, request=self.request)
        return filterset.qs if filterset.form.is_valid() else unseen.none()

    def title(self) -> str:
        """How many."""
        count = self.matching().count()
        return ngettext("Look after %(count)d alert", "Look after %(count)d alerts", count) % {
            "count": count
        }

    def description(self) -> str:
        """Which ones."""
        return _("All that match the filter, are open, and nobody looks after yet.")

    def act(self, form: Any) -> str:
        """As for one."""
        note = form.cleaned_data["note"]
        count = alerts.acknowledge(alerts=self.matching(), user=self.request.user, note=note)
        return ngettext(
            "You look after %(count)d alert.", "You look after %(count)d alerts.", count
        ) % {"count": count}

    def next_url(self) -> str:
        """Back to the list as it was."""
        return f"{reverse('alert-list')}?{self.request.GET.urlencode()}"
