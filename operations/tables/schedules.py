"""The list of what is asked again and again."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import BatchSchedule
from operations.tables import cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.batches import amount, icon_of, title_of


def days(schedule: BatchSchedule) -> str:
    """The days of the week: "Mon, Tue", or every day."""
    names = [str(WEEKDAYS_ABBR[int(day)]) for day in schedule.weekdays]
    return _("every day") if len(names) == len(WEEKDAYS_ABBR) else ", ".join(names)


class ScheduleTable(PortalTable):
    """Operations > Requests > Schedules."""

    row_name = "schedule"
    rows_are_watched = False
    caption = gettext_lazy("Schedules")
    empty_icon = "calendar-days"

    title = PortalColumn(gettext_lazy("Request"), by=("command",))
    whom = PortalColumn(gettext_lazy("Whom"), css="wrap")
    at = PortalColumn(gettext_lazy("At"), by=("at",))
    next_at = PortalColumn(gettext_lazy("Next"), by=("next_at",))
    until = PortalColumn(gettext_lazy("Until"), by=("until",))
    created_by = PortalColumn(gettext_lazy("Made by"), by=("created_by__username",))
    reason = PortalColumn(gettext_lazy("Reason"), css="wrap")
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    # How a filter is said; the page knows.
    in_words: Callable[[BatchSchedule], str]

    def render_title(self, record: BatchSchedule) -> SafeString:
        """What is asked."""
        return format_html(
            '<i class="fa-solid fa-{} fa-fw" aria-hidden="true"></i> {}',
            icon_of(record),
            title_of(record),
        )

    def value_title(self, record: BatchSchedule) -> str:
        """The words alone."""
        return title_of(record)

    def render_whom(self, record: BatchSchedule) -> str:
        """The chosen ones, or the filter that finds them each time."""
        return self.value_whom(record)

    def value_whom(self, record: BatchSchedule) -> str:
        """The same."""
        if record.is_chosen_anew:
            return self.in_words(record)
        return amount(TargetKind(record.target_kind), len(record.target_pks))

    def render_at(self, record: BatchSchedule) -> str:
        """The time of day, where, and the days."""
        return self.value_at(record)

    def value_at(self, record: BatchSchedule) -> str:
        """The same."""
        return f"{record.at:%H:%M} {record.time_zone}, {days(record)}"

    def render_next_at(self, record: BatchSchedule) -> SafeString:
        """When it asks the next time."""
        if record.is_paused:
            return cells.badge(word=_("Paused"), tone="yellow", icon="circle-pause")
        if record.next_at is None:
            return cells.badge(word=_("Over"), tone="secondary", icon="flag-checkered")
        return format_html("{}", cells.moment_text(record.next_at)[:-3])

    def value_next_at(self, record: BatchSchedule) -> str:
        """The exact time, or that there is none."""
        if record.is_paused:
            return _("Paused")
        return cells.moment_text(record.next_at) or _("Over")

    def render_until(self, record: BatchSchedule) -> SafeString | str:
        """The end, where it has one."""
        return cells.moment_text(record.until)[:-3] or cells.NOTHING

    def value_until(self, record: BatchSchedule) -> str:
        """The exact time."""
        return cells.moment_text(record.until)

    def render_created_by(self, record: BatchSchedule) -> SafeString | str:
        """Whose it is."""
        return self.value_created_by(record) or cells.NOTHING

    def value_created_by(self, record: BatchSchedule) -> str:
        """The same as text."""
        return record.created_by.get_username() if record.created_by else ""

    def render_actions(self, record: BatchSchedule) -> SafeString | str:
        """Pause or resume, its batches, delete."""
        command = BY_SLUG.get(record.command)
        may_ask = command is not None and self.audience.role.includes(command.permission)
        context = {"schedule": record, "title": title_of(record), "may_ask": may_ask}
        return render_to_string("operations/batches/_schedule_buttons.html", context)
