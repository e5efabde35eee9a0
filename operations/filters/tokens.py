"""Filters of the list of tokens, and of those that were rejected."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from operations.filters import days
from operations.filters.base import PortalFilterSet, text
from operations.filters.runs import of_station, station
from operations.filters.widgets import Suggesting
from operations.models import Organisation, RejectedToken, Token, User
from operations.models.tokens import PaymentKind, RejectionReason, TokenStatus, TokenType

EVERYWHERE = "none"


def organisations() -> list[tuple[str, Any]]:
    """Those there are, and none: tokens for all stations."""
    named = Organisation.objects.order_by("name").values_list("pk", "name")
    return [
        (EVERYWHERE, gettext_lazy("All organisations")),
        *((str(pk), name) for pk, name in named),
    ]


class TokenFilterSet(PortalFilterSet):
    """By what it is, whose, and whether it may charge."""

    identifier = text("identifier", gettext_lazy("Identifier"))
    holder = text("holder", gettext_lazy("Holder"))
    group = text("group", gettext_lazy("Group"))
    type = django_filters.CharFilter(
        method="of_type", label=gettext_lazy("Type"), widget=Suggesting
    )
    status = django_filters.ChoiceFilter(
        method="by_standing", choices=TokenStatus.choices, label=gettext_lazy("Status")
    )
    organisation = django_filters.ChoiceFilter(
        method="of_organisation", choices=organisations, label=gettext_lazy("Organisation")
    )
    expires = days.until("expires_at", gettext_lazy("Expires until"))
    payment = django_filters.ChoiceFilter(
        choices=PaymentKind.choices, label=gettext_lazy("Payment")
    )
    fits_v16 = django_filters.ChoiceFilter(
        label=gettext_lazy("Usable on OCPP 1.6"),
        choices=[("True", gettext_lazy("Yes")), ("False", gettext_lazy("No: too long"))],
    )

    class Meta:
        model = Token
        fields = ()  # in the order above

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user if self.request else None
        if not (isinstance(user, User) and user.sees_whole_network):
            del self.filters["organisation"]

    def suggest(self, scope: QuerySet[Any]) -> None:
        """The types OCPP names; 2.1 stations may have others."""
        self.form.fields["type"].widget.suggestions = TokenType.values

    def of_type(self, queryset: QuerySet[Token], name: str, value: str) -> QuerySet[Token]:
        """As OCPP spells it, whatever the case."""
        known = {word.lower(): word for word in TokenType.values}
        return queryset.filter(type=known.get(value.lower(), value))

    def by_standing(self, queryset: QuerySet[Token], name: str, value: str) -> QuerySet[Token]:
        """As the list shows it: what was accepted expires."""
        is_over = Q(expires_at__lte=timezone.now())
        if value == TokenStatus.ACCEPTED:
            return queryset.filter(Q(expires_at=None) | ~is_over, status=value)
        if value == TokenStatus.EXPIRED:
            return queryset.filter(Q(status=value) | (Q(status=TokenStatus.ACCEPTED) & is_over))
        return queryset.filter(status=value)

    def of_organisation(self, queryset: QuerySet[Token], name: str, value: str) -> QuerySet[Token]:
        """One organisation's, or those for all."""
        return queryset.filter(organisation=None if value == EVERYWHERE else int(value))


class RejectedTokenFilterSet(PortalFilterSet):
    """By token, station, why and when."""

    token = text("token", gettext_lazy("Token"))
    station = station()
    reason = django_filters.ChoiceFilter(choices=RejectionReason.choices, label=gettext_lazy("Why"))
    since = days.since("last_at", gettext_lazy("Last from"))

    of_station = of_station

    class Meta:
        model = RejectedToken
        fields = ()
