"""The audit log's table."""

from typing import Any, Final

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations.models import AuditEntry
from operations.models.audit import ActorKind, Deed
from operations.tables import cells
from operations.tables.base import PortalColumn, PortalTable
from operations.tables.links import path

# Where a target has a page of its own. It may be gone: then the page says so.
PAGES: Final = {
    "station": "station-detail",
    "commandrun": "run-detail",
    "commandbatch": "batch-detail",
    "firmwareimage": "firmware-detail",
    "receivedfile": "diagnostic-log-detail",
    "alert": "alert-detail",
    "alertrule": "alert-rule-change",
}
ICONS: Final = {
    ActorKind.PERSON: "user",
    ActorKind.SCHEDULE: "calendar",
    ActorKind.RULE: "bell",
    ActorKind.SHELL: "terminal",
    ActorKind.PORTAL: "gear",
}
MOST_SHOWN = 3  # fields of one entry; the rest is folded
# Things an entry may be about that nobody changes by hand are left out of the filter.
UNTOUCHED: Final = frozenset({"auditentry", "node", "connection", "ocppmessage", "runtransition"})


def kinds() -> list[tuple[str, str]]:
    """The kinds of things there are, as people call them."""
    models = apps.get_app_config("operations").get_models()
    names = [(model._meta.model_name or "", str(model._meta.verbose_name)) for model in models]
    words = [(name, word[:1].upper() + word[1:]) for name, word in names if name not in UNTOUCHED]
    return sorted(words, key=lambda pair: pair[1])


def kind_word(name: str) -> str:
    """What a kind of thing is called."""
    try:
        return str(apps.get_model("operations", name)._meta.verbose_name)
    except LookupError:
        return name


def changed(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """Field, before, after; in words."""
    return [
        (_field(entry.target_kind, name), _shown(old), _shown(new))
        for name, (old, new) in entry.changes.items()
    ]


def _step(old: str, new: str) -> str:
    """Before and after; of what was not there before, or is no more, the one value."""
    return f"{old} → {new}" if old and new else new or old


def _line(name: str, old: str, new: str) -> SafeString:
    return format_html("<li><strong>{}</strong> {}</li>", name, _step(old, new))


def _list(lines: list[SafeString]) -> SafeString:
    items = format_html_join("", "{}", ((line,) for line in lines))
    return format_html('<ul class="list-unstyled m-0">{}</ul>', items)


def _field(kind: str, name: str) -> str:
    try:
        field: Any = apps.get_model("operations", kind)._meta.get_field(name)
        return str(field.verbose_name)
    # What was asked of a station is noted by its parameters, which are fields of no model.
    except (LookupError, FieldDoesNotExist):
        return name.replace("_", " ")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if value == "":
        return _("(empty)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


class AuditTable(PortalTable):
    """Operations > Audit log."""

    row_name = "entry"
    rows_are_watched = False
    caption = gettext_lazy("Audit log")
    empty_icon = "clipboard-list"

    at = PortalColumn(gettext_lazy("Time"), by=("at",))
    who = PortalColumn(gettext_lazy("Who"), by=("who", "at"))
    address = PortalColumn(gettext_lazy("From"), css="code")
    deed = PortalColumn(gettext_lazy("What"), by=("deed", "at"))
    target_kind = PortalColumn(gettext_lazy("Kind"), by=("target_kind", "target_pk"))
    target = PortalColumn(gettext_lazy("Target"), by=("target_name",), css="wrap")
    changes = PortalColumn(gettext_lazy("Before → after"), css="wrap")
    detail = PortalColumn(gettext_lazy("Detail"), css="wrap")

    def render_at(self, record: AuditEntry) -> SafeString:
        """When."""
        return cells.moment(record.at)

    def value_at(self, record: AuditEntry) -> str:
        """The exact time."""
        return cells.moment_text(record.at)

    def render_who(self, record: AuditEntry) -> SafeString:
        """Who, and by what sort of hand."""
        kind = ActorKind(record.actor_kind)
        return format_html(
            '<span title="{}"><i class="fa-solid fa-{} fa-fw" aria-hidden="true"></i> {}</span>',
            kind.label,
            ICONS[kind],
            self.value_who(record),
        )

    def value_who(self, record: AuditEntry) -> str:
        """The name they had then; what kind of hand where it has no name."""
        kind = ActorKind(record.actor_kind)
        if kind == ActorKind.PERSON:
            return record.who or _("A stranger")
        return f"{kind.label}: {record.who}" if record.who else str(kind.label)

    def render_deed(self, record: AuditEntry) -> SafeString:
        """What was done."""
        deed = Deed(record.deed)
        return cells.badge(word=deed.label, tone=deed.tone, icon=deed.icon)

    def value_deed(self, record: AuditEntry) -> str:
        """In a word."""
        return record.get_deed_display()

    def render_target_kind(self, record: AuditEntry) -> str | SafeString:
        """What sort of thing it was done to."""
        return self.value_target_kind(record) or cells.NOTHING

    def value_target_kind(self, record: AuditEntry) -> str:
        """The same."""
        return kind_word(record.target_kind) if record.target_kind else ""

    def render_target(self, record: AuditEntry) -> str | SafeString:
        """Its name then, leading to its page."""
        page = PAGES.get(record.target_kind)
        if page is None or record.target_pk is None or record.deed == Deed.DELETED:
            return record.target_name or cells.NOTHING
        url = path(page, record.target_pk)
        return format_html('<a href="{}">{}</a>', url, record.target_name)

    def value_target(self, record: AuditEntry) -> str:
        """The name alone."""
        return record.target_name

    def render_changes(self, record: AuditEntry) -> SafeString:
        """Field by field."""
        lines = [_line(*change) for change in changed(record)]
        if not lines:
            return cells.NOTHING
        shown, rest = _list(lines[:MOST_SHOWN]), lines[MOST_SHOWN:]
        if not rest:
            return shown
        words = ngettext("and %(count)d more", "and %(count)d more", len(rest))
        summary = words % {"count": len(rest)}
        folded = "{}<details><summary>{}</summary>{}</details>"
        return format_html(folded, shown, summary, _list(rest))

    def value_changes(self, record: AuditEntry) -> str:
        """On one line."""
        return "; ".join(f"{name}: {_step(old, new)}" for name, old, new in changed(record))

    def value_detail(self, record: AuditEntry) -> str:
        """Why, in whose words."""
        return record.detail
