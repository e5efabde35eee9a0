"""Filters of the fleet's authorization caches."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from operations import versions
from operations.filters.authorization import SwitchFilter
from operations.filters.base import PortalFilterSet, text
from operations.models import Organisation, Station, User
from operations.services import caching

AT_RISK = "pre-paid"
POLICIES = [(name, name) for name in ("LRU", "LFU", "FIFO", "CUSTOM")]


def organisations() -> list[tuple[str, str]]:
    """Those there are."""
    named = Organisation.objects.order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in named]


def hide_organisation(filterset: django_filters.FilterSet) -> None:
    """People of one organisation see no other's names."""
    user = filterset.request.user if filterset.request else None
    if not (isinstance(user, User) and user.sees_whole_network):
        del filterset.filters["organisation"]


class CacheFilterSet(PortalFilterSet):
    """By station, by what is known of its cache, and by whether it had better be off."""

    name = text("name", gettext_lazy("Station"))
    organisation = django_filters.ChoiceFilter(
        choices=organisations, label=gettext_lazy("Organisation")
    )
    protocol = django_filters.ChoiceFilter(
        choices=versions.VERSION_CHOICES, label=gettext_lazy("Protocol")
    )
    cache_enabled = SwitchFilter("cache_enabled")
    cache_policy = django_filters.ChoiceFilter(
        field_name="authorization__cache_policy",
        choices=POLICIES,
        label=gettext_lazy("Cache policy"),
    )
    caution = django_filters.ChoiceFilter(
        method="of_caution",
        choices=[(AT_RISK, gettext_lazy("May hold pre-paid tokens"))],
        label=gettext_lazy("Caution"),
    )

    class Meta:
        model = Station
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hide_organisation(self)

    def of_caution(self, queryset: QuerySet[Station], name: str, value: str) -> QuerySet[Station]:
        """On, and pre-paid tokens charge there."""
        return caching.at_risk(queryset)
