"""The list of notifications: what was told to whom, and what did not get through."""

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import AlertDelivery
from operations.models.alerts import DeliveryStatus
from operations.services import delivering
from operations.statuses import Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path


class DeliveryTable(PortalTable):
    """Operations > Alerts > Notifications."""

    row_name = "delivery"
    rows_are_watched = False
    caption = gettext_lazy("Notifications")
    empty_icon = "envelope"

    created_at = PortalColumn(gettext_lazy("Time"), by=("created_at",))
    subject = PortalColumn(gettext_lazy("What"), css="wrap")
    channel = PortalColumn(gettext_lazy("By"))
    address = PortalColumn(gettext_lazy("To"))
    status = PortalColumn(gettext_lazy("Status"), by=("status", "-created_at"))
    attempts = PortalColumn(gettext_lazy("Attempts"), css="amount")
    next_attempt_at = PortalColumn(gettext_lazy("Next attempt"))
    last_error = PortalColumn(gettext_lazy("What went wrong"), css="wrap")
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def render_created_at(self, record: AlertDelivery) -> SafeString:
        """When it was due."""
        return cells.moment(record.created_at)

    def value_created_at(self, record: AlertDelivery) -> str:
        """The exact time."""
        return cells.moment_text(record.created_at)

    def render_channel(self, record: AlertDelivery) -> str:
        """How it travels."""
        return record.get_channel_display()

    def value_channel(self, record: AlertDelivery) -> str:
        """The same."""
        return record.get_channel_display()

    def render_address(self, record: AlertDelivery) -> str:
        """To whom."""
        return delivering.shown_address(record)

    def value_address(self, record: AlertDelivery) -> str:
        """The same."""
        return delivering.shown_address(record)

    def render_status(self, record: AlertDelivery) -> SafeString:
        """What became of it."""
        look = DeliveryStatus(record.status)
        return cells.badge(word=look.label, tone=look.tone, icon=look.icon)

    def value_status(self, record: AlertDelivery) -> str:
        """In a word."""
        return record.get_status_display()

    def render_next_attempt_at(self, record: AlertDelivery) -> SafeString:
        """When it is tried again."""
        return cells.moment(record.next_attempt_at) if record.next_attempt_at else cells.NOTHING

    def value_next_attempt_at(self, record: AlertDelivery) -> str:
        """The exact time."""
        return cells.moment_text(record.next_attempt_at)

    def render_actions(self, record: AlertDelivery) -> SafeString:
        """Take up again what was given up."""
        reason = ""
        if not self.audience.role.includes(Role.OPERATOR):
            reason = _("it takes the role operator.")
        elif record.status != DeliveryStatus.DEAD:
            reason = _("it was not given up.")
        button = Button(
            id=f"delivery-{record.pk}-again",
            label=_("Send again"),
            icon="rotate-right",
            url=path("alert-delivery-again", record.pk),
            tone="",
            reason=reason,
        )
        return buttons.render(iter([button]))
