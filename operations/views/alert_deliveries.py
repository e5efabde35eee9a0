"""Operations > Alerts > Notifications: what was told to whom, and what was given up."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.alerts import DeliveryFilterSet
from operations.models import AlertDelivery, User
from operations.models.alerts import DeliveryStatus
from operations.services import delivering
from operations.statuses import Role
from operations.tables.alert_deliveries import DeliveryTable
from operations.views.confirming import Confirm
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


class DeliveryList(PortalList):
    """Of the rules of one's own organisation; of all for people who see all."""

    title = gettext_lazy("Notifications")
    name = "notifications"
    table_class = DeliveryTable
    filterset_class = DeliveryFilterSet
    order_by = ("-created_at",)
    no_match = gettext_lazy("No notification matches this filter")
    template_name = "operations/alerts/page.html"

    def scope(self, user: User) -> QuerySet[AlertDelivery]:
        """Without their texts."""
        return AlertDelivery.objects.visible_to(user).defer("body")

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """With its tab."""
        context["tab"] = "deliveries"
        return super().answer(request, context, scope)

    def counts(self, user: User) -> list[dict[str, Any]]:
        """How many were given up."""
        dead = self.scope(user).filter(status=DeliveryStatus.DEAD).count()
        waiting = self.scope(user).filter(status=DeliveryStatus.WAITING).count()
        url = reverse("alert-delivery-list")
        return [
            {"value": waiting, "label": _("waiting"), "url": f"{url}?status=waiting"},
            {
                "value": dead,
                "label": _("given up"),
                "tone": "red" if dead else "",
                "url": f"{url}?status=dead",
            },
        ]

    def teaching(self) -> EmptyState:
        """Where they come from."""
        return {
            "empty_title": _("Nobody was told anything yet"),
            "empty_text": _("Rules tell e-mail addresses and webhooks what opens and closes."),
            "empty_url": reverse("alert-rule-list"),
            "empty_action": _("Go to the rules"),
        }


class SendAgain(Confirm):
    """Takes up again what was given up."""

    role = Role.OPERATOR
    icon = "rotate-right"
    label = gettext_lazy("Send again")

    def find(self, **kwargs: Any) -> None:
        """The notification, if they see it."""
        visible = AlertDelivery.objects.visible_to(self.request.user)
        self.delivery = get_object_or_404(visible, pk=kwargs["pk"])

    def title(self) -> str:
        """Which."""
        return _("Send again: %(subject)s") % {"subject": self.delivery.subject}

    def description(self) -> str:
        """To whom, and why it did not get there."""
        words = {"to": delivering.shown_address(self.delivery), "why": self.delivery.last_error}
        return _("To %(to)s. The last time: %(why)s") % words

    def act(self, form: Any) -> str:
        """Have it sent."""
        only = AlertDelivery.objects.filter(pk=self.delivery.pk)
        if not delivering.send_again(deliveries=only):
            return _("It was not given up: there is nothing to do.")
        return _("It is on its way.")

    def next_url(self) -> str:
        """Back to the list."""
        return reverse("alert-delivery-list")
