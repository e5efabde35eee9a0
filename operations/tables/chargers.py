"""The list of chargers, and the connectors under a charger."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Target
from operations.models import Charger, CommandRun, Connector
from operations.services import targets
from operations.statuses import ChargingStatus, OperationalStatus
from operations.tables import activity, buttons, cells
from operations.tables.activity import Activity
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.links import path
from operations.tables.patterns import fill
from operations.tables.sessions import flow
from operations.tables.ticking import TickColumn

EXPAND = lazy(format_html, str)('<span class="visually-hidden">{}</span>', gettext_lazy("Expand"))


class ChargerTable(PortalTable):
    """Operations > Chargers."""

    row_name = "charger"
    caption = gettext_lazy("Chargers")
    detail_template = "operations/chargers/_detail.html"
    empty_icon = "charging-station"

    tick = TickColumn()
    expand = ToolColumn(EXPAND, css="narrow")
    name = PortalColumn(gettext_lazy("Name"), by=("name",), css="name")
    serial_number = PortalColumn(
        gettext_lazy("Serial number"), by=("serial_number", "name"), css="code less"
    )
    model = PortalColumn(gettext_lazy("Model"), by=("model", "name"), css="less")
    vendor = PortalColumn(gettext_lazy("Vendor"), by=("vendor", "name"), css="less")
    operational_status = PortalColumn(
        gettext_lazy("Operational status"),
        by=("operational_status", "name"),
        css="less",
        is_live=True,
    )
    charging_status = PortalColumn(
        gettext_lazy("Charging status"), by=("charging_status", "name"), is_live=True
    )
    status_at = PortalColumn(gettext_lazy("Since"), by=("status_at",), css="spare", is_live=True)
    request_state = PortalColumn(gettext_lazy("Request"), is_live=True)
    station = PortalColumn(
        gettext_lazy("Station"), by=("station__name", "name"), css="station", is_live=True
    )
    number = PortalColumn(gettext_lazy("Number"), css="amount", is_extra=True)
    identity = PortalColumn(gettext_lazy("Station's identity"), css="code", is_extra=True)
    protocol = PortalColumn(gettext_lazy("Protocol"), is_extra=True)
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    # The connectors of the chargers that are expanded from the start, by the charger's key.
    open_rows: Mapping[int, "ConnectorTable"] = MappingProxyType({})
    # The page's own parameters without `expand`.
    query = ""

    def learn(self, records: Sequence[Charger]) -> None:
        """The requests that are open."""
        runs = CommandRun.objects.open().filter(
            station__in={charger.station_id for charger in records},
            charger__in=[charger.pk for charger in records],
        )
        self.asked = list(runs.order_by("pk"))
        # The newest of each charger: later keys win.
        self.open_runs = {run.charger_id: run for run in self.asked}

    def render_expand(self, record: Charger) -> SafeString:
        """Opens the row's connectors."""
        is_open = record.pk in self.open_rows
        return fill(
            "components/_expander.html",
            shape=("is_open",) if is_open else (),
            row_id=f"charger-{record.pk}",
            name=record.name,
            url=self.expand_url(record.pk),
            detail_url="" if is_open else path("charger-connectors", record.pk),
        )

    def expand_url(self, pk: int) -> str:
        """The page with the row opened, or closed again."""
        opened = {*self.open_rows} ^ {pk}
        parts = [self.query, *(f"expand={key}" for key in sorted(opened))]
        return f"?{'&'.join(part for part in parts if part)}#charger-{pk}"

    def render_operational_status(self, record: Charger) -> SafeString:
        """The broad status."""
        return cells.state(OperationalStatus(record.operational_status), record.station)

    def value_operational_status(self, record: Charger) -> str:
        """Its word; Django's own way looks at all words there are, each time."""
        return str(OperationalStatus(record.operational_status).label)

    def render_charging_status(self, record: Charger) -> SafeString:
        """The most alive of the connectors' statuses."""
        if not record.charging_status:
            return cells.NOTHING
        return cells.state(ChargingStatus(record.charging_status), record.station)

    def value_charging_status(self, record: Charger) -> str:
        """Its word."""
        status = record.charging_status
        return str(ChargingStatus(status).label) if status else ""

    def render_status_at(self, record: Charger) -> SafeString:
        """Since when it is as shown."""
        return cells.moment(record.status_at)

    def value_status_at(self, record: Charger) -> str:
        """The exact time."""
        return cells.moment_text(record.status_at)

    def render_station(self, record: Charger) -> SafeString:
        """The station, connected or not."""
        return cells.station_link(record.station)

    def value_station(self, record: Charger) -> str:
        """The station's name."""
        return record.station.name

    def render_identity(self, record: Charger) -> str:
        """What its station connects as."""
        return self.value_identity(record)

    def value_identity(self, record: Charger) -> str:
        """The same."""
        return record.station.identity

    def render_protocol(self, record: Charger) -> str | SafeString:
        """What its station speaks."""
        return self.value_protocol(record) or cells.NOTHING

    def value_protocol(self, record: Charger) -> str:
        """With the word OCPP in front of the version."""
        return record.station.get_protocol_display()

    def render_request_state(self, record: Charger) -> SafeString:
        """The request that is open."""
        return cells.run_link(self.open_runs.get(record.pk))

    def value_request_state(self, record: Charger) -> str:
        """What was asked, and where it is."""
        return cells.run_text(self.open_runs.get(record.pk))

    def render_actions(self, record: Charger) -> SafeString:
        """What can be asked of the charger."""
        target = Target(station=record.station, charger=record)
        return buttons.render(buttons.buttons_of(target, self.audience.role))


