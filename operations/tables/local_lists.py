"""The local lists of all stations, and the lists themselves."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.models import CommandRun, LocalList, Station, StationList
from operations.models.local_lists import ListState
from operations.statuses import Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path
from operations.tables.ticking import TickColumn

COMMANDS = ("send-local-list", "get-local-list-version")


def copy_of(station: Station) -> StationList | None:
    """What is known of its list, loaded with it; None where nothing is."""
    return getattr(station, "held_list", None)


def state_of(station: Station) -> ListState:
    """How its list stands."""
    copy = copy_of(station)
    return copy.standing if copy else ListState.UNASSIGNED


def size_of(copy: StationList | None, station: Station) -> int | None:
    """How many identifiers it is to hold."""
    local_list = copy.local_list if copy else None
    if local_list is None or local_list.revision is None:
        return None
    return local_list.revision.size_for(station.protocol)


def identifiers(count: int) -> str:
    """How many identifiers, in words."""
    return ngettext("%(count)d identifier", "%(count)d identifiers", count) % {"count": count}


class StationListTable(PortalTable):
    """Operations > Local Authorization Management."""

    row_name = "held"
    caption = gettext_lazy("Local lists of the stations")
    empty_icon = "list-check"

    tick = TickColumn()
    name = PortalColumn(gettext_lazy("Station"), by=("name",), css="name", is_live=True)
    state = PortalColumn(gettext_lazy("State"), by=("held_list__state", "name"), is_live=True)
    local_list = PortalColumn(gettext_lazy("List"), is_live=True)
    desired = PortalColumn(gettext_lazy("Identifiers"), css="amount", is_live=True)
    confirmed = PortalColumn(
        gettext_lazy("Confirmed"), by=("held_list__confirmed_at", "name"), is_live=True
    )
    reported = PortalColumn(gettext_lazy("Reported"), is_live=True)
    limit = PortalColumn(gettext_lazy("Takes"), is_live=True)
    last_request = PortalColumn(gettext_lazy("Last request"), is_live=True)
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS, is_live=True)

    def learn(self, records: Sequence[Station]) -> None:
        """The last sending to each station."""
        pks = [copy.run_id for station in records if (copy := copy_of(station)) and copy.run_id]
        self.runs = CommandRun.objects.in_bulk(pks)

    def render_name(self, record: Station) -> SafeString:
        """Leads to the station's list."""
        return cells.station_link(record, to="station-local-list")

    def value_name(self, record: Station) -> str:
        """The name alone."""
        return record.name

    def render_state(self, record: Station) -> SafeString:
        """How it stands."""
        state = state_of(record)
        return cells.badge(word=state.label, tone=state.tone, icon=state.icon)

    def value_state(self, record: Station) -> str:
        """Its word."""
        return str(state_of(record).label)

    def render_local_list(self, record: Station) -> str | SafeString:
        """Leads to the list."""
        copy = copy_of(record)
        if copy is None or copy.local_list is None:
            return cells.NOTHING
        url = path("local-list-detail", copy.local_list.pk)
        return format_html('<a class="text-reset" href="{}">{}</a>', url, copy.local_list.name)

    def value_local_list(self, record: Station) -> str:
        """Its name."""
        copy = copy_of(record)
        return copy.local_list.name if copy and copy.local_list else ""

    def render_desired(self, record: Station) -> str | SafeString:
        """How many identifiers it is to hold."""
        return self.value_desired(record) or cells.NOTHING

    def value_desired(self, record: Station) -> str:
        """The number."""
        size = size_of(copy_of(record), record)
        return "" if size is None else str(size)

    def render_confirmed(self, record: Station) -> str | SafeString:
        """Which version it accepted, and when."""
        copy = copy_of(record)
        if copy is None or copy.confirmed_at is None:
            return cells.NOTHING
        return format_html("{} {}", self._version(copy.version), cells.moment(copy.confirmed_at))

    def value_confirmed(self, record: Station) -> str:
        """The version alone."""
        copy = copy_of(record)
        return "" if copy is None or copy.version is None else str(copy.version)

    def render_reported(self, record: Station) -> str | SafeString:
        """Which version it says it holds, and since when that is known."""
        copy = copy_of(record)
        if copy is None or copy.reported_at is None:
            return cells.NOTHING
        return format_html(
            "{} {}", self._version(copy.reported_version), cells.moment(copy.reported_at)
        )

    def value_reported(self, record: Station) -> str:
        """The version alone."""
        copy = copy_of(record)
        return "" if copy is None or copy.reported_version is None else str(copy.reported_version)

    def _version(self, number: int | None) -> str:
        return _("version %(number)s") % {"number": number} if number is not None else ""

    def render_limit(self, record: Station) -> str | SafeString:
        """How many identifiers it has room for."""
        return self.value_limit(record) or cells.NOTHING

    def value_limit(self, record: Station) -> str:
        """In all, and in one message."""
        copy = copy_of(record)
        if copy is None:
            return ""
        told = [
            _("%(most)d in all") % {"most": copy.most_entries} if copy.most_entries else "",
            _("%(most)d at once") % {"most": copy.most_at_once} if copy.most_at_once else "",
        ]
        return ", ".join(part for part in told if part)

    def render_last_request(self, record: Station) -> SafeString:
        """Where the last sending is."""
        copy = copy_of(record)
        return cells.run_link(self.runs.get(copy.run_id or 0) if copy else None)

    def value_last_request(self, record: Station) -> str:
        """In words."""
        copy = copy_of(record)
        return cells.run_text(self.runs.get(copy.run_id or 0) if copy else None)

    def render_actions(self, record: Station) -> SafeString:
        """Send it, ask for its version."""
        target = Target(station=record)
        return buttons.render(
            buttons.button_of(BY_SLUG[slug], target, self.audience.role) for slug in COMMANDS
        )


