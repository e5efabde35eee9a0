"""Files that stations sent."""

from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import ReceivedFile
from operations.services import previewing
from operations.statuses import FileState, Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path

# What can be asked for, as the command diagnostic-request calls it.
KINDS = {
    "diagnostics": gettext_lazy("Diagnostics"),
    "security": gettext_lazy("Security log"),
    "data-collector": gettext_lazy("Data collector"),
}


class ReceivedFileTable(PortalTable):
    """Operations > Diagnostic logs."""

    row_name = "file"
    caption = gettext_lazy("Diagnostic logs")
    empty_icon = "file-arrow-down"

    name = PortalColumn(gettext_lazy("File"), by=("original_name",), css="code", is_live=True)
    station = PortalColumn(gettext_lazy("Station"), by=("station__name",))
    # Not "run": the table would load each.
    number = PortalColumn(gettext_lazy("Request"), by=("run",))
    kind = PortalColumn(gettext_lazy("Kind"), by=("kind",))
    size = PortalColumn(gettext_lazy("Size"), by=("size_bytes",), css="amount", is_live=True)
    state = PortalColumn(gettext_lazy("State"), by=("state",), is_live=True)
    protocol = PortalColumn(gettext_lazy("By"), by=("protocol",))
    received_at = PortalColumn(
        gettext_lazy("Received"), by=("received_at", "started_at"), is_live=True
    )
    expires_at = PortalColumn(gettext_lazy("Kept until"), by=("expires_at",))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    def render_name(self, record: ReceivedFile) -> SafeString:
        """Leads to the file's page."""
        return format_html(
            '<a href="{}">{}</a>', path("diagnostic-log-detail", record.pk), name(record)
        )

    def value_name(self, record: ReceivedFile) -> str:
        """The name alone, with nothing hidden in it."""
        return name(record)

    def render_station(self, record: ReceivedFile) -> SafeString:
        """The station, connected or not."""
        return cells.station_link(record.station)

    def value_station(self, record: ReceivedFile) -> str:
        """Its name."""
        return record.station.name

    def render_number(self, record: ReceivedFile) -> SafeString:
        """The request it came for."""
        url = path("run-detail", record.run_id)
        return format_html('<a class="text-reset" href="{}">{}</a>', url, record.run_id)

    def value_number(self, record: ReceivedFile) -> int:
        """Its number."""
        return record.run_id

    def render_kind(self, record: ReceivedFile) -> str | SafeString:
        """What was asked for."""
        return kind(record) or cells.NOTHING

    def value_kind(self, record: ReceivedFile) -> str:
        """The same."""
        return kind(record)

    def render_size(self, record: ReceivedFile) -> str:
        """As people say it."""
        return filesizeformat(record.size_bytes)

    def value_size(self, record: ReceivedFile) -> int:
        """In bytes."""
        return record.size_bytes

    def render_state(self, record: ReceivedFile) -> SafeString:
        """Where it is on its way; why, on hover."""
        look = record.progress
        return cells.badge(word=look.label, tone=look.tone, icon=look.icon, title=record.why)

    def value_state(self, record: ReceivedFile) -> str:
        """The same in words."""
        word = str(FileState(record.state).label)
        return f"{word}: {record.why}" if record.why else word

    def value_protocol(self, record: ReceivedFile) -> str:
        """In the capitals people know it by."""
        return record.protocol.upper()

    def render_protocol(self, record: ReceivedFile) -> str:
        """The same."""
        return record.protocol.upper()

    def render_received_at(self, record: ReceivedFile) -> SafeString:
        """When it was there; while it comes, since when."""
        return cells.moment(record.received_at or record.started_at)

    def value_received_at(self, record: ReceivedFile) -> str:
        """The exact time."""
        return cells.moment_text(record.received_at)

    def render_expires_at(self, record: ReceivedFile) -> SafeString:
        """When it is deleted."""
        return format_html("{}", cells.moment(record.expires_at) if record.is_kept else "")

    def value_expires_at(self, record: ReceivedFile) -> str:
        """The exact time."""
        return cells.moment_text(record.expires_at)

    def render_actions(self, record: ReceivedFile) -> SafeString:
        """Download and delete."""
        delete = buttons.render(iter([self._delete(record)]))
        if not record.is_kept:
            return delete
        return format_html(
            '<a class="btn-tool" href="{}" title="{}" download>'
            '<i class="fa-solid fa-download" aria-hidden="true"></i>'
            '<span class="visually-hidden">{}</span></a>{}',
            path("diagnostic-log-download", record.pk),
            _("Download"),
            _("Download %(file)s") % {"file": name(record)},
            delete,
        )

    def _delete(self, record: ReceivedFile) -> Button:
        may = self.audience.role.includes(Role.ENGINEER)
        return Button(
            id=f"file-{record.pk}-delete",
            label=_("Delete"),
            icon="trash",
            url=path("diagnostic-log-delete", record.pk),
            tone="red",
            reason="" if may else _("it takes the role engineer."),
        )


def name(file: ReceivedFile) -> str:
    """What the station called it, visible to the last character."""
    return previewing.visible_name(file.original_name) or _("No name")


def kind(file: ReceivedFile) -> str:
    """What was asked for, in words."""
    return str(KINDS.get(file.kind, file.kind))
