"""Filters of the firmware library."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.base import MOST_SUGGESTIONS, PortalFilterSet, text
from operations.filters.widgets import Suggesting
from operations.models import FirmwareImage, Station


class FirmwareFilterSet(PortalFilterSet):
    """By vendor, model, version, and whether it is still offered."""

    vendor = django_filters.CharFilter(
        lookup_expr="icontains", label=gettext_lazy("Vendor"), widget=Suggesting
    )
    model = django_filters.CharFilter(
        lookup_expr="icontains", label=gettext_lazy("Model"), widget=Suggesting
    )
    version = text("version", gettext_lazy("Version"))
    retired = django_filters.ChoiceFilter(
        field_name="is_retired",
        label=gettext_lazy("Offered"),
        choices=[("False", gettext_lazy("In use")), ("True", gettext_lazy("Retired"))],
    )

    class Meta:
        model = FirmwareImage
        fields = ("vendor", "model", "version")

    def suggest(self, scope: QuerySet[Any]) -> None:
        """Offer the vendors and models the library has; one query for both."""
        pairs = scope.order_by().values_list("vendor", "model").distinct()[:MOST_SUGGESTIONS]
        for name, place in (("vendor", 0), ("model", 1)):
            values = {pair[place] for pair in pairs}
            self.form.fields[name].widget.suggestions = sorted(values, key=str.casefold)


class ImageStationFilterSet(PortalFilterSet):
    """The stations an image is for, by name and by the version they have."""

    name = text("name", gettext_lazy("Name"))
    firmware_version = django_filters.CharFilter(
        lookup_expr="icontains", label=gettext_lazy("Firmware"), widget=Suggesting
    )
    connected = django_filters.ChoiceFilter(
        method="by_connection",
        label=gettext_lazy("Connection"),
        choices=[("yes", gettext_lazy("Connected")), ("no", gettext_lazy("Offline"))],
    )

    class Meta:
        model = Station
        fields = ("name", "firmware_version")

    def suggest(self, scope: QuerySet[Any]) -> None:
        """Offer the versions these stations have."""
        versions = scope.order_by().values_list("firmware_version", flat=True).distinct()
        widget = self.form.fields["firmware_version"].widget
        widget.suggestions = sorted(filter(None, versions[:MOST_SUGGESTIONS]), key=str.casefold)

    def by_connection(
        self, queryset: QuerySet[Station], name: str, value: str
    ) -> QuerySet[Station]:
        """Whether it can be asked now."""
        return queryset.filter(connected_at__isnull=value == "no")
