"""The lists of batches and of what repeats them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.commands import BY_SLUG
from operations.commands.base import Command, Params, Target, TargetKind
from operations.models import BatchSchedule, CommandBatch, CommandRun
from operations.services import targets
from operations.services.batches import FAILED
from operations.statuses import OPEN_STATUSES, RunStatus
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable
from operations.tables.links import path


def amount(kind: TargetKind, number: int) -> str:
    """So many, in words."""
    if kind == TargetKind.STATION:
        words = ngettext("%(number)d station", "%(number)d stations", number)
    elif kind == TargetKind.CHARGER:
        words = ngettext("%(number)d charger", "%(number)d chargers", number)
    else:
        words = ngettext("%(number)d connector", "%(number)d connectors", number)
    return words % {"number": number}


def all_of(kind: TargetKind) -> str:
    """Whoever matches at the time, in words."""
    return {
        TargetKind.STATION: _("all stations that match"),
        TargetKind.CHARGER: _("all chargers that match"),
        TargetKind.CONNECTOR: _("all connectors that match"),
    }[kind]


def title(command: Command | None, kind: TargetKind, number: int, params: Params) -> str:
    """What is asked of how many: "Turn off 12 chargers"."""
    return _title(command, kind, amount(kind, number), params)


def _title(command: Command | None, kind: TargetKind, name: str, params: Params) -> str:
    if command is None:
        return name
    target = targets.stand_in(kind=kind, name=name)
    # Without its connector, of which a title would tell the number.
    return command.title(Target(station=target.station, charger=target.charger), params)


def title_of(row: CommandBatch | BatchSchedule) -> str:
    """A batch's or a schedule's title."""
    kind = TargetKind(row.target_kind)
    if isinstance(row, CommandBatch):
        name = amount(kind, row.size)
    else:
        name = all_of(kind) if row.is_chosen_anew else amount(kind, len(row.target_pks))
    return _title(BY_SLUG.get(row.command), kind, name, row.params)


def icon_of(row: CommandBatch | BatchSchedule) -> str:
    """Its command's icon."""
    command = BY_SLUG.get(row.command)
    return command.icon if command else "circle-question"


def _titled(row: CommandBatch | BatchSchedule, url: str) -> SafeString:
    words = (icon_of(row), url, title_of(row))
    return format_html(
        '<i class="fa-solid fa-{} fa-fw" aria-hidden="true"></i> <a href="{}">{}</a>', *words
    )


class BatchTable(PortalTable):
    """Operations > Requests > Batches."""

    row_name = "batch"
    caption = gettext_lazy("Batches")
    empty_icon = "layer-group"

    number = PortalColumn(gettext_lazy("Number"), by=("pk",), css="amount")
    title = PortalColumn(gettext_lazy("Request"), by=("command",))
    status = PortalColumn(gettext_lazy("Status"), by=("status",), is_live=True)
    progress = PortalColumn(gettext_lazy("Ended"), is_live=True)
    done = PortalColumn(gettext_lazy("Done"), css="amount", is_live=True)
    failed = PortalColumn(gettext_lazy("Failed"), css="amount", is_live=True)
    asked_by = PortalColumn(gettext_lazy("Asked by"), by=("created_by__username",))
    created_at = PortalColumn(gettext_lazy("Asked at"), by=("created_at",))
    reason = PortalColumn(gettext_lazy("Reason"), css="wrap")

    tallies: Mapping[int, Counter[str]]

    def learn(self, records: Sequence[CommandBatch]) -> None:
        """Where their runs are."""
        tallies: dict[int, Counter[str]] = defaultdict(Counter)
        counted = (
            CommandRun.objects.filter(batch__in=[batch.pk for batch in records])
            .order_by()
            .values_list("batch", "status")
            .annotate(Count("pk"))
        )
        for batch, status, count in counted:
            tallies[batch][status] = count
        self.tallies = tallies

    def render_number(self, record: CommandBatch) -> int:
        """The number people quote."""
        return record.pk

    def value_number(self, record: CommandBatch) -> int:
        """The same."""
        return record.pk

    def render_title(self, record: CommandBatch) -> SafeString:
        """What was asked, leading to the batch's page."""
        return _titled(record, path("batch-detail", record.pk))

    def value_title(self, record: CommandBatch) -> str:
        """The words alone."""
        return title_of(record)

    def render_status(self, record: CommandBatch) -> SafeString:
        """Where the batch is in its life, and why."""
        state = record.state
        return cells.badge(word=state.label, tone=state.tone, icon=state.icon, title=record.summary)

    def value_status(self, record: CommandBatch) -> str:
        """Its word."""
        return record.get_status_display()

    def render_progress(self, record: CommandBatch) -> SafeString:
        """How much of it has ended, as a bar and in figures."""
        context = {"ended": self._ended(record), "size": record.size}
        return render_to_string("operations/batches/_bar.html", context)

    def value_progress(self, record: CommandBatch) -> str:
        """In figures."""
        return _("%(ended)d of %(size)d") % {"ended": self._ended(record), "size": record.size}

    def _ended(self, record: CommandBatch) -> int:
        tally = self.tallies[record.pk]
        return tally.total() - sum(tally[status] for status in OPEN_STATUSES)

    def render_done(self, record: CommandBatch) -> int:
        """How many did it."""
        return self.value_done(record)

    def value_done(self, record: CommandBatch) -> int:
        """The same."""
        return self.tallies[record.pk][RunStatus.DONE]

    def render_failed(self, record: CommandBatch) -> int:
        """How many may be asked again."""
        return self.value_failed(record)

    def value_failed(self, record: CommandBatch) -> int:
        """The same."""
        return sum(self.tallies[record.pk][status] for status in FAILED)

    def render_asked_by(self, record: CommandBatch) -> str | SafeString:
        """Who, or what."""
        return self.value_asked_by(record) or cells.NOTHING

    def value_asked_by(self, record: CommandBatch) -> str:
        """The same as text."""
        who = record.created_by.get_username() if record.created_by else ""
        if record.schedule_id is None:
            return who
        return _("%(user)s, by a schedule") % {"user": who} if who else _("A schedule")

    def render_created_at(self, record: CommandBatch) -> SafeString:
        """When."""
        return cells.moment(record.created_at)

    def value_created_at(self, record: CommandBatch) -> str:
        """The exact time."""
        return cells.moment_text(record.created_at)