class ConnectorTable(PortalTable):
    """The connectors of one charger."""

    row_name = "connector"
    rows_are_watched = False  # its whole charger is, see _connectors.html
    caption = gettext_lazy("Connectors")

    tick = TickColumn("connector", has_head=False)
    number = PortalColumn(gettext_lazy("Connector"))
    type = PortalColumn(gettext_lazy("Type"), is_live=True)
    max_power_kw = PortalColumn(gettext_lazy("Power"), css="amount", is_live=True)
    charging_status = PortalColumn(gettext_lazy("Status"), is_live=True)
    status_at = PortalColumn(gettext_lazy("Since"), is_live=True)
    error_code = PortalColumn(gettext_lazy("Error"), is_live=True)
    session = PortalColumn(gettext_lazy("Session"), is_live=True)
    request_state = PortalColumn(gettext_lazy("Request"), is_live=True)
    actions = ToolColumn(gettext_lazy("Actions"), css="actions", is_live=True)

    activity: Activity

    def learn(self, records: Sequence[Connector]) -> None:
        """Running sessions and open requests."""
        self.learn_together([self], records)

    @staticmethod
    def learn_together(
        tables: Iterable["ConnectorTable"],
        connectors: Sequence[Connector],
        *,
        asked: Sequence[CommandRun] | None = None,
    ) -> None:
        """Running sessions and open requests, for the tables of several chargers at once."""
        stations = {connector.station_id for connector in connectors}
        found = activity.of_stations(stations, asked=asked)
        for table in tables:
            table.activity = found

    def render_number(self, record: Connector) -> str:
        """In words, since a number alone says little."""
        return _("Connector %(number)s") % {"number": record.number}

    def render_max_power_kw(self, record: Connector) -> str | SafeString:
        """The most it gives."""
        return cells.power(record.max_power_kw) or cells.NOTHING

    def render_charging_status(self, record: Connector) -> SafeString:
        """The specific status; Closed stands above it."""
        if record.is_closed:
            return cells.state(OperationalStatus.CLOSED, record.station)
        if not record.charging_status:
            return cells.NOTHING
        return cells.state(ChargingStatus(record.charging_status), record.station)

    def render_status_at(self, record: Connector) -> SafeString:
        """Since when it is as shown."""
        return cells.moment(record.status_at)

    def render_error_code(self, record: Connector) -> str | SafeString:
        """What the station says is wrong."""
        return activity.faults(record) or cells.NOTHING

    def render_session(self, record: Connector) -> SafeString:
        """What the running session took and takes, kept true by itself; its number leads to it."""
        session = self.activity.sessions.get(record.pk)
        if session is None:
            return cells.NOTHING
        link = format_html('<a href="{}">{}</a>', path("session-detail", session.pk), session)
        words = flow(session, self.activity.powers.get(session.pk))
        context = {"session": session, "flow": words}
        shown = render_to_string("operations/station/_flow.html", context)
        return format_html("{} · {}" if words else "{}{}", shown, link)

    def render_request_state(self, record: Connector) -> SafeString:
        """The request that is open."""
        return cells.run_link(self.activity.of_connectors.get(record.pk))

    def render_actions(self, record: Connector) -> SafeString:
        """What can be asked of the connector."""
        return buttons.render(buttons.buttons_of(targets.alone(record), self.audience.role))
