"""The list of stations."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Target
from operations.models import CommandRun, Station
from operations.services import firmware
from operations.statuses import OperationalStatus
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.links import path
from operations.tables.ticking import TickColumn


class StationTable(PortalTable):
    """Operations > Stations."""

    row_name = "station"
    caption = gettext_lazy("Stations")
    empty_icon = "server"

    tick = TickColumn()
    name = PortalColumn(gettext_lazy("Name"), by=("name",), css="name")
    identity = PortalColumn(gettext_lazy("Identity"), by=("identity",), css="code less spare")
    serial_number = PortalColumn(
        gettext_lazy("Serial number"), by=("serial_number", "name"), css="code less", is_live=True
    )
    model = PortalColumn(gettext_lazy("Model"), by=("model", "name"), css="less", is_live=True)
    vendor = PortalColumn(gettext_lazy("Vendor"), by=("vendor", "name"), css="less", is_live=True)
    operational_status = PortalColumn(
        gettext_lazy("Operational status"),
        by=("operational_status", "name"),
        css="less",
        is_live=True,
    )
    connection = PortalColumn(
        gettext_lazy("Connected"), by=("connected_at", "disconnected_at"), is_live=True
    )
    protocol = PortalColumn(
        gettext_lazy("Protocol"), by=("protocol", "name"), css="spare", is_live=True
    )
    firmware_version = PortalColumn(
        gettext_lazy("Firmware"), by=("firmware_version", "name"), css="spare", is_live=True
    )
    site = PortalColumn(gettext_lazy("Site"), by=("site__name", "name"), css="spare")
    last_request = PortalColumn(gettext_lazy("Last request"), is_live=True)
    last_seen_at = PortalColumn(gettext_lazy("Last seen"), by=("last_seen_at",), is_extra=True)
    booted_at = PortalColumn(gettext_lazy("Booted"), is_extra=True)
    boot_reason = PortalColumn(gettext_lazy("Boot reason"), is_extra=True)
    iccid = PortalColumn(gettext_lazy("SIM card (ICCID)"), css="code", is_extra=True)
    imsi = PortalColumn(gettext_lazy("SIM subscriber (IMSI)"), css="code", is_extra=True)
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    def learn(self, records: Sequence[Station]) -> None:
        """The last request to each station, and what the firmware library has for it."""
        self.newest = firmware.newest_versions([station.pk for station in records])
        runs = CommandRun.objects.latest_of([station.pk for station in records])
        self.last_runs = {run.station_id: run for run in runs}

    def render_name(self, record: Station) -> SafeString:
        """Leads to the station's page."""
        return format_html('<a href="{}">{}</a>', path("station-detail", record.pk), record.name)

    def value_name(self, record: Station) -> str:
        """The name alone."""
        return record.name

    def value_protocol(self, record: Station) -> str:
        """With the word OCPP in front of the version."""
        return record.get_protocol_display()

    def render_firmware_version(self, record: Station) -> str | SafeString:
        """The version, and whether the library has a newer one."""
        newest = self.newest.get(record.pk)
        if not record.firmware_version:
            return cells.NOTHING
        if newest is None or newest == record.firmware_version:
            return record.firmware_version
        title = _("%(version)s is in the library.") % {"version": newest}
        badge = cells.badge(word=_("Outdated"), tone="orange", icon="arrow-up", title=title)
        return format_html("{} {}", record.firmware_version, badge)

    def value_firmware_version(self, record: Station) -> str:
        """The version alone."""
        return record.firmware_version

    def render_operational_status(self, record: Station) -> SafeString:
        """The broad status."""
        return cells.state(OperationalStatus(record.operational_status), record)

    def value_operational_status(self, record: Station) -> str:
        """Its word."""
        return str(OperationalStatus(record.operational_status).label)

    def render_connection(self, record: Station) -> SafeString:
        """Connected or offline, since when."""
        return cells.connection(record)

    def value_connection(self, record: Station) -> str:
        """The same with the exact time."""
        return cells.connection_text(record)

    def render_last_seen_at(self, record: Station) -> SafeString:
        """When it last said anything."""
        return cells.moment(record.last_seen_at)

    def value_last_seen_at(self, record: Station) -> str:
        """The exact time."""
        return cells.moment_text(record.last_seen_at)

    def render_booted_at(self, record: Station) -> SafeString:
        """When it last came up."""
        return cells.moment(record.booted_at)

    def value_booted_at(self, record: Station) -> str:
        """The exact time."""
        return cells.moment_text(record.booted_at)

    def render_last_request(self, record: Station) -> SafeString:
        """Where the last request is in its life."""
        return cells.run_link(self.last_runs.get(record.pk))

    def value_last_request(self, record: Station) -> str:
        """What was asked, and where it is."""
        return cells.run_text(self.last_runs.get(record.pk))

    def render_actions(self, record: Station) -> SafeString:
        """What can be asked of the station, in the seed's order."""
        return buttons.render(buttons.buttons_of(Target(station=record), self.audience.role))
