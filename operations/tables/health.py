"""When a station connected, and how that ended."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import Connection
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable

# What the close codes mean that say something (RFC 6455 §7.4.1, and the gateway's own).
CODES = {
    1000: gettext_lazy("closed properly"),
    1001: gettext_lazy("the other side went away"),
    1002: gettext_lazy("WebSocket protocol error"),
    1006: gettext_lazy("broken without a word: network or power"),
    1009: gettext_lazy("a message was too big"),
    4001: gettext_lazy("replaced"),
    4002: gettext_lazy("silent too long"),
    4003: gettext_lazy("taken for dead"),
    4004: gettext_lazy("by an operator"),
}


class ConnectionTable(PortalTable):
    """A station's connections, newest first."""

    row_name = "connection"
    rows_are_watched = False
    caption = gettext_lazy("Connections")
    empty_icon = "plug"
    empty_title = gettext_lazy("It has never connected")

    opened_at = PortalColumn(gettext_lazy("Opened"))
    closed_at = PortalColumn(gettext_lazy("Closed"))
    lasted = PortalColumn(gettext_lazy("Lasted"))
    close_code = PortalColumn(gettext_lazy("Code"))
    close_reason = PortalColumn(gettext_lazy("Why"), css="wrap")
    protocol = PortalColumn(gettext_lazy("Protocol"))
    remote_address = PortalColumn(gettext_lazy("From"), css="code")
    node = PortalColumn(gettext_lazy("Server process"), css="code")

    def render_opened_at(self, record: Connection) -> str:
        """The exact time: histories are compared with logs."""
        return cells.moment_text(record.opened_at)

    def render_closed_at(self, record: Connection) -> str | SafeString:
        """When, or that it is open."""
        if record.closed_at is None:
            return cells.badge(word=_("Open"), tone="green", icon="plug")
        return cells.moment_text(record.closed_at)

    def render_lasted(self, record: Connection) -> str:
        """From opening to closing, or until now."""
        seconds = round(((record.closed_at or timezone.now()) - record.opened_at).total_seconds())
        hours, rest = divmod(max(seconds, 0), 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"

    def render_close_code(self, record: Connection) -> str | SafeString:
        """The WebSocket's code, and its meaning."""
        if record.close_code is None:
            return cells.NOTHING
        meaning = CODES.get(record.close_code, "")
        return format_html('{} <span class="text-secondary">{}</span>', record.close_code, meaning)

    def render_protocol(self, record: Connection) -> str:
        """With the word OCPP in front of the version."""
        return record.get_protocol_display()
