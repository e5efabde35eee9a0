"""Filters of the fleet's authorization settings: a state for each switch."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from operations import versions
from operations.filters.base import PortalFilterSet, text
from operations.known_settings.authorization import BY_FIELD
from operations.models import Station
from operations.models.settings import NO_LIMIT, Switch


class SwitchFilter(django_filters.ChoiceFilter):
    """On, off, not supported or unknown; what no station ever told is unknown too."""

    def __init__(self, name: str) -> None:
        label = BY_FIELD[name].label
        super().__init__(f"authorization__{name}", label=label, choices=Switch.choices)

    def filter(self, qs: QuerySet[Station], value: str) -> QuerySet[Station]:
        """A station without a row never told."""
        if value == Switch.UNKNOWN:
            return qs.filter(Q(**{self.field_name: value}) | Q(authorization__isnull=True))
        return qs.filter(**{self.field_name: value}) if value else qs


class LimitFilter(django_filters.ChoiceFilter):
    """Whether a number is known; how large it is, the column's order tells."""

    def __init__(self, name: str) -> None:
        choices = [
            ("known", gettext_lazy("Known")),
            (Switch.UNSUPPORTED.value, Switch.UNSUPPORTED.label),
            (Switch.UNKNOWN.value, Switch.UNKNOWN.label),
        ]
        super().__init__(f"authorization__{name}", label=BY_FIELD[name].label, choices=choices)

    def filter(self, qs: QuerySet[Station], value: str) -> QuerySet[Station]:
        """NO_LIMIT stands for what the station does not have."""
        if value == "known":
            return qs.filter(**{f"{self.field_name}__gte": 0})
        if value == Switch.UNSUPPORTED:
            return qs.filter(**{self.field_name: NO_LIMIT})
        if value == Switch.UNKNOWN:
            return qs.filter(**{f"{self.field_name}__isnull": True})
        return qs


class AuthorizationFilterSet(PortalFilterSet):
    """By station, and by what is known of each of the eight settings."""

    name = text("name", gettext_lazy("Station"))
    protocol = django_filters.ChoiceFilter(
        choices=versions.VERSION_CHOICES, label=gettext_lazy("Protocol")
    )
    local_authorize_offline = SwitchFilter("local_authorize_offline")
    local_pre_authorize = SwitchFilter("local_pre_authorize")
    list_enabled = SwitchFilter("list_enabled")
    send_list_max = LimitFilter("send_list_max")
    list_max = LimitFilter("list_max")
    unknown_offline = SwitchFilter("unknown_offline")
    cache_enabled = SwitchFilter("cache_enabled")
    authorize_remote_start = SwitchFilter("authorize_remote_start")
    # Not typed: a station's page links with it.
    identity = django_filters.CharFilter(
        field_name="identity", label=gettext_lazy("Identity"), widget=forms.HiddenInput
    )

    class Meta:
        model = Station
        fields: tuple[str, ...] = ()
