"""Configuration templates in a list, and the stations of one with what it would change there."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.models import ConfigurationTemplate, Station
from operations.models.templates import DriftState
from operations.services import desired, drift
from operations.services.drift import Deviation, Standing
from operations.tables import cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.links import path
from operations.tables.owned import OwnedTable
from operations.tables.ticking import TickColumn

MOST_SHOWN = 4  # changes in a row; the page of the station has all
LONGEST = 60


def standing_look(template: ConfigurationTemplate) -> dict[str, Any]:
    """Whether it counts now: word, tone, icon."""
    now = timezone.now()
    if not template.is_enabled:
        return {"word": _("Off"), "tone": "secondary", "icon": "circle-pause"}
    if template.is_in_force(now):
        return {"word": _("In force"), "tone": "green", "icon": "circle-check"}
    if template.valid_from is not None and template.valid_from > now:
        return {"word": _("Not yet valid"), "tone": "purple", "icon": "clock"}
    return {"word": _("No longer valid"), "tone": "secondary", "icon": "clock-rotate-left"}


def match_in_words(template: ConfigurationTemplate) -> str:
    """Which stations it is for."""
    parts = (
        template.organisation.name if template.organisation else "",
        template.site.name if template.site else "",
        str(template.get_protocol_display()) if template.protocol else "",
        " ".join(part for part in (template.vendor, template.model) if part),
    )
    return ", ".join(part for part in parts if part) or _("All stations")


class TemplateTable(OwnedTable):
    """Operations > Configuration templates."""

    row_name = "template"
    rows_are_watched = False
    caption = gettext_lazy("Configuration templates")
    empty_icon = "sliders"
    deeds = (
        (gettext_lazy("Change"), "pen", "configuration-template-change", ""),
        (gettext_lazy("Delete"), "trash", "configuration-template-delete", "red"),
    )
    everybodys = gettext_lazy("it is for every organisation, and you see one.")

    name = PortalColumn(gettext_lazy("Name"), by=("name",), css="name")
    code = PortalColumn(gettext_lazy("Code"), by=("code",), css="code")
    standing = PortalColumn(gettext_lazy("State"), by=("is_enabled", "name"))
    match = PortalColumn(gettext_lazy("For"), css="wrap")
    priority = PortalColumn(gettext_lazy("Priority"), by=("priority", "name"), css="amount")
    number = PortalColumn(gettext_lazy("Settings"), css="amount")
    differing = PortalColumn(gettext_lazy("Deviations"), css="amount")
    applies_on_connect = PortalColumn(gettext_lazy("Applied"), by=("applies_on_connect", "name"))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def render_name(self, record: ConfigurationTemplate) -> SafeString:
        """Leads to the template."""
        url = path("configuration-template-detail", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.name)

    def value_name(self, record: ConfigurationTemplate) -> str:
        """The name alone."""
        return record.name

    def render_standing(self, record: ConfigurationTemplate) -> SafeString:
        """Whether it counts now."""
        return cells.badge(**standing_look(record))

    def value_standing(self, record: ConfigurationTemplate) -> str:
        """In a word."""
        return str(standing_look(record)["word"])

    def render_match(self, record: ConfigurationTemplate) -> str:
        """Which stations it is for."""
        return match_in_words(record)

    def value_match(self, record: ConfigurationTemplate) -> str:
        """The same."""
        return match_in_words(record)

    def render_number(self, record: Any) -> int:
        """How many settings it names."""
        return self.value_number(record)

    def value_number(self, record: Any) -> int:
        """The same."""
        return record.setting_count or 0

    def render_differing(self, record: Any) -> int | SafeString:
        """How many settings of stations are otherwise; leads to them."""
        count = self.value_differing(record)
        url = f"{reverse('drift-list')}?state=open&template={record.pk}"
        return format_html('<a href="{}">{}</a>', url, count) if count else count

    def value_differing(self, record: Any) -> int:
        """The number."""
        return record.drift_count or 0

    def render_applies_on_connect(self, record: ConfigurationTemplate) -> str:
        """By itself, or by somebody."""
        return self.value_applies_on_connect(record)

    def value_applies_on_connect(self, record: ConfigurationTemplate) -> str:
        """The same."""
        return _("When a station connects") if record.applies_on_connect else _("On demand")


def shorten(value: str) -> str:
    """A value that fits a cell."""
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"


def change_in_words(each: Deviation) -> str:
    """What would become of a setting: "HeartbeatInterval: 300 → 60"."""
    if each.state == DriftState.MISSING:
        words = {"key": each.key, "to": shorten(each.desired)}
        return _("%(key)s: not reported → %(to)s") % words
    words = {"key": each.key, "now": shorten(each.reported), "to": shorten(each.desired)}
    if each.state == DriftState.READ_ONLY:
        return _("%(key)s: %(now)s stays, read only; wanted: %(to)s") % words
    return _("%(key)s: %(now)s → %(to)s") % words


class TemplateStationTable(PortalTable):
    """The stations a template is for."""

    row_name = "template-station"
    rows_are_watched = False
    caption = gettext_lazy("Stations it is for")
    empty_icon = "server"
    template: ConfigurationTemplate | None = None  # the page's, given before it learns
    standings: Mapping[int, Standing] = {}

    tick = TickColumn()
    name = PortalColumn(gettext_lazy("Station"), by=("name",), css="name")
    standing = PortalColumn(gettext_lazy("With this template"))
    would_change = PortalColumn(gettext_lazy("It would change"), css="wrap")
    connection = PortalColumn(gettext_lazy("Connected"), by=("connected_at", "disconnected_at"))
    protocol = PortalColumn(gettext_lazy("Protocol"), by=("protocol", "name"))

    def learn(self, records: Sequence[Station]) -> None:
        """What differs at each, as if the template were in force."""
        if self.template is None:
            return
        wishes = desired.wishes(timezone.now(), also=self.template)
        self.standings = drift.standings(records, wishes)

    def _mine(self, record: Station) -> list[Deviation]:
        standing = self.standings.get(record.pk, Standing())
        mine = self.template.pk if self.template else None
        return [each for each in standing.deviations if each.template_pk == mine]

    def _look(self, record: Station) -> tuple[str, str, str]:
        """Word, tone, icon."""
        count = len(self._mine(record))
        if count:
            words = ngettext("%(count)d differs", "%(count)d differ", count) % {"count": count}
            return words, "orange", "not-equal"
        standing = self.standings.get(record.pk, Standing())
        if not standing.wanted:
            return _("Nothing wanted of it"), "secondary", "minus"
        if standing.unread:
            return _("Not read yet"), "secondary", "circle-question"
        return _("As it should be"), "green", "circle-check"

    def render_name(self, record: Station) -> SafeString:
        """Leads to the station's settings."""
        url = path("station-settings", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.name)

    def value_name(self, record: Station) -> str:
        """The name alone."""
        return record.name

    def render_standing(self, record: Station) -> SafeString:
        """Whether it has what the template says."""
        word, tone, icon = self._look(record)
        return cells.badge(word=word, tone=tone, icon=icon)

    def value_standing(self, record: Station) -> str:
        """In words."""
        return self._look(record)[0]

    def render_would_change(self, record: Station) -> str | SafeString:
        """The first few changes."""
        return self._changes(record, MOST_SHOWN) or cells.NOTHING

    def value_would_change(self, record: Station) -> str:
        """All of them."""
        return self._changes(record, None)

    def _changes(self, record: Station, most: int | None) -> str:
        mine = self._mine(record)
        text = "; ".join(change_in_words(each) for each in mine[:most])
        left = len(mine) - most if most is not None else 0
        return f"{text}; …{_('and %(count)d more') % {'count': left}}" if left > 0 else text

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
