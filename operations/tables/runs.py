"""The list of requests."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.models import CommandRun
from operations.services import rollouts
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable
from operations.tables.links import path


class RunTable(PortalTable):
    """Operations > Requests."""

    percents: Mapping[int, int] = MappingProxyType({})  # of what is being downloaded, by run

    row_name = "run"
    caption = gettext_lazy("Requests")
    empty_icon = "paper-plane"

    number = PortalColumn(gettext_lazy("Number"), by=("pk",), css="amount")
    title = PortalColumn(gettext_lazy("Request"), by=("command",), css="name")
    station = PortalColumn(gettext_lazy("Station"), by=("station__name",), css="less")
    status = PortalColumn(gettext_lazy("Status"), by=("status",), is_live=True)
    summary = PortalColumn(gettext_lazy("What happened"), css="wrap", is_live=True)
    asked_by = PortalColumn(gettext_lazy("Asked by"), by=("created_by__username",))
    created_at = PortalColumn(gettext_lazy("Asked at"), by=("created_at",))
    closed_at = PortalColumn(gettext_lazy("Ended"), by=("closed_at",), is_extra=True)
    reason = PortalColumn(gettext_lazy("Reason"), css="wrap", is_extra=True)
    protocol = PortalColumn(gettext_lazy("OCPP"), is_extra=True)

    def learn(self, records: Sequence[CommandRun]) -> None:
        """How far downloads are; no query where nothing is being downloaded."""
        self.percents = rollouts.fetched(records)

    def render_number(self, record: CommandRun) -> int:
        """The number people quote."""
        return record.pk

    def value_number(self, record: CommandRun) -> int:
        """The same."""
        return record.pk

    def render_title(self, record: CommandRun) -> SafeString:
        """What was asked, leading to the request's page."""
        command = BY_SLUG.get(record.command)
        return format_html(
            '<i class="fa-solid fa-{} fa-fw" aria-hidden="true"></i> <a href="{}">{}</a>',
            command.icon if command else "circle-question",
            path("run-detail", record.pk),
            title(record),
        )

    def value_title(self, record: CommandRun) -> str:
        """The words alone."""
        return title(record)

    def render_station(self, record: CommandRun) -> SafeString:
        """The station, connected or not."""
        return cells.station_link(record.station)

    def value_station(self, record: CommandRun) -> str:
        """The station's name."""
        return record.station.name

    def render_status(self, record: CommandRun) -> SafeString:
        """Where the request is in its life."""
        state = record.state
        return cells.badge(word=self.value_status(record), tone=state.tone, icon=state.icon)

    def value_status(self, record: CommandRun) -> str:
        """Its word; of a download how far it is."""
        percent = self.percents.get(record.pk)
        if percent is None:
            return record.state_words
        return _("%(phase)s %(percent)d %%") % {
            "phase": record.get_phase_display(),
            "percent": percent,
        }

    def render_asked_by(self, record: CommandRun) -> str | SafeString:
        """Who; nobody where a script asked."""
        return self.value_asked_by(record) or cells.NOTHING

    def value_asked_by(self, record: CommandRun) -> str:
        """The same as text."""
        return record.created_by.get_username() if record.created_by else ""

    def render_created_at(self, record: CommandRun) -> SafeString:
        """When."""
        return cells.moment(record.created_at)

    def value_created_at(self, record: CommandRun) -> str:
        """The exact time."""
        return cells.moment_text(record.created_at)

    def render_closed_at(self, record: CommandRun) -> SafeString:
        """When nothing more was to come of it."""
        return cells.moment(record.closed_at)

    def value_closed_at(self, record: CommandRun) -> str:
        """The exact time."""
        return cells.moment_text(record.closed_at)


class BatchRunTable(RunTable):
    """The requests of one batch: who asked and when is the batch's."""

    class Meta:
        exclude = ("asked_by", "created_at")


def title(run: CommandRun) -> str:
    """What was asked, in the operator's words: "Turn off connector 2 of Quay 1-A"."""
    command = BY_SLUG.get(run.command)
    # Names suffice for a title: a list of a hundred runs must not load their connectors.
    target = Target(station=run.station, charger=run.charger, connector=run.connector)
    if command is None:
        return _("%(command)s: %(target)s") % {"command": run.command, "target": target.name}
    return command.title(target, run.params)
