"""Operations > Alerts > Rules: what is looked for, and whom it tells."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from operations.filters.alerts import RuleFilterSet
from operations.forms.alerts import RuleForm
from operations.models import AlertRule, Organisation, User
from operations.services import alerts, usual_rules
from operations.statuses import Role
from operations.tables.alert_rules import RuleTable
from operations.tables.base import PortalTable
from operations.views.confirming import Confirm, Delete
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


class RuleList(PortalList):
    """Their own rules, and those that watch every station."""

    title = gettext_lazy("Alert rules")
    name = "alert-rules"
    table_class = RuleTable
    filterset_class = RuleFilterSet
    no_match = gettext_lazy("No rule matches this filter")
    template_name = "operations/alerts/rules.html"

    def scope(self, user: User) -> QuerySet[AlertRule]:
        """With how many alerts of each hold."""
        seen = Q(alerts__is_open=True)
        if not user.sees_whole_network:
            seen &= Q(alerts__station__organisation=user.organisation_id)
        visible = AlertRule.objects.visible_to(user).select_related("organisation")
        return visible.annotate(open_alerts=Count("alerts", seen))

    def build_table(self, rows: QuerySet[Any]) -> PortalTable:
        """A row knows whether this user may change its rule."""
        table = super().build_table(rows)
        assert isinstance(table, RuleTable)  # noqa: S101
        user = self.request.user
        table.may_change_all = user.sees_whole_network
        table.organisation_pk = user.organisation_id
        return table

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With the usual rules nobody has made yet."""
        context["tab"] = "rules"
        context["may_add"] = request.user.may(Role.ENGINEER)
        if context["may_add"]:
            context["usual"] = usual_rules.missing(own(request.user))
        return super().answer(request, context, scope)

    def teaching(self) -> EmptyState:
        """What a rule is."""
        return {
            "empty_title": _("No rules yet"),
            "empty_text": _("A rule says what needs someone. Begin with the usual ones below."),
        }


def own(user: User) -> Organisation | None:
    """Whose rules this user makes: None is the whole network."""
    return None if user.sees_whole_network else user.organisation


class AddUsualRules(View):
    """Makes one of the usual rules, or all of them."""

    def post(self, request: PortalRequest) -> HttpResponse:
        """Make what is missing of those."""
        user = request.user
        if not user.may(Role.ENGINEER) or not (user.sees_whole_network or user.organisation):
            raise PermissionDenied(_("Making a rule needs the role engineer."))
        made = usual_rules.add(kinds=request.POST.getlist("kind"), organisation=own(user))
        said = ngettext("%(count)d rule was added.", "%(count)d rules were added.", len(made))
        messages.success(request, said % {"count": len(made)})
        return redirect("alert-rule-list")


class EditRule(Confirm):
    """The form of a rule."""

    icon = "bell"
    label = gettext_lazy("Save")
    rule: AlertRule

    def build_form(self, data: Any = None) -> RuleForm:
        """Filled in with the rule as it is."""
        return RuleForm(data, instance=self.rule, user=self.request.user)

    def act(self, form: Any) -> str:
        """Keep it."""
        rule = alerts.save_rule(rule=form.save(commit=False), secret=form.cleaned_data["secret"])
        return _("%(rule)s is saved; it looks every 15 s.") % {"rule": rule.name}

    def next_url(self) -> str:
        """To the rules."""
        return reverse("alert-rule-list")


class AddRule(EditRule):
    """A new rule."""

    def find(self, **kwargs: Any) -> None:
        """Nothing yet. People without any stations have nothing to watch."""
        user = self.request.user
        if not user.sees_whole_network and user.organisation is None:
            raise Http404
        self.rule = AlertRule(threshold=10)

    def title(self) -> str:
        """What is about to be."""
        return _("Add an alert rule")


class ChangeRule(EditRule):
    """A rule there is; those of the whole network only by people who see it."""

    def find(self, **kwargs: Any) -> None:
        """The rule, if they may change it."""
        user = self.request.user
        self.rule = get_object_or_404(AlertRule.objects.visible_to(user), pk=kwargs["pk"])
        if not user.sees_whole_network and self.rule.organisation_id != user.organisation_id:
            raise PermissionDenied(_("This rule watches every station, beyond what you see."))

    def title(self) -> str:
        """Which."""
        return _("Change the rule %(rule)s") % {"rule": self.rule.name}


class DeleteRule(Delete, ChangeRule):
    """Does away with a rule."""

    def title(self) -> str:
        """Which."""
        return _("Delete the rule %(rule)s") % {"rule": self.rule.name}

    def description(self) -> str:
        """What goes with it."""
        return _("Its alerts and notifications go with it. Switching it off keeps them.")

    def act(self, form: Any) -> str:
        """Delete."""
        alerts.delete_rule(rule=self.rule)
        return _("The rule is deleted.")


class TryRule(DeleteRule):
    """Sends a test to whom a rule tells."""

    icon = "paper-plane"
    label = gettext_lazy("Send a test")
    tone = ""

    def title(self) -> str:
        """Of which."""
        return _("Try whom %(rule)s tells") % {"rule": self.rule.name}

    def description(self) -> str:
        """What they get."""
        return _("Its addresses get a message that says it is a test.")

    def act(self, form: Any) -> str:
        """Send."""
        count = alerts.try_out(rule=self.rule)
        if not count:
            return _("This rule tells nobody: give it an address first.")
        said = ngettext("%(count)d test is on its way.", "%(count)d tests are on their way.", count)
        return said % {"count": count}

    def next_url(self) -> str:
        """Where one sees what became of it."""
        return reverse("alert-delivery-list")
