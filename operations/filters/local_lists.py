"""Filters of the fleet's local lists, and of the lists themselves."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.base import Chip, PortalFilterSet, text
from operations.models import LocalList, Station
from operations.models.local_lists import ListSource, ListState


def _visible_lists(request: Any) -> QuerySet[LocalList]:
    return LocalList.objects.visible_to(request.user) if request else LocalList.objects.none()


class StationListFilterSet(PortalFilterSet):
    """Stations by their name, by how their list stands, and by which it is."""

    name = text("name", gettext_lazy("Name"))
    state = django_filters.ChoiceFilter(
        method="by_state", choices=ListState.choices, label=gettext_lazy("State")
    )
    local_list = django_filters.ModelChoiceFilter(
        field_name="held_list__local_list",
        queryset=_visible_lists,
        label=gettext_lazy("List"),
    )
    site = text("site__name", gettext_lazy("Site"))
    model = text("model", gettext_lazy("Model"))

    class Meta:
        model = Station
        fields = ("name",)

    def chips(self) -> Iterator[Chip]:
        """A list by its name."""
        for chip in super().chips():
            pk = str(chip.value)
            if chip.label != self.form.fields["local_list"].label or not pk.isdecimal():
                yield chip
                continue
            found = _visible_lists(self.request).filter(pk=int(pk)).first()
            yield Chip(chip.label, found.name if found else pk, chip.url)

    def by_state(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Of a station nobody gave a list, nothing may be known at all."""
        where = Q(held_list__state=value)
        if value == ListState.UNASSIGNED:
            where |= Q(held_list=None)
        return queryset.filter(where)


class LocalListFilterSet(PortalFilterSet):
    """Lists by name and by what they take."""

    name = text("name", gettext_lazy("Name"))
    source = django_filters.ChoiceFilter(choices=ListSource.choices, label=gettext_lazy("Tokens"))

    class Meta:
        model = LocalList
        fields = ("name",)
