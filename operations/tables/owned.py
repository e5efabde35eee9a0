"""Lists of what an organisation makes for itself, beside what is there for every organisation."""

from typing import Any, ClassVar

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from operations.commands.base import Text
from operations.statuses import Role
from operations.tables import buttons
from operations.tables.base import PortalTable
from operations.tables.buttons import Button
from operations.tables.links import path

# What a button says, its icon, the name of its URL, its colour.
Deed = tuple[Text, str, str, str]


class OwnedTable(PortalTable):
    """Engineers change what is theirs; what is everybody's only those who see everybody."""

    deeds: ClassVar[tuple[Deed, ...]]
    everybodys: ClassVar[Text]  # why what is everybody's can't be changed
    # Whose rows this user may change: all, or those of one organisation.
    may_change_all = False
    organisation_pk: int | None = None

    def render_actions(self, record: Any) -> SafeString:
        """Change it, do away with it, and what else there is."""
        reason = self._why_not(record)
        return buttons.render(
            Button(
                id=f"{url_name}-{record.pk}",
                label=str(label),
                icon=icon,
                url=path(url_name, record.pk),
                tone=tone,
                reason=reason,
            )
            for label, icon, url_name, tone in self.deeds
        )

    def _why_not(self, record: Any) -> str:
        if not self.audience.role.includes(Role.ENGINEER):
            return _("it takes the role engineer.")
        if self.may_change_all or record.organisation_id == self.organisation_pk:
            return ""
        return str(self.everybodys)
