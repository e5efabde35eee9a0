"""Operations > Tokens > Rejected: who wanted to charge and may not."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.filters.tokens import RejectedTokenFilterSet
from operations.models import RejectedToken, User
from operations.tables.tokens import RejectedTokenTable
from operations.views.lists import EmptyState, PortalList
from operations.views.requests import PortalRequest


class RejectedTokenList(PortalList):
    """By token and station, the last one first."""

    title = gettext_lazy("Rejected tokens")
    name = "rejected-tokens"
    table_class = RejectedTokenTable
    filterset_class = RejectedTokenFilterSet
    template_name = "operations/tokens/page.html"
    order_by = ("-last_at",)
    no_match = gettext_lazy("No rejected token matches this filter")

    def scope(self, user: User) -> QuerySet[RejectedToken]:
        """Presented at stations this user sees."""
        return RejectedToken.objects.visible_to(user).select_related("station")

    def answer(
        self, request: PortalRequest, context: dict[str, Any], scope: QuerySet[Any]
    ) -> HttpResponse:
        """Among the pages about tokens."""
        context["tab"] = "rejected"
        return super().answer(request, context, scope)

    def teaching(self) -> EmptyState:
        """What appears here."""
        return {
            "empty_title": _("Nobody was rejected"),
            "empty_text": _(
                "Tokens that stations ask about and that may not charge appear here, with why: "
                "who is unknown can be added with one click."
            ),
        }
