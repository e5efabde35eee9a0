"""Operations > Tokens: what may charge, and what was rejected."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.models import RejectedToken, Token
from operations.models.tokens import PaymentKind, RejectionReason, TokenStatus
from operations.statuses import Role
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path

LOOKS = {
    TokenStatus.ACCEPTED: ("green", "circle-check"),
    TokenStatus.BLOCKED: ("red", "ban"),
    TokenStatus.EXPIRED: ("orange", "clock"),
    TokenStatus.INVALID: ("secondary", "circle-xmark"),
}
REASON_LOOKS = {
    RejectionReason.UNKNOWN: ("blue", "circle-question"),
    RejectionReason.ELSEWHERE: ("secondary", "building"),
    RejectionReason.BLOCKED: ("red", "ban"),
    RejectionReason.EXPIRED: ("orange", "clock"),
    RejectionReason.INVALID: ("secondary", "circle-xmark"),
    RejectionReason.GROUP: ("orange", "people-group"),
    RejectionReason.CONCURRENT: ("purple", "clone"),
}


class TokenTable(PortalTable):
    """What may charge."""

    row_name = "token"
    rows_are_watched = False
    caption = gettext_lazy("Tokens")
    empty_icon = "id-card"

    identifier = PortalColumn(gettext_lazy("Identifier"), by=("identifier",), css="code")
    type = PortalColumn(gettext_lazy("Type"), by=("type",))
    holder = PortalColumn(gettext_lazy("Holder"), by=("holder",))
    group = PortalColumn(gettext_lazy("Group"), by=("group",), css="code")
    organisation = PortalColumn(gettext_lazy("Organisation"))
    status = PortalColumn(gettext_lazy("Status"), by=("status",))
    expires_at = PortalColumn(gettext_lazy("Expires"), by=("expires_at",))
    payment = PortalColumn(gettext_lazy("Payment"), by=("payment",))
    fits_v16 = PortalColumn(gettext_lazy("OCPP 1.6"))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def value_organisation(self, record: Token) -> str:
        """Whose, or everybody's."""
        return record.organisation.name if record.organisation else _("All organisations")

    def render_organisation(self, record: Token) -> str:
        """The same."""
        return self.value_organisation(record)

    def render_status(self, record: Token) -> SafeString:
        """Whether it may charge now."""
        tone, icon = LOOKS[record.standing]
        return cells.badge(word=record.standing.label, tone=tone, icon=icon)

    def value_status(self, record: Token) -> str:
        """The same in words."""
        return str(record.standing.label)

    def render_expires_at(self, record: Token) -> SafeString:
        """When, if ever."""
        return cells.moment(record.expires_at) if record.expires_at else cells.NOTHING

    def value_expires_at(self, record: Token) -> str:
        """The exact time."""
        return cells.moment_text(record.expires_at)

    def render_payment(self, record: Token) -> str:
        """Who pays when."""
        return self.value_payment(record)

    def value_payment(self, record: Token) -> str:
        """In words."""
        return str(PaymentKind(record.payment).label)

    def render_fits_v16(self, record: Token) -> SafeString:
        """Whether stations of OCPP 1.6 can present it."""
        if record.is_usable_on_v16:
            return cells.badge(word=_("Usable"), tone="secondary", icon="check")
        title = _("OCPP 1.6 carries at most 20 characters; this one has %(count)d.") % {
            "count": len(record.identifier)
        }
        return cells.badge(word=_("Too long"), tone="orange", icon="text-width", title=title)

    def value_fits_v16(self, record: Token) -> str:
        """In words."""
        return _("Usable") if record.is_usable_on_v16 else _("Too long")

    def render_actions(self, record: Token) -> SafeString:
        """What this role may do with it."""
        return buttons.render(self._deeds(record))

    def _deeds(self, record: Token) -> Iterator[Button]:
        is_accepted = record.status == TokenStatus.ACCEPTED
        yield self._deed(record, _("Change"), "pen", "change", Role.ENGINEER)
        if is_accepted:
            yield self._deed(record, _("Block"), "ban", "block", Role.OPERATOR)
        else:
            yield self._deed(record, _("Accept again"), "circle-check", "accept", Role.OPERATOR)
        yield self._deed(record, _("Delete"), "trash", "delete", Role.ENGINEER, tone="red")

    def _deed(
        self, record: Token, label: str, icon: str, name: str, role: Role, *, tone: str = ""
    ) -> Button:
        return Button(
            id=f"token-{record.pk}-{name}",
            label=label,
            icon=icon,
            url=path(f"token-{name}", record.pk),
            tone=tone,
            reason=_lacks(self.audience.role, role),
        )


def _lacks(role: Role, needed: Role) -> str:
    if role.includes(needed):
        return ""
    return _("it takes the role %(needed)s.") % {"needed": needed.value}


class RejectedTokenTable(PortalTable):
    """Who wanted to charge and may not."""

    row_name = "rejected"
    rows_are_watched = False
    caption = gettext_lazy("Rejected tokens")
    empty_icon = "circle-check"

    token = PortalColumn(gettext_lazy("Token"), by=("token",), css="code")
    type = PortalColumn(gettext_lazy("Type"))
    station = PortalColumn(gettext_lazy("Station"))
    reason = PortalColumn(gettext_lazy("Why"), by=("reason",))
    count = PortalColumn(gettext_lazy("Times"), by=("count",), css="amount")
    last_at = PortalColumn(gettext_lazy("Last"), by=("last_at",))
    first_at = PortalColumn(gettext_lazy("First"))
    actions = ToolColumn(gettext_lazy("Actions"), css=ACTIONS)

    def render_station(self, record: RejectedToken) -> SafeString:
        """Where it was presented."""
        return cells.station_link(record.station)

    def value_station(self, record: RejectedToken) -> str:
        """Its name."""
        return record.station.name

    def render_reason(self, record: RejectedToken) -> SafeString:
        """Why it was rejected."""
        reason = RejectionReason(record.reason)
        tone, icon = REASON_LOOKS[reason]
        return cells.badge(word=reason.label, tone=tone, icon=icon)

    def value_reason(self, record: RejectedToken) -> str:
        """In words."""
        return record.get_reason_display()

    def render_last_at(self, record: RejectedToken) -> SafeString:
        """When last."""
        return cells.moment(record.last_at)

    def value_last_at(self, record: RejectedToken) -> str:
        """The exact time."""
        return cells.moment_text(record.last_at)

    def render_first_at(self, record: RejectedToken) -> SafeString:
        """When first."""
        return cells.moment(record.first_at)

    def value_first_at(self, record: RejectedToken) -> str:
        """The exact time."""
        return cells.moment_text(record.first_at)

    def render_actions(self, record: RejectedToken) -> SafeString:
        """What nobody knows can be added; what is known is found in the list."""
        if record.reason != RejectionReason.UNKNOWN:
            query = urlencode({"identifier": record.token})
            url = f"{reverse('token-list')}?{query}"
            return format_html('<a class="btn btn-sm" href="{}">{}</a>', url, _("Find it"))
        add = self._add(record)
        if add.reason:
            return buttons.render(iter([add]))
        return format_html(
            '<a class="btn btn-sm" id="{}" href="{}" data-dialog>{}</a>', add.id, add.url, add.label
        )

    def _add(self, record: RejectedToken) -> Button:
        return Button(
            id=f"rejected-{record.pk}-add",
            label=_("Add this token"),
            icon="plus",
            url=f"{reverse('token-add')}?{urlencode({'rejected': record.pk})}",
            tone="",
            reason=_lacks(self.audience.role, Role.ENGINEER),
        )
