"""The column of tick boxes: rows to ask something of together (components/_selection.html)."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.tables.base import ToolColumn

EVERY_ROW = lazy(render_to_string, str)("components/_selection_head.html")
WORD = lazy(format_html, str)('<span class="visually-hidden">{}</span>', gettext_lazy("Select"))


class TickColumn(ToolColumn):
    """Tick boxes that belong to the page's selection; declare it as `tick`, before all others.

    Tables show it only to who may ask (PortalTable.audience).
    """

    def __init__(self, name: str = "pick", *, has_head: bool = True) -> None:
        super().__init__(EVERY_ROW if has_head else WORD, css="narrow tick")
        self.name = name  # what a ticked box is sent as

    def render(self, record: Any, table: Any) -> SafeString:
        """The row's box; `?tick=page` has all of them ticked, for browsers without scripts."""
        return format_html(
            '<input type="checkbox" form="selection" name="{}" value="{}" aria-label="{}"{}>',
            self.name,
            record.pk,
            _("Select %(name)s") % {"name": record},
            SafeString(" checked") if table.is_ticked else "",
        )
