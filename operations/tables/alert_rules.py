"""The list of alert rules."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.commands import BY_SLUG
from operations.models import AlertRule
from operations.models.alerts import AlertKind
from operations.services import conditions, delivering
from operations.tables import cells
from operations.tables.alerts import severity_badge
from operations.tables.base import ACTIONS, PortalColumn, ToolColumn
from operations.tables.owned import OwnedTable


class RuleTable(OwnedTable):
    """Operations > Alerts > Rules."""

    row_name = "rule"
    rows_are_watched = False
    caption = gettext_lazy("Alert rules")
    empty_icon = "bell"
    deeds = (
        (gettext_lazy("Change"), "pen", "alert-rule-change", ""),
        (gettext_lazy("Send a test"), "paper-plane", "alert-rule-try", ""),
        (gettext_lazy("Delete"), "trash", "alert-rule-delete", "red"),
    )
    everybodys = gettext_lazy("it watches every station, and you see those of one organisation.")

    name = PortalColumn(gettext_lazy("Name"), by=("name",))
    open_alerts = PortalColumn(gettext_lazy("Open alerts"), by=("open_alerts",), css="amount")
    organisation = PortalColumn(gettext_lazy("Watches"), by=("organisation__name",))
    condition = PortalColumn(gettext_lazy("Looks for"), by=("kind", "threshold"), css="wrap")
    severity = PortalColumn(gettext_lazy("Severity"), by=("severity",))
    is_enabled = PortalColumn(gettext_lazy("On or off"), by=("is_enabled",))
    tells = PortalColumn(gettext_lazy("Tells"))
    follow_up = PortalColumn(gettext_lazy("Follow-up"), by=("follow_up",))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def value_organisation(self, record: AlertRule) -> str:
        """Whose stations."""
        return record.organisation.name if record.organisation else _("Every station")

    def render_organisation(self, record: AlertRule) -> str:
        """The same."""
        return self.value_organisation(record)

    def render_condition(self, record: AlertRule) -> str:
        """What it looks for, in a sentence."""
        return self.value_condition(record)

    def value_condition(self, record: AlertRule) -> str:
        """The same."""
        return str(conditions.CONDITIONS[AlertKind(record.kind)].sentence(record))

    def render_severity(self, record: AlertRule) -> SafeString:
        """How bad what it finds is."""
        return severity_badge(record.severity)

    def value_severity(self, record: AlertRule) -> str:
        """In a word."""
        return record.get_severity_display()

    def render_is_enabled(self, record: AlertRule) -> SafeString:
        """Whether it looks at all."""
        tone, icon = (
            ("green", "circle-check") if record.is_enabled else ("secondary", "circle-pause")
        )
        return cells.badge(word=self.value_is_enabled(record), tone=tone, icon=icon)

    def value_is_enabled(self, record: AlertRule) -> str:
        """In a word."""
        return _("On") if record.is_enabled else _("Off")

    def render_tells(self, record: AlertRule) -> str | SafeString:
        """How many people, which machine."""
        return self.value_tells(record) or cells.NOTHING

    def value_tells(self, record: AlertRule) -> str:
        """Addresses are the engineers' own affair."""
        count = len(delivering.addresses(record))
        people = ngettext("%(count)d address", "%(count)d addresses", count) % {"count": count}
        machine = delivering.shown_url(record.webhook_url) if record.webhook_url else ""
        return ", ".join(part for part in (people if count else "", machine) if part)

    def render_follow_up(self, record: AlertRule) -> str | SafeString:
        """What it asks by itself."""
        return self.value_follow_up(record) or cells.NOTHING

    def value_follow_up(self, record: AlertRule) -> str:
        """The command, and how often at most."""
        command = BY_SLUG.get(record.follow_up)
        if command is None:
            return record.follow_up
        words = {"command": command.label, "hours": record.follow_up_every_h}
        return _("%(command)s, at most every %(hours)d h") % words

    def render_open_alerts(self, record: AlertRule) -> SafeString:
        """How many hold now; leads to them."""
        query = urlencode({"state": "open", "rule": record.name})
        url = f"{reverse('alert-list')}?{query}"
        return format_html('<a href="{}">{}</a>', url, self.value_open_alerts(record))

    def value_open_alerts(self, record: AlertRule) -> int:
        """The number."""
        count: int = getattr(record, "open_alerts", 0)
        return count
