"""What the filters of all lists share: chips, suggestions, texts found anywhere in a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations.commands.base import Text
from operations.filters.widgets import Suggesting
from operations.models import distinct
from operations.statuses import OperationalStatus

MOST_SUGGESTIONS = 300
LATEST = 10_000  # rows that suggestions are taken from


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter in words, and the page without it (components/_chips.html)."""

    label: Text
    value: Text
    url: str


class PortalFilterSet(django_filters.FilterSet):
    """Filters kept in the address; each says in words what it does."""

    @property
    def form(self) -> forms.Form:
        """The bar; dialogs over the page have fields of the same names, and ids are one's own."""
        form: forms.Form = super().form
        form.auto_id = "filter_%s"
        return form

    def chips(self) -> Iterator[Chip]:
        """The active filters, also those whose value is not understood."""
        for name, field in self.form.fields.items():
            value = self.data.get(name, "").strip()
            if value:
                words = dict(getattr(field, "choices", ())).get(value, value)
                yield Chip(label=field.label or name, value=words, url=self.without(name, "page"))

    def suggest(self, scope: QuerySet[Any]) -> None:
        """Offer what the scope holds, where a filter can."""

    def without(self, *names: str) -> str:
        """The page's address without some of its parameters."""
        left = self.data.copy()
        for name in (*names, "export", "print", "expand"):
            left.pop(name, None)
        return f"?{left.urlencode()}"

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered."""
        return any(True for _chip in self.chips())


def text(field: str, label: Text, **extra: Any) -> django_filters.CharFilter:
    """Finds the typed text anywhere in the field, upper or lower case."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return django_filters.CharFilter(
        field_name=field, lookup_expr="icontains", label=label, widget=widget, **extra
    )


class WordFilter(django_filters.CharFilter):
    """Finds the typed text anywhere in a column of few different words, which has an index.

    The words are looked up first: "of vendor ABB" is an index, a text within a text is a search.
    """

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Those with the one word, or with one of several."""
        if not value:
            return qs
        words = distinct.containing(qs.model, self.field_name, value)
        if words is None:
            return qs.filter(**{f"{self.field_name}__icontains": value})
        if len(words) == 1:
            return qs.filter(**{self.field_name: words[0]})
        return qs.filter(**{f"{self.field_name}__in": words})


class HardwareFilterSet(PortalFilterSet):
    """The seed's filters of chargers and stations."""

    name = text("name", gettext_lazy("Name"))
    serial_number = text("serial_number", gettext_lazy("Serial number"))
    model = WordFilter(label=gettext_lazy("Model"), widget=Suggesting)
    vendor = WordFilter(label=gettext_lazy("Vendor"), widget=Suggesting)
    operational_status = django_filters.ChoiceFilter(
        choices=OperationalStatus.choices, label=gettext_lazy("Operational status")
    )

    def suggest(self, scope: QuerySet[Any]) -> None:
        """Offer the models and vendors of those that came last; one query for both."""
        # DISTINCT over a million rows would read them all.
        latest = scope.order_by("-pk").values("pk")[:LATEST]
        rows = scope.model._default_manager.filter(pk__in=latest).order_by()
        pairs = rows.values_list("model", "vendor").distinct()[:MOST_SUGGESTIONS]
        columns = zip(*pairs, strict=True) if pairs else ((), ())
        for name, values in zip(("model", "vendor"), columns, strict=True):
            widget = self.form.fields[name].widget
            widget.suggestions = sorted({value for value in values if value}, key=str.casefold)
