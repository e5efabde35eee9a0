"""What stations have otherwise than their templates say, a setting in a row."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import SettingDrift
from operations.models.templates import DriftState
from operations.statuses import Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.configuration_templates import shorten
from operations.tables.links import path
from operations.tables.ticking import TickColumn


class DriftTable(PortalTable):
    """Operations > Configuration templates > Drift."""

    row_name = "drift"
    rows_are_watched = False
    caption = gettext_lazy("Drift")
    empty_icon = "code-compare"

    tick = TickColumn()
    station = PortalColumn(gettext_lazy("Station"), by=("station__name", "key"), css="name")
    key = PortalColumn(gettext_lazy("Setting"), by=("key", "station"), css="code")
    desired = PortalColumn(gettext_lazy("Should be"))
    reported = PortalColumn(gettext_lazy("Is"))
    state = PortalColumn(gettext_lazy("State"), by=("state", "since"))
    since = PortalColumn(gettext_lazy("Since"), by=("since",))
    template = PortalColumn(gettext_lazy("Template"), by=("template__name", "since"))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def render_station(self, record: SettingDrift) -> SafeString:
        """Leads to the station, and says whether it is connected."""
        return cells.station_link(record.station)

    def value_station(self, record: SettingDrift) -> str:
        """Its name."""
        return record.station.name

    def render_desired(self, record: SettingDrift) -> str | SafeString:
        """The template's value."""
        return shorten(record.desired) or cells.NOTHING

    def value_desired(self, record: SettingDrift) -> str:
        """All of it."""
        return record.desired

    def render_reported(self, record: SettingDrift) -> str | SafeString:
        """The station's value."""
        return shorten(record.reported) or cells.NOTHING

    def value_reported(self, record: SettingDrift) -> str:
        """All of it."""
        return record.reported

    def render_state(self, record: SettingDrift) -> SafeString:
        """Differs, not reported, read only, accepted."""
        state = DriftState(record.state)
        by = record.accepted_by.get_username() if record.accepted_by else ""
        title = _("By %(user)s") % {"user": by} if by else ""
        return cells.badge(word=state.label, tone=state.tone, icon=state.icon, title=title)

    def value_state(self, record: SettingDrift) -> str:
        """In a word."""
        return str(DriftState(record.state).label)

    def render_since(self, record: SettingDrift) -> SafeString:
        """When it was noticed."""
        return cells.moment(record.since)

    def value_since(self, record: SettingDrift) -> str:
        """The exact time."""
        return cells.moment_text(record.since)

    def render_template(self, record: SettingDrift) -> SafeString:
        """Leads to it."""
        url = path("configuration-template-detail", record.template_id)
        return format_html('<a href="{}">{}</a>', url, record.template.name)

    def value_template(self, record: SettingDrift) -> str:
        """Its name."""
        return record.template.name

    def render_actions(self, record: SettingDrift) -> SafeString:
        """Apply the template's value, or accept the station's."""
        deeds = (
            (_("Apply"), "check-double", "apply", self._why_not_apply(record)),
            (_("Accept as it is"), "thumbs-up", "accept", self._why_not_accept(record)),
        )
        return buttons.render(
            Button(
                id=f"drift-{record.pk}-{slug}",
                label=label,
                icon=icon,
                url=f"{reverse('drift-deed')}?{urlencode({'command': slug, 'pick': record.pk})}",
                tone="",
                reason=self._role_lacks() or reason,
            )
            for label, icon, slug, reason in deeds
        )

    def _role_lacks(self) -> str:
        is_engineer = self.audience.role.includes(Role.ENGINEER)
        return "" if is_engineer else _("it takes the role engineer.")

    def _why_not_apply(self, record: SettingDrift) -> str:
        is_locked = record.state == DriftState.READ_ONLY
        return _("the station says that it can't be changed.") if is_locked else ""

    def _why_not_accept(self, record: SettingDrift) -> str:
        return _("it is accepted already.") if record.state == DriftState.ACCEPTED else ""
