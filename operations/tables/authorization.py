"""The whole fleet's authorization settings, a station in a row."""

from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.known_settings.authorization import BY_FIELD, SETTINGS
from operations.models import AuthorizationProfile, Station
from operations.models.settings import NO_LIMIT, Switch
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.links import path
from operations.tables.ticking import TickColumn

# What the bar asks of ticked rows.
ASKED = ("read-settings", "change-authorization", "clear-cache")


def profile_of(station: Station) -> AuthorizationProfile | None:
    """The row of its settings; None while it never told."""
    return getattr(station, "authorization", None)


def words(profile: AuthorizationProfile | None, field: str) -> str:
    """A setting as text: On, Off, a number, Not supported, Unknown."""
    value = getattr(profile, field) if profile else None
    if BY_FIELD[field].is_switch:
        return str(Switch(value or Switch.UNKNOWN).label)
    if value == NO_LIMIT:
        return str(Switch.UNSUPPORTED.label)
    return str(Switch.UNKNOWN.label) if value in (None, "") else str(value)


def shown(profile: AuthorizationProfile | None, field: str) -> str | SafeString:
    """The same as a badge; a lock where the station says that it can't be changed."""
    text = words(profile, field)
    value = getattr(profile, field) if profile else None
    is_locked = profile is not None and field in profile.read_only
    if BY_FIELD[field].is_switch:
        look = Switch(value or Switch.UNKNOWN)
        title = _("The station says that it can't be changed.") if is_locked else ""
        return _badge(text, look.tone, "lock" if is_locked else look.icon, title)
    if value in (None, "", NO_LIMIT):
        look = Switch.UNSUPPORTED if value == NO_LIMIT else Switch.UNKNOWN
        return _badge(text, look.tone, look.icon, "")
    return text


@lru_cache(maxsize=200)
def _badge(word: str, tone: str, icon: str, title: str) -> SafeString:
    """A page has two hundred of them, and few that differ."""
    return cells.badge(word=word, tone=tone, icon=icon, title=title)


class SettingColumn(PortalColumn):
    """One of the eight settings."""

    def __init__(self, field: str) -> None:
        setting = BY_FIELD[field]
        css = "" if setting.is_switch else "amount"
        by = (f"authorization__{field}", "name")
        super().__init__(setting.label, by=by, css=css, is_live=True)
        del self.attrs["td"]["data-export"]  # the cell's own text is what Copy takes
        self.attrs["th"] = {"class": f"{css} tight".strip(), "title": setting.description}
        self.field = field

    def render(self, record: Station) -> Any:
        """On, off, a number, or that it is not known."""
        return shown(profile_of(record), self.field)


class AuthorizationTable(PortalTable):
    """Operations > Authorization."""

    row_name = "authorization"
    caption = gettext_lazy("Authorization")
    empty_icon = "user-check"

    tick = TickColumn()
    name = PortalColumn(gettext_lazy("Station"), by=("name",), css="name")
    local_authorize_offline = SettingColumn("local_authorize_offline")
    local_pre_authorize = SettingColumn("local_pre_authorize")
    list_enabled = SettingColumn("list_enabled")
    send_list_max = SettingColumn("send_list_max")
    list_max = SettingColumn("list_max")
    unknown_offline = SettingColumn("unknown_offline")
    cache_enabled = SettingColumn("cache_enabled")
    authorize_remote_start = SettingColumn("authorize_remote_start")
    as_of = PortalColumn(
        gettext_lazy("As of"), by=("authorization__read_at", "name"), css="spare", is_live=True
    )
    protocol = PortalColumn(gettext_lazy("Protocol"), by=("protocol", "name"), css="spare")
    actions = ToolColumn(gettext_lazy("Actions"), css=f"{ACTIONS} roomy", is_live=True)

    def text(self, record: Station, name: str) -> str:
        """The settings in words."""
        if name in {setting.field for setting in SETTINGS}:
            return words(profile_of(record), name)
        return super().text(record, name)

    def render_name(self, record: Station) -> SafeString:
        """Leads to the station's settings."""
        url = path("station-settings", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.name)

    def value_name(self, record: Station) -> str:
        """The name alone."""
        return record.name

    def render_as_of(self, record: Station) -> SafeString:
        """When the station told any of this last."""
        profile = profile_of(record)
        return cells.moment(profile.read_at) if profile else cells.NOTHING

    def value_as_of(self, record: Station) -> str:
        """The exact time."""
        profile = profile_of(record)
        return cells.moment_text(profile.read_at) if profile else ""

    def value_protocol(self, record: Station) -> str:
        """With the word OCPP in front of the version."""
        return record.get_protocol_display()

    def render_protocol(self, record: Station) -> str | SafeString:
        """The same."""
        return self.value_protocol(record) or cells.NOTHING

    def render_actions(self, record: Station) -> SafeString:
        """Change them; the bar below asks for more, of one station too."""
        command, target = BY_SLUG["change-authorization"], Target(station=record)
        button = buttons.button_of(command, target, self.audience.role, place="auth-")
        return buttons.render(iter([button]))
