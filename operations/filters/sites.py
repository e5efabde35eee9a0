"""Filters of the map and of the list beside it."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations.filters.authorization_cache import hide_organisation, organisations
from operations.filters.base import PortalFilterSet, text
from operations.models import Site
from operations.services.sites import SiteState


class SiteFilterSet(PortalFilterSet):
    """By name, organisation, and what is worst there."""

    site = text("name", gettext_lazy("Site"))
    organisation = django_filters.ChoiceFilter(
        choices=organisations, label=gettext_lazy("Organisation")
    )
    state = django_filters.ChoiceFilter(choices=SiteState.choices, label=gettext_lazy("State"))

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        hide_organisation(self)

    @property
    def sites(self) -> QuerySet[Site]:
        """Those that match; none where the filter is not understood."""
        found: QuerySet[Site] = self.qs if self.form.is_valid() else self.queryset.none()
        return found
