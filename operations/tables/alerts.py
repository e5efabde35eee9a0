"""The list of alerts."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import Alert
from operations.models.alerts import Severity
from operations.statuses import Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path


def state_look(alert: Alert) -> dict[str, Any]:
    """Where an alert is in its life: word, tone, icon."""
    if not alert.is_open:
        return {"word": _("Closed"), "tone": "secondary", "icon": "circle-check"}
    if alert.acknowledged_at is not None:
        return {"word": _("Looked after"), "tone": "cyan", "icon": "thumbs-up"}
    return {"word": _("Open"), "tone": "red", "icon": "bell"}


def severity_badge(severity: str) -> SafeString:
    """How bad it is."""
    look = Severity(severity)
    return cells.badge(word=look.label, tone=look.tone, icon=look.icon)


class AlertTable(PortalTable):
    """Operations > Alerts."""

    row_name = "alert"
    caption = gettext_lazy("Alerts")
    empty_icon = "bell-slash"

    state = PortalColumn(gettext_lazy("State"), by=("-is_open", "-opened_at"), is_live=True)
    severity = PortalColumn(gettext_lazy("Severity"), by=("severity", "is_open"))
    station = PortalColumn(gettext_lazy("Station"), by=("station__name",), is_live=True)
    title = PortalColumn(gettext_lazy("Alert"), css="wrap")
    since = PortalColumn(gettext_lazy("Since"), by=("began_at",))
    closed_at = PortalColumn(gettext_lazy("Closed"), css="spare", is_live=True)
    count = PortalColumn(gettext_lazy("Times"), css="amount", is_live=True)
    looked_after = PortalColumn(gettext_lazy("Looked after by"), css="wrap", is_live=True)
    follow_up = PortalColumn(gettext_lazy("Follow-up"), is_live=True)
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    def render_state(self, record: Alert) -> SafeString:
        """Open, looked after, or over."""
        return cells.badge(**state_look(record))

    def value_state(self, record: Alert) -> str:
        """In a word."""
        return str(state_look(record)["word"])

    def render_severity(self, record: Alert) -> SafeString:
        """How bad it is."""
        return severity_badge(record.severity)

    def value_severity(self, record: Alert) -> str:
        """In a word."""
        return record.get_severity_display()

    def render_title(self, record: Alert) -> SafeString:
        """What was found, leading to the alert's page."""
        url = path("alert-detail", record.pk)
        return format_html(
            '<a href="{}">{}</a><br><span class="text-secondary">{}</span>',
            url,
            record.rule.name,
            record.summary,
        )

    def value_title(self, record: Alert) -> str:
        """The rule and its sentence."""
        return f"{record.rule.name}: {record.summary}"

    def render_station(self, record: Alert) -> SafeString:
        """The station, connected or not."""
        return cells.station_link(record.station) if record.station else cells.NOTHING

    def value_station(self, record: Alert) -> str:
        """Its name."""
        return record.station.name if record.station else ""

    def render_since(self, record: Alert) -> SafeString:
        """When it began, which is before the alert opened."""
        return cells.moment(record.since)

    def value_since(self, record: Alert) -> str:
        """The exact time."""
        return cells.moment_text(record.since)

    def render_closed_at(self, record: Alert) -> SafeString:
        """When it was over."""
        return cells.moment(record.closed_at) if record.closed_at else cells.NOTHING

    def value_closed_at(self, record: Alert) -> str:
        """The exact time."""
        return cells.moment_text(record.closed_at)

    def render_looked_after(self, record: Alert) -> str | SafeString:
        """Who, and what they wrote."""
        return self.value_looked_after(record) or cells.NOTHING

    def value_looked_after(self, record: Alert) -> str:
        """The same."""
        if record.acknowledged_at is None:
            return ""
        by = record.acknowledged_by
        who = by.get_username() if by else _("Somebody who is gone")
        return f"{who}: {record.note}" if record.note else who

    def render_follow_up(self, record: Alert) -> SafeString:
        """What the rule asked by itself, and where that is."""
        return cells.run_link(record.follow_up_run)

    def value_follow_up(self, record: Alert) -> str:
        """In words."""
        return cells.run_text(record.follow_up_run)

    def render_actions(self, record: Alert) -> SafeString:
        """Say that one looks after it."""
        return buttons.render(iter([self._acknowledge(record)]))

    def _acknowledge(self, record: Alert) -> Button:
        return Button(
            id=f"alert-{record.pk}-acknowledge",
            label=_("Acknowledge"),
            icon="thumbs-up",
            url=path("alert-acknowledge", record.pk),
            tone="",
            reason=why_not_acknowledge(record, self.audience.role),
        )


def why_not_acknowledge(alert: Alert, role: Role) -> str:
    """Why this can't be acknowledged by them now; empty when it can."""
    if not role.includes(Role.OPERATOR):
        return _("it takes the role operator.")
    if alert.acknowledged_at is not None:
        return _("somebody looks after it.")
    return ""