class LocalListTable(PortalTable):
    """The named lists."""

    row_name = "local-list"
    rows_are_watched = False
    caption = gettext_lazy("Local lists")
    empty_icon = "list-check"

    name = PortalColumn(gettext_lazy("Name"), by=("name",), css="name")
    organisation = PortalColumn(gettext_lazy("Organisation"), by=("organisation__name",))
    source = PortalColumn(gettext_lazy("Tokens"), by=("source", "name"))
    size = PortalColumn(gettext_lazy("Identifiers"), css="amount")
    stations = PortalColumn(gettext_lazy("Stations"), css="amount")
    behind = PortalColumn(gettext_lazy("Not in step"), css="amount")
    syncs = PortalColumn(gettext_lazy("Sent automatically"))
    changed_at = PortalColumn(gettext_lazy("Changed"), by=("changed_at",))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def render_name(self, record: LocalList) -> SafeString:
        """Leads to the list."""
        url = path("local-list-detail", record.pk)
        return format_html('<a href="{}">{}</a>', url, record.name)

    def value_name(self, record: LocalList) -> str:
        """The name alone."""
        return record.name

    def value_organisation(self, record: LocalList) -> str:
        """Whose."""
        return record.organisation.name if record.organisation else _("All organisations")

    def render_organisation(self, record: LocalList) -> str:
        """The same."""
        return self.value_organisation(record)

    def value_source(self, record: LocalList) -> str:
        """Which tokens it takes."""
        words = str(record.get_source_display())
        return f"{words}: {record.group}" if record.group else words

    def render_source(self, record: LocalList) -> str:
        """The same."""
        return self.value_source(record)

    def value_size(self, record: LocalList) -> str:
        """How many identifiers."""
        return str(record.revision.size) if record.revision else ""

    def render_size(self, record: LocalList) -> str | SafeString:
        """The same."""
        return self.value_size(record) or cells.NOTHING

    def render_stations(self, record: LocalList) -> SafeString:
        """How many are to hold it; leads to them."""
        return self._link(self.value_stations(record), record)

    def value_stations(self, record: LocalList) -> int:
        """The number."""
        count: int = getattr(record, "station_count", 0)
        return count

    def render_behind(self, record: LocalList) -> SafeString:
        """How many of them do not hold it as it is now."""
        return self._link(self.value_behind(record), record)

    def value_behind(self, record: LocalList) -> int:
        """The number."""
        count: int = getattr(record, "behind_count", 0)
        return count

    def _link(self, count: int, record: LocalList) -> SafeString:
        url = f"{reverse('local-authorization')}?{urlencode({'local_list': record.pk})}"
        return format_html('<a href="{}">{}</a>', url, count)

    def value_syncs(self, record: LocalList) -> str:
        """In a word."""
        return _("On") if record.syncs else _("Off")

    def render_syncs(self, record: LocalList) -> SafeString:
        """Whether it is sent without being asked."""
        tone, icon = ("green", "circle-check") if record.syncs else ("secondary", "toggle-off")
        return cells.badge(word=self.value_syncs(record), tone=tone, icon=icon)

    def render_changed_at(self, record: LocalList) -> SafeString:
        """When what it holds changed last."""
        return cells.moment(record.changed_at)

    def value_changed_at(self, record: LocalList) -> str:
        """The exact time."""
        return cells.moment_text(record.changed_at)

    def render_actions(self, record: LocalList) -> SafeString:
        """Change it, do away with it."""
        role = self.audience.role
        reason = "" if role.includes(Role.ENGINEER) else _("it takes the role engineer.")
        deeds = (
            (_("Change"), "pen", "local-list-change", ""),
            (_("Delete"), "trash", "local-list-delete", "red"),
        )
        return buttons.render(
            Button(
                id=f"{url_name}-{record.pk}",
                label=label,
                icon=icon,
                url=path(url_name, record.pk),
                tone=tone,
                reason=reason,
            )
            for label, icon, url_name, tone in deeds
        )
