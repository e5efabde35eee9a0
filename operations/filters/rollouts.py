"""Filters of the stations a firmware is rolled out to."""

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from operations.filters.base import MOST_SUGGESTIONS, Chip
from operations.filters.firmware import ImageStationFilterSet
from operations.filters.stations import NEWEST, OUTDATED
from operations.filters.widgets import Suggesting
from operations.models import FirmwareImage, Site, Station
from operations.services import firmware

IMAGE = "image"


class RolloutStationFilterSet(ImageStationFilterSet):
    """By name, site, version and connection; the image itself stays, whatever is cleared."""

    site = django_filters.CharFilter(
        method="of_site", label=gettext_lazy("Site"), widget=Suggesting
    )
    library = django_filters.ChoiceFilter(
        method="by_library",
        label=gettext_lazy("Firmware library"),
        choices=[
            (OUTDATED, gettext_lazy("Has a newer version")),
            (NEWEST, gettext_lazy("Is up to date")),
        ],
    )
    image = django_filters.NumberFilter(
        method="of_image", label=gettext_lazy("For firmware"), widget=forms.HiddenInput
    )

    def chips(self) -> Iterator[Chip]:
        """Without the image: the page is about it."""
        label = self.form.fields[IMAGE].label
        return (chip for chip in super().chips() if chip.label != label)

    def without(self, *names: str) -> str:
        """Never without the image."""
        return super().without(*(name for name in names if name != IMAGE))

    @cached_property
    def chosen(self) -> FirmwareImage | None:
        """The image the address names, if this user sees it and it may still be given."""
        pk = self.data.get(IMAGE, "")
        is_key = pk.isdecimal() and len(pk) < 19
        visible = FirmwareImage.objects.visible_to(self.request.user).in_use()
        return visible.filter(pk=int(pk)).first() if is_key else None

    def suggest(self, scope: QuerySet[Any]) -> None:
        """Offer the versions these stations have, and the sites they are at; one query for both."""
        pairs = self.of_image(scope, IMAGE, "").values_list("firmware_version", "site__name")
        found = pairs.order_by().distinct()[:MOST_SUGGESTIONS]
        for place, name in enumerate(("firmware_version", "site")):
            values = {pair[place] for pair in found if pair[place]}
            self.form.fields[name].widget.suggestions = sorted(values, key=str.casefold)

    def of_site(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """By the name of the site, anywhere in it; sites are few, and looked up first."""
        sites = Site.objects.filter(name__icontains=value).values_list("pk", flat=True)
        return queryset.filter(site__in=list(sites))

    def by_library(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """Whether the library's newest for them is another version than they have."""
        choose = firmware.outdated if value == OUTDATED else firmware.up_to_date
        return choose(queryset)

    def of_image(self, queryset: QuerySet[Station], name: str, value: object) -> QuerySet[Station]:
        """Those the image is for."""
        image = self.chosen
        return firmware.stations_of(image, queryset) if image else queryset.none()
