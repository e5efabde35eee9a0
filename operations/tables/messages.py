"""The message log: one exchange a row, its frames under it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import masking
from operations.models import OcppMessage
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable, ToolColumn
from operations.tables.links import path
from operations.tables.patterns import fill

EXPAND = lazy(format_html, str)('<span class="visually-hidden">{}</span>', gettext_lazy("Frames"))
CALL_ERROR = 4
LONGEST_EXCERPT = 30
LONGEST_EXPORT = 8_000  # of a frame in a spreadsheet's cell, which holds 32,767 characters
# For so long an answer to our call may still come; then the row says that none came.
PATIENCE = timedelta(minutes=2)


def _pending(record: OcppMessage) -> str | None:
    """Marks rows whose answer may still come, for the live tail."""
    return "" if is_pending(record) else None


class MessageTable(PortalTable):
    """Operations > Messages."""

    row_name = "message"
    rows_are_watched = False
    caption = gettext_lazy("Messages")
    detail_template = "operations/messages/_detail.html"
    empty_icon = "comments"
    page_sizes = (50, 100, 200)
    # Where the log goes on; templates/operations/messages/_table.html says what it takes.
    links: Mapping[str, Any] = MappingProxyType({})

    expand = ToolColumn(EXPAND, css="narrow")
    called_at = PortalColumn(gettext_lazy("Time"))
    station = PortalColumn(gettext_lazy("Station"))
    direction = PortalColumn(gettext_lazy("Asked by"))
    action = PortalColumn(gettext_lazy("Message"))
    outcome = PortalColumn(gettext_lazy("Answered"))
    run_id = PortalColumn(gettext_lazy("Request"))
    call = PortalColumn(gettext_lazy("Call"), css="code")
    answer = PortalColumn(gettext_lazy("Answer"), css="code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, orderable=False, **kwargs)
        self.row_attrs["data-pending"] = _pending
        self.template_name = "operations/messages/_table.html"

    def render_expand(self, record: OcppMessage) -> SafeString:
        """Opens the frames under the row; without scripts, on a page of their own."""
        url = path("message-detail", record.pk)
        return fill(
            "components/_expander.html",
            row_id=f"message-{record.pk}",
            name=record.action or _("No OCPP message"),
            url=url,
            detail_url=url,
        )

    def render_called_at(self, record: OcppMessage) -> SafeString:
        """To the millisecond; the day only where it is not today."""
        local = timezone.localtime(record.called_at)
        is_today = local.date() == timezone.localdate()
        return format_html(
            '<time datetime="{}" title="{}">{}.{}</time>',
            local.isoformat(),
            date_format(local, "j M Y, H:i:s T"),
            date_format(local, "H:i:s" if is_today else "j M, H:i:s"),
            f"{local.microsecond // 1000:03}",
        )

    def value_called_at(self, record: OcppMessage) -> str:
        """As spreadsheets read it."""
        return f"{cells.moment_text(record.called_at)}.{record.called_at.microsecond // 1000:03}"

    def render_station(self, record: OcppMessage) -> SafeString:
        """Leads to the station."""
        return format_html(
            '<a href="{}">{}</a>',
            path("station-detail", record.station_id),
            record.station.name,
        )

    def value_station(self, record: OcppMessage) -> str:
        """The name alone."""
        return record.station.name

    def render_direction(self, record: OcppMessage) -> SafeString:
        """Whose call it was, as an arrow and a word."""
        return format_html(
            '<i class="fa-solid fa-{} fa-fw" aria-hidden="true"></i> {}',
            "arrow-left" if record.is_from_station else "arrow-right",
            self.value_direction(record),
        )

    def value_direction(self, record: OcppMessage) -> str:
        """The word."""
        return _("Station") if record.is_from_station else _("Portal")

    def value_action(self, record: OcppMessage) -> str:
        """The name; what was no message at all has none."""
        return record.action or _("No OCPP message")

    def render_action(self, record: OcppMessage) -> str:
        """The same."""
        return self.value_action(record)

    def render_outcome(self, record: OcppMessage) -> str | SafeString:
        """An error's code, or how long the answer took."""
        if record.error_code:
            return cells.badge(word=record.error_code, tone="red", icon="triangle-exclamation")
        if record.answered_at is None and not record.is_from_station:
            if is_pending(record):
                return cells.badge(word=_("Waiting"), tone="secondary", icon="hourglass-half")
            return cells.badge(word=_("No answer"), tone="orange", icon="circle-question")
        return self.value_outcome(record) or cells.NOTHING

    def value_outcome(self, record: OcppMessage) -> str:
        """The same in words."""
        if record.error_code:
            return record.error_code
        if record.answered_at is None:
            return "" if record.is_from_station else _("No answer")
        return _("%(number)d ms") % {"number": record.latency_ms or 0}

    def render_run_id(self, record: OcppMessage) -> SafeString:
        """The request it belongs to."""
        if record.run_id is None:
            return cells.NOTHING
        url = path("run-detail", record.run_id)
        return format_html('<a class="run-link" href="{}">#{}</a>', url, record.run_id)

    def value_run_id(self, record: OcppMessage) -> str:
        """Its number."""
        return "" if record.run_id is None else str(record.run_id)

    def render_call(self, record: OcppMessage) -> str | SafeString:
        """How the call's payload begins."""
        return excerpt(record.call) or cells.NOTHING

    def value_call(self, record: OcppMessage) -> str:
        """The whole frame."""
        return masking.shown(record.call)[:LONGEST_EXPORT]

    def render_answer(self, record: OcppMessage) -> str | SafeString:
        """How the answer's payload begins."""
        return excerpt(record.answer) or cells.NOTHING

    def value_answer(self, record: OcppMessage) -> str:
        """The whole frame."""
        return masking.shown(record.answer)[:LONGEST_EXPORT]


def is_pending(message: OcppMessage) -> bool:
    """Whether the answer to a call of ours may still come."""
    is_open = message.answered_at is None and not message.is_from_station
    return is_open and timezone.now() - message.called_at < PATIENCE


def excerpt(frame: str) -> str:
    """How the part of a frame begins that says something: its payload."""
    shown = masking.shown(frame)
    try:
        parts = json.loads(shown)
        # An error's words say more than its details, which are usually empty.
        said = parts[3] if parts[0] == CALL_ERROR else parts[-1]
        text = json.dumps(said, ensure_ascii=False)
    except (ValueError, RecursionError, LookupError, TypeError):
        text = shown
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT]}…"
