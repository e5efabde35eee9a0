"""A station's settings as it reports them, and the history of their changes."""

from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import known_settings, masking, variables
from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.known_settings import KnownSetting
from operations.models import SettingChange, StationSetting
from operations.models.settings import Mutability, SettingState
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path
from operations.tables.ticking import TickColumn

LONGEST_SHOWN = 300  # of a value in a cell; the file has all of it
ACCESS = {
    Mutability.READ_ONLY: ("secondary", "lock"),
    Mutability.READ_WRITE: ("green", "pen"),
    Mutability.WRITE_ONLY: ("purple", "key"),
}
# What both the specifications and stations call the types of values.
TYPES = {
    "boolean": gettext_lazy("boolean"),
    "integer": gettext_lazy("integer"),
    "decimal": gettext_lazy("decimal"),
    "string": gettext_lazy("string"),
    "list": gettext_lazy("list"),
}


def known(setting: StationSetting) -> KnownSetting | None:
    """What its specification says of it."""
    return known_settings.find(setting.station.version, setting.name)


class SettingTable(PortalTable):
    """A station's tab "Settings"."""

    row_name = "setting"
    caption = gettext_lazy("Settings")
    empty_icon = "sliders"

    tick = TickColumn()
    setting = PortalColumn(gettext_lazy("Setting"), by=("key",), css="wrap")
    value = PortalColumn(gettext_lazy("Value"), css="wrap", is_live=True)
    unit = PortalColumn(gettext_lazy("Unit"))
    allowed = PortalColumn(gettext_lazy("Allowed"), css="wrap")
    access = PortalColumn(gettext_lazy("Access"), by=("state", "mutability", "key"), is_live=True)
    read_at = PortalColumn(gettext_lazy("Read at"), by=("read_at", "key"), is_live=True)
    actions = ToolColumn(gettext_lazy("Actions"), css=f"{ACTIONS} roomy")

    def render_setting(self, record: StationSetting) -> SafeString:
        """Its name, and what it is for."""
        about = known(record)
        if about is None:
            return format_html("<code>{}</code>", self.value_setting(record))
        return format_html(
            '<code>{}</code><br><span class="text-secondary">{}</span>',
            self.value_setting(record),
            _(about.description),
        )

    def value_setting(self, record: StationSetting) -> str:
        """Its name, with the attribute where it is not what it is now."""
        if record.attribute == variables.ACTUAL:
            return record.key
        return f"{record.key} ({record.attribute})"

    def render_value(self, record: StationSetting) -> SafeString:
        """As the station told it; whether it waits for a reboot."""
        shown: str | SafeString = self.value_value(record)[:LONGEST_SHOWN] or cells.NOTHING
        if record.is_secret:
            shown = format_html('<span class="text-secondary">{}</span>', _("can't be read"))
        if not record.needs_reboot:
            return format_html("{}", shown)
        title = _("It was changed; the new value counts from the next boot on.")
        badge = cells.badge(word=_("Reboot required"), tone="yellow", icon="rotate", title=title)
        return format_html("{} {}", shown, badge)

    def value_value(self, record: StationSetting) -> str:
        """The value alone."""
        return "" if record.is_secret else record.value

    def value_unit(self, record: StationSetting) -> str:
        """The station's word, or the specification's."""
        about = known(record)
        return record.unit or (about.unit if about else "")

    def render_unit(self, record: StationSetting) -> str | SafeString:
        """The same."""
        return self.value_unit(record) or cells.NOTHING

    def value_allowed(self, record: StationSetting) -> str:
        """Type, list and limits: the station's word goes first."""
        about = known(record)
        values = record.values_list or ", ".join(about.values if about else ())
        data_type = record.data_type or (about.data_type if about else "")
        parts = [str(TYPES.get(data_type, data_type)), values]
        if record.min_limit is not None:
            parts.append(_("at least %(limit)g") % {"limit": record.min_limit})
        if record.max_limit is not None:
            parts.append(_("at most %(limit)g") % {"limit": record.max_limit})
        return "; ".join(part for part in parts if part)

    def render_allowed(self, record: StationSetting) -> str | SafeString:
        """The same."""
        return self.value_allowed(record)[:LONGEST_SHOWN] or cells.NOTHING

    def render_access(self, record: StationSetting) -> SafeString:
        """What the station says: whether it has it, and whether it can be changed."""
        word = self.value_access(record)
        if record.state != SettingState.REPORTED:
            return cells.badge(word=word, tone="orange", icon="circle-question")
        if not record.mutability:
            return cells.NOTHING
        tone, icon = ACCESS[Mutability(record.mutability)]
        return cells.badge(word=word, tone=tone, icon=icon)

    def value_access(self, record: StationSetting) -> str:
        """The same in words."""
        if record.state != SettingState.REPORTED:
            return record.get_state_display()
        return record.get_mutability_display()

    def render_read_at(self, record: StationSetting) -> SafeString:
        """When the station said so."""
        return cells.moment(record.read_at)

    def value_read_at(self, record: StationSetting) -> str:
        """The exact time."""
        return cells.moment_text(record.read_at)

    def render_actions(self, record: StationSetting) -> SafeString:
        """Change it, or read it again."""
        slugs = ("change-settings", "read-settings")
        return buttons.render(self._button(record, slug) for slug in slugs)

    def _button(self, record: StationSetting, slug: str) -> Button:
        target = Target(station=record.station)
        button = buttons.button_of(BY_SLUG[slug], target, self.audience.role)
        query = urlencode({"keys": record.key})
        return Button(
            id=f"setting-{record.pk}-{slug}",
            label=f"{button.label}: {record.key}",
            icon="pen" if slug == "change-settings" else "rotate-right",
            url=f"{button.url}?{query}",
            tone="",
            reason=button.reason,
        )


