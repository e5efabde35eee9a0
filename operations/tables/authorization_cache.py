"""The fleet's authorization caches, a station in a row."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.known_settings.authorization import BY_FIELD
from operations.models import Station
from operations.models.settings import Switch
from operations.services import caching
from operations.tables import authorization, buttons, cells
from operations.tables.authorization import SettingColumn, profile_of, words
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path
from operations.tables.ticking import TickColumn

# Beside the switch itself.
ASKED = ("clear-cache", "read-settings")
ABSENT = Switch.UNSUPPORTED.label
FIELDS = ("cache_enabled", "cache_lifetime_s", "cache_policy", "cache_storage_bytes")


def is_on(station: Station) -> bool:
    """Whether its cache is known to be on."""
    profile = profile_of(station)
    return profile is not None and profile.cache_enabled == Switch.ON


def switch_of(station: Station, role: Any, *, place: str) -> Button:
    """The button that turns the cache the other way."""
    target, turn_on = Target(station=station), not is_on(station)
    button = buttons.button_of(BY_SLUG["change-authorization"], target, role, place=place)
    value = "true" if turn_on else "false"
    return Button(
        id=button.id,
        label=_("Turn the cache on") if turn_on else _("Turn the cache off"),
        icon="toggle-on" if turn_on else "toggle-off",
        url=f"{button.url}?{urlencode({'cache_enabled': value})}",
        tone=button.tone,
        reason=button.reason or _unsupported(station),
    )


def _unsupported(station: Station) -> str:
    profile = profile_of(station)
    if profile is None:
        return ""
    if profile.cache_enabled == Switch.UNSUPPORTED:
        return _("the station has no authorization cache.")
    if "cache_enabled" in profile.read_only:
        return _("the station says that it can't be changed.")
    return ""


def deeds(station: Station, role: Any, *, place: str) -> Iterator[Button]:
    """Switch it, clear it, read it; in that order."""
    target = Target(station=station)
    yield switch_of(station, role, place=place)
    for slug in ASKED:
        button = buttons.button_of(BY_SLUG[slug], target, role, place=place)
        if slug == "read-settings":
            url = f"{button.url}?{urlencode({'what': 'authorization'})}"
            button = Button(button.id, button.label, button.icon, url, button.tone, button.reason)
        yield button


def has(station: Station, field: str) -> bool:
    """Whether the station's version of OCPP knows such a setting at all; 1.6 only the switch."""
    return station.version is None or bool(BY_FIELD[field].keys_of(station.version))


def shown(station: Station, field: str) -> str | SafeString:
    """A setting of its cache; no word of the station is needed where OCPP has none for it."""
    if has(station, field):
        return authorization.shown(profile_of(station), field)
    look = Switch.UNSUPPORTED
    return cells.badge(word=str(ABSENT), tone=look.tone, icon=look.icon, title="")


class FurtherColumn(SettingColumn):
    """A setting that only OCPP 2.x has."""

    def render(self, record: Station) -> Any:
        """Not supported where there can't be any."""
        return shown(record, self.field)


class CacheTable(PortalTable):
    """Operations > Authorization Cache."""

    row_name = "cache"
    caption = gettext_lazy("Authorization Cache")
    empty_icon = "memory"

    tick = TickColumn()
    name = PortalColumn(gettext_lazy("Station"), by=("name",), css="name")
    cache_enabled = SettingColumn("cache_enabled")
    caution = PortalColumn(gettext_lazy("Caution"), is_live=True)
    cache_lifetime_s = FurtherColumn("cache_lifetime_s")
    cache_policy = FurtherColumn("cache_policy")
    cache_storage_bytes = FurtherColumn("cache_storage_bytes")
    as_of = PortalColumn(
        gettext_lazy("As of"), by=("authorization__read_at", "name"), css="spare", is_live=True
    )
    organisation = PortalColumn(gettext_lazy("Organisation"), by=("organisation__name", "name"))
    connection = PortalColumn(
        gettext_lazy("Connected"), by=("connected_at", "disconnected_at"), is_live=True
    )
    protocol = PortalColumn(gettext_lazy("Protocol"), by=("protocol", "name"), css="spare")
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    def learn(self, records: Sequence[Station]) -> None:
        """Whose tokens are pre-paid, and which caches were not cleared; four queries."""
        on = {each.organisation_id for each in records if is_on(each)}
        self.with_pre_paid = caching.with_pre_paid(on) if on else set()
        off = [each.pk for each in records if not is_on(each)]
        self.uncleared = caching.uncleared(off) if off else set()

    def text(self, record: Station, name: str) -> str:
        """The settings in words."""
        if name not in FIELDS:
            return super().text(record, name)
        return words(profile_of(record), name) if has(record, name) else str(ABSENT)

    def render_name(self, record: Station) -> SafeString:
        """Leads to the station's cache."""
        url = path("authorization-cache-detail", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.name)

    def value_name(self, record: Station) -> str:
        """The name alone."""
        return record.name

    def render_caution(self, record: Station) -> str | SafeString:
        """What somebody should think of."""
        if is_on(record) and record.organisation_id in self.with_pre_paid:
            title = _("Pre-paid tokens may charge here; the cache does not ask for their funds.")
            word = self.value_caution(record)
            return cells.badge(word=word, tone="orange", icon="triangle-exclamation", title=title)
        if record.pk in self.uncleared:
            title = _("Some stations keep what is in it, and use it when it is on again.")
            word = self.value_caution(record)
            return cells.badge(word=word, tone="yellow", icon="broom", title=title)
        return cells.NOTHING

    def value_caution(self, record: Station) -> str:
        """The same in words."""
        if is_on(record) and record.organisation_id in self.with_pre_paid:
            return _("May hold pre-paid tokens")
        return _("Turned off, not cleared") if record.pk in self.uncleared else ""

    def render_as_of(self, record: Station) -> SafeString:
        """When the station told any of this last."""
        profile = profile_of(record)
        return cells.moment(profile.read_at) if profile else cells.NOTHING

    def value_as_of(self, record: Station) -> str:
        """The exact time."""
        profile = profile_of(record)
        return cells.moment_text(profile.read_at) if profile else ""

    def render_organisation(self, record: Station) -> str | SafeString:
        """Whose station."""
        return self.value_organisation(record) or cells.NOTHING

    def value_organisation(self, record: Station) -> str:
        """The same."""
        return record.organisation.name if record.organisation else ""

    def render_connection(self, record: Station) -> SafeString:
        """Connected or offline, since when."""
        return cells.connection(record)

    def value_connection(self, record: Station) -> str:
        """The same with the exact time."""
        return cells.connection_text(record)

    def render_protocol(self, record: Station) -> str | SafeString:
        """The version of OCPP."""
        return self.value_protocol(record) or cells.NOTHING

    def value_protocol(self, record: Station) -> str:
        """With the word OCPP in front of it."""
        return record.get_protocol_display()

    def render_actions(self, record: Station) -> SafeString:
        """Switch it, clear it, read it."""
        return buttons.render(deeds(record, self.audience.role, place="cache-"))
