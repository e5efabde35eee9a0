"""Filters of the list of stations."""

from collections.abc import Iterator

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations import versions
from operations.filters.base import Chip, HardwareFilterSet, WordFilter
from operations.filters.places import PlaceFilterSet
from operations.models import FirmwareImage, Station
from operations.services import firmware, needs

OUTDATED, NEWEST = "outdated", "newest"
CONNECTED, OFFLINE = "connected", "offline"
# A firmware version nobody was told; firmware versions are texts, so it must look like none.
UNTOLD = "?"


class StationFilterSet(HardwareFilterSet, PlaceFilterSet):
    """By name, serial number, model, vendor, status, place, protocol, need and firmware."""

    connection = django_filters.ChoiceFilter(
        method="by_connection",
        label=gettext_lazy("Connection"),
        choices=[(CONNECTED, gettext_lazy("Connected")), (OFFLINE, gettext_lazy("Offline"))],
    )
    protocol = django_filters.ChoiceFilter(
        label=gettext_lazy("Protocol"), choices=versions.VERSION_CHOICES
    )
    need = django_filters.ChoiceFilter(
        method="by_need",
        label=gettext_lazy("Needs someone"),
        choices=[
            (needs.ANY, gettext_lazy("For any reason")),
            *((need.slug, need.label) for need in needs.NEEDS),
        ],
    )
    firmware_version = WordFilter(
        label=gettext_lazy("Firmware"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    library = django_filters.ChoiceFilter(
        method="by_library",
        label=gettext_lazy("Firmware library"),
        choices=[
            (OUTDATED, gettext_lazy("Has a newer version")),
            (NEWEST, gettext_lazy("Is up to date")),
        ],
    )
    # Not typed: the overview links with it, since 1.4 is found in 1.4.2 too.
    version = django_filters.CharFilter(
        method="of_version", label=gettext_lazy("Firmware is"), widget=forms.HiddenInput
    )
    # Not typed: pages of the firmware library link with it.
    image = django_filters.NumberFilter(
        method="of_image", label=gettext_lazy("For firmware"), widget=forms.HiddenInput
    )

    class Meta:
        model = Station
        fields = ("name", "serial_number", "model", "vendor")

    def chips(self) -> Iterator[Chip]:
        """An image by its name."""
        for chip in super().chips():
            if chip.label == self.form.fields["image"].label:
                image = self._image(chip.value)
                yield Chip(chip.label, str(image) if image else chip.value, chip.url)
            else:
                yield chip

    def by_connection(
        self, queryset: QuerySet[Station], name: str, value: str
    ) -> QuerySet[Station]:
        """Whether they hold a connection."""
        return queryset.filter(connected_at__isnull=value == OFFLINE)

    def by_need(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Those that need someone, for any reason or for this one."""
        slugs = () if value == needs.ANY else (value,)
        return queryset.filter(pk__in=needs.station_pks(self.request.user, *slugs))

    def of_version(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Exactly this firmware."""
        return queryset.filter(firmware_version="" if value == UNTOLD else value)

    def by_library(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Whether the library's newest for them is another version than they have."""
        choose = firmware.outdated if value == OUTDATED else firmware.up_to_date
        return choose(queryset)

    def of_image(self, queryset: QuerySet[Station], name: str, value: object) -> QuerySet[Station]:
        """Those an image is for."""
        image = self._image(value)
        return firmware.stations_of(image, queryset) if image else queryset.none()

    def _image(self, value: object) -> FirmwareImage | None:
        pk = str(value)
        visible = FirmwareImage.objects.visible_to(self.request.user)
        return visible.filter(pk=int(pk)).first() if pk.isdecimal() else None
