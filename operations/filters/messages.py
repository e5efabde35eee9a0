"""Filters of the message log."""

from collections.abc import Iterator

import django_filters
from django import forms
from django.db.models import Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy

from operations.filters.base import Chip, PortalFilterSet, WordFilter
from operations.filters.widgets import Suggesting
from operations.models import OcppMessage, Station

# What the suggestions are taken from: DISTINCT over millions of rows would read them all.
LATEST = 1_000
AMONG = 100_000  # keys: some stations' latest may lie far back
MOST_STATIONS = 500


class MessageFilterSet(PortalFilterSet):
    """By station, action, direction, answer, time, and text in the frames."""

    station = django_filters.CharFilter(
        method="of_station",
        label=gettext_lazy("Station"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    action = WordFilter(label=gettext_lazy("Message"), widget=Suggesting)
    direction = django_filters.ChoiceFilter(
        method="of_direction",
        label=gettext_lazy("Asked by"),
        choices=[("station", gettext_lazy("The station")), ("portal", gettext_lazy("The portal"))],
    )
    answer = django_filters.ChoiceFilter(
        method="of_answer",
        label=gettext_lazy("Answer"),
        choices=[("error", gettext_lazy("Errors only")), ("none", gettext_lazy("Not answered"))],
    )
    text = django_filters.CharFilter(
        method="of_text",
        label=gettext_lazy("Text in the message"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = django_filters.DateTimeFilter(
        field_name="called_at",
        lookup_expr="gte",
        label=gettext_lazy("From"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = django_filters.DateTimeFilter(
        field_name="called_at",
        lookup_expr="lte",
        label=gettext_lazy("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    # No filter, but it belongs beside them: whether new messages are shown as they come.
    live = django_filters.CharFilter(
        method="as_is", label=gettext_lazy("Follow"), widget=forms.CheckboxInput
    )

    suggests_among: int | None = AMONG

    class Meta:
        model = OcppMessage
        fields: tuple[str, ...] = ()

    def chips(self) -> Iterator[Chip]:
        """Without what is no filter."""
        switch = self.without("live", "page")
        return (chip for chip in super().chips() if chip.url != switch)

    def suggest(self, scope: QuerySet[OcppMessage]) -> None:
        """Offer the messages that came lately."""
        if self.suggests_among is not None:
            newest = OcppMessage.objects.order_by("-pk").values("pk")[:1]
            scope = scope.filter(pk__gt=Subquery(newest) - self.suggests_among)
        latest = scope.order_by("-pk").values_list("action", flat=True)[:LATEST]
        widget = self.form.fields["action"].widget
        widget.suggestions = sorted({action for action in latest if action})

    def of_station(
        self, queryset: QuerySet[OcppMessage], name: str, value: str
    ) -> QuerySet[OcppMessage]:
        """By name or identity: the one that is called exactly so, or those that have it in theirs.

        Looked up first, since "messages of station 7" is an index and a join is a search.
        """
        stations = Station.objects.visible_to(self.request.user)
        exact = stations.filter(Q(identity=value) | Q(name=value))
        found = exact or stations.filter(Q(identity__icontains=value) | Q(name__icontains=value))
        pks = list(found.order_by().values_list("pk", flat=True)[:MOST_STATIONS])
        return (
            queryset.filter(station=pks[0]) if len(pks) == 1 else queryset.filter(station__in=pks)
        )

    def of_direction(
        self, queryset: QuerySet[OcppMessage], name: str, value: str
    ) -> QuerySet[OcppMessage]:
        """Whose call it was."""
        return queryset.filter(is_from_station=value == "station")

    def of_answer(
        self, queryset: QuerySet[OcppMessage], name: str, value: str
    ) -> QuerySet[OcppMessage]:
        """Answered with an error, or not at all."""
        if value == "error":
            return queryset.exclude(error_code="")
        return queryset.filter(answered_at=None)

    def of_text(
        self, queryset: QuerySet[OcppMessage], name: str, value: str
    ) -> QuerySet[OcppMessage]:
        """Anywhere in the call or in its answer."""
        return queryset.filter(Q(call__icontains=value) | Q(answer__icontains=value))

    def as_is(
        self, queryset: QuerySet[OcppMessage], name: str, value: str
    ) -> QuerySet[OcppMessage]:
        """Everything."""
        return queryset