class SettingChangeTable(PortalTable):
    """Who changed what, and whether it had effect."""

    row_name = "setting-change"
    rows_are_watched = False
    caption = gettext_lazy("Changes of settings")
    empty_icon = "clock-rotate-left"

    at = PortalColumn(gettext_lazy("Time"), by=("at",))
    key = PortalColumn(gettext_lazy("Setting"), by=("key", "at"), css="code")
    old_value = PortalColumn(gettext_lazy("Was"), css="wrap")
    new_value = PortalColumn(gettext_lazy("Became"), css="wrap")
    outcome = PortalColumn(gettext_lazy("Outcome"), by=("outcome", "at"))
    answer = PortalColumn(gettext_lazy("Answer"))
    user = PortalColumn(gettext_lazy("By"))
    number = PortalColumn(gettext_lazy("Request"))

    def render_at(self, record: SettingChange) -> str:
        """The exact time: histories are compared with logs."""
        return cells.moment_text(record.at)

    def value_at(self, record: SettingChange) -> str:
        """The same."""
        return cells.moment_text(record.at)

    def render_old_value(self, record: SettingChange) -> str | SafeString:
        """Cut short; the file has all of it."""
        return masking.text(record.old_value)[:LONGEST_SHOWN] or cells.NOTHING

    def render_new_value(self, record: SettingChange) -> str | SafeString:
        """Likewise."""
        return masking.text(record.new_value)[:LONGEST_SHOWN] or cells.NOTHING

    def render_outcome(self, record: SettingChange) -> SafeString:
        """Whether it is in effect."""
        look = record.state
        return cells.badge(word=look.label, tone=look.tone, icon=look.icon)

    def value_outcome(self, record: SettingChange) -> str:
        """Its word."""
        return record.get_outcome_display()

    def value_user(self, record: SettingChange) -> str:
        """Who asked; nobody where the station has another value by itself."""
        return record.user.get_username() if record.user else ""

    def render_user(self, record: SettingChange) -> str | SafeString:
        """The same."""
        return self.value_user(record) or cells.NOTHING

    def render_number(self, record: SettingChange) -> str | SafeString:
        """The request it was asked by."""
        if record.run_id is None:
            return cells.NOTHING
        url = path("run-detail", record.run_id)
        return format_html('<a class="text-reset" href="{}">{}</a>', url, record.run_id)

    def value_number(self, record: SettingChange) -> str:
        """Its number."""
        return str(record.run_id or "")
