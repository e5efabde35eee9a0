"""Stations that belong to nobody yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import Connection, Station
from operations.statuses import Registration, Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path

TONES = {
    Registration.PENDING: ("orange", "user-clock"),
    Registration.ACCEPTED: ("blue", "circle-check"),
    Registration.REJECTED: ("red", "ban"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something an admin may do about such a station."""

    name: str
    label: str
    icon: str
    url_name: str
    tone: str = ""


class UnknownStationTable(PortalTable):
    """Operations > Unknown stations."""

    row_name = "unknown"
    rows_are_watched = False
    caption = gettext_lazy("Unknown stations")
    empty_icon = "circle-check"

    identity = PortalColumn(gettext_lazy("Identity"), by=("identity",), css="code")
    registration = PortalColumn(gettext_lazy("Registration"), by=("registration", "identity"))
    connection = PortalColumn(gettext_lazy("Connected"), by=("connected_at", "disconnected_at"))
    protocol = PortalColumn(gettext_lazy("Protocol"), by=("protocol", "identity"))
    vendor = PortalColumn(gettext_lazy("Vendor"), by=("vendor", "identity"))
    model = PortalColumn(gettext_lazy("Model"), by=("model", "identity"))
    created_at = PortalColumn(gettext_lazy("First seen"), by=("created_at",))
    last_seen_at = PortalColumn(gettext_lazy("Last seen"), by=("last_seen_at",))
    remote_address = PortalColumn(gettext_lazy("From"), css="code")
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def learn(self, records: Sequence[Station]) -> None:
        """Where each connected from last."""
        epochs = {(station.pk, station.epoch) for station in records}
        latest = Connection.objects.filter(
            station__in=[pk for pk, _epoch in epochs], epoch__in=[epoch for _pk, epoch in epochs]
        )
        found = latest.values_list("station_id", "epoch", "remote_address")
        self.addresses = {pk: address for pk, epoch, address in found if (pk, epoch) in epochs}

    def render_identity(self, record: Station) -> SafeString:
        """Leads to the station's page."""
        url = path("station-detail", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.identity)

    def value_identity(self, record: Station) -> str:
        """The identity alone."""
        return record.identity

    def render_registration(self, record: Station) -> SafeString:
        """Whether it waits, or works without an owner."""
        tone, icon = TONES[Registration(record.registration)]
        return cells.badge(word=self.value_registration(record), tone=tone, icon=icon)

    def value_registration(self, record: Station) -> str:
        """The same in words."""
        if record.registration == Registration.PENDING:
            return _("Waits for approval")
        if record.registration == Registration.ACCEPTED:
            return _("Accepted, not assigned")
        return record.get_registration_display()

    def render_connection(self, record: Station) -> SafeString:
        """Connected or offline, since when."""
        return cells.connection(record)

    def value_connection(self, record: Station) -> str:
        """The same with the exact time."""
        return cells.connection_text(record)

    def value_protocol(self, record: Station) -> str:
        """With the word OCPP in front of the version."""
        return record.get_protocol_display()

    def render_created_at(self, record: Station) -> SafeString:
        """When it announced itself."""
        return cells.moment(record.created_at)

    def value_created_at(self, record: Station) -> str:
        """The exact time."""
        return cells.moment_text(record.created_at)

    def render_last_seen_at(self, record: Station) -> SafeString:
        """When it was heard last."""
        return cells.moment(record.last_seen_at)

    def value_last_seen_at(self, record: Station) -> str:
        """The exact time."""
        return cells.moment_text(record.last_seen_at)

    def render_remote_address(self, record: Station) -> str | SafeString:
        """Where it connected from last."""
        return self.value_remote_address(record) or cells.NOTHING

    def value_remote_address(self, record: Station) -> str:
        """The same."""
        return self.addresses.get(record.pk, "")

    def render_actions(self, record: Station) -> SafeString:
        """Let it in, or forget it."""
        deeds = (
            Deed("approve", _("Approve"), "check", "station-approve"),
            Deed("forget", _("Forget"), "trash", "unknown-station-forget", "red"),
        )
        reason = "" if self.audience.role.includes(Role.ADMIN) else _("it takes the role admin.")
        return buttons.render(
            Button(
                id=f"unknown-{record.pk}-{deed.name}",
                label=deed.label,
                icon=deed.icon,
                url=path(deed.url_name, record.pk),
                tone=deed.tone,
                reason=reason,
            )
            for deed in deeds
        )
