"""Filters of the audit log."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.base import PortalFilterSet
from operations.models import AuditEntry
from operations.models.audit import ActorKind, Deed
from operations.tables.audit import kinds

MOMENT = {"type": "datetime-local"}


class AuditFilterSet(PortalFilterSet):
    """By who, what, to whom, and time; each by an index where the exact word is given."""

    who = django_filters.CharFilter(
        method="exactly_or_within",
        label=gettext_lazy("Who"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    actor_kind = django_filters.ChoiceFilter(
        choices=ActorKind.choices, label=gettext_lazy("By means of")
    )
    deed = django_filters.ChoiceFilter(choices=Deed.choices, label=gettext_lazy("What"))
    target_kind = django_filters.ChoiceFilter(choices=kinds, label=gettext_lazy("Kind of thing"))
    target_name = django_filters.CharFilter(
        method="exactly_or_within",
        label=gettext_lazy("Target"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    since = django_filters.DateTimeFilter(
        field_name="at",
        lookup_expr="gte",
        label=gettext_lazy("From"),
        widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"),
    )
    until = django_filters.DateTimeFilter(
        field_name="at",
        lookup_expr="lte",
        label=gettext_lazy("Until"),
        widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"),
    )

    class Meta:
        model = AuditEntry
        fields = ("who", "deed", "target_kind", "target_name", "actor_kind", "since", "until")

    def exactly_or_within(
        self, queryset: QuerySet[AuditEntry], name: str, value: str
    ) -> QuerySet[AuditEntry]:
        """What is called exactly so (an index), else what has it in its name (a search)."""
        exact = queryset.filter(**{name: value})
        return exact if exact.exists() else queryset.filter(**{f"{name}__icontains": value})
