"""Where things are: filters that the lists of stations and chargers share with the map."""

from collections.abc import Iterator
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.authorization_cache import hide_organisation, organisations
from operations.filters.base import Chip, PortalFilterSet
from operations.models import Site


class PlaceFilterSet(PortalFilterSet):
    """By site and organisation."""

    site_path: ClassVar[str] = "site"
    organisation_path: ClassVar[str] = "organisation"

    site = django_filters.CharFilter(
        method="of_site",
        label=gettext_lazy("Site"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    organisation = django_filters.ChoiceFilter(
        method="of_organisation", choices=organisations, label=gettext_lazy("Organisation")
    )
    # Not typed: the map links with it, since names of sites may be alike.
    at_site = django_filters.NumberFilter(
        method="at_this_site", label=gettext_lazy("At site"), widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hide_organisation(self)

    def chips(self) -> Iterator[Chip]:
        """A site by its name."""
        for chip in super().chips():
            if chip.label == self.form.fields["at_site"].label:
                site = self._site(chip.value)
                yield Chip(chip.label, site.name if site else chip.value, chip.url)
            else:
                yield chip

    def of_site(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the site's name, anywhere in it; looked up first, for the index."""
        sites = Site.objects.visible_to(self.request.user).filter(name__icontains=value)
        return queryset.filter(**{f"{self.site_path}__in": sites.order_by().values("pk")})

    def of_organisation(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """One organisation's."""
        return queryset.filter(**{self.organisation_path: int(value)})

    def at_this_site(self, queryset: QuerySet[Any], name: str, value: object) -> QuerySet[Any]:
        """At one site, if the user sees it."""
        site = self._site(value)
        return queryset.filter(**{self.site_path: site}) if site else queryset.none()

    def _site(self, value: object) -> Site | None:
        pk = str(value)
        visible = Site.objects.visible_to(self.request.user)
        return visible.filter(pk=int(pk)).first() if pk.isdecimal() else None
