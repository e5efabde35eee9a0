"""Filters of a station's settings, and of their changes."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import known_settings
from operations.filters.base import PortalFilterSet, text
from operations.models import SettingChange, StationSetting
from operations.models.settings import ChangeOutcome, Mutability, SettingState
from operations.versions import VERSIONS


class SettingFilterSet(PortalFilterSet):
    """By name, description or value; by what the station says of it."""

    search = django_filters.CharFilter(
        method="by_text", label=gettext_lazy("Name, description or value")
    )
    mutability = django_filters.ChoiceFilter(
        choices=Mutability.choices, label=gettext_lazy("Access")
    )
    state = django_filters.ChoiceFilter(choices=SettingState.choices, label=gettext_lazy("State"))
    reboot = django_filters.ChoiceFilter(
        method="by_reboot",
        label=gettext_lazy("Reboot"),
        choices=[("required", gettext_lazy("Required"))],
    )

    class Meta:
        model = StationSetting
        fields: tuple[str, ...] = ()

    def by_text(
        self, queryset: QuerySet[StationSetting], name: str, value: str
    ) -> QuerySet[StationSetting]:
        """Also what the specification says of it, since names are terse."""
        wanted = value.casefold()
        described = {
            (setting.key.rpartition(".")[0].split("[")[0], setting.key.rpartition(".")[2])
            for version in VERSIONS
            for setting in known_settings.of(version).values()
            if wanted in _(setting.description).casefold()
        }
        meant = Q(key__icontains=value) | Q(value__icontains=value)
        for component, variable in described:
            meant |= Q(component=component, variable=variable)
        return queryset.filter(meant)

    def by_reboot(
        self, queryset: QuerySet[StationSetting], name: str, value: str
    ) -> QuerySet[StationSetting]:
        """Those that wait for a boot."""
        return queryset.filter(reboot_required_at__isnull=False)


class SettingChangeFilterSet(PortalFilterSet):
    """By setting and outcome."""

    key = text("key", gettext_lazy("Setting"))
    outcome = django_filters.ChoiceFilter(
        choices=ChangeOutcome.choices, label=gettext_lazy("Outcome")
    )

    class Meta:
        model = SettingChange
        fields: tuple[str, ...] = ()
