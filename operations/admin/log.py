"""What happened: connections, requests, messages, sessions. All of it only to be looked at."""

import json
from typing import Any

from django.contrib.admin import EmptyFieldListFilter, TabularInline, display, register
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from operations import masking
from operations.admin.site import ReadOnlyAdmin, site
from operations.models import (
    Alert,
    AlertDelivery,
    AlertRule,
    AuditEntry,
    CommandBatch,
    CommandRun,
    Connection,
    MeterReading,
    Node,
    OcppMessage,
    ProtocolFinding,
    RunTransition,
    Session,
    StationEvent,
    StationReport,
)
from operations.views.conversations import lay_out


@register(Node, site=site)
class NodeAdmin(ReadOnlyAdmin):
    """Server processes."""

    list_display = ("name", "started_at", "renewed_at")


@register(Connection, site=site)
class ConnectionAdmin(ReadOnlyAdmin):
    """Sockets of stations."""

    list_display = (
        "station",
        "epoch",
        "protocol",
        "node",
        "remote_address",
        "opened_at",
        "closed_at",
        "close_code",
        "close_reason",
    )
    list_filter = ("protocol", ("closed_at", EmptyFieldListFilter))
    list_select_related = ("station",)
    search_fields = ("station__identity", "station__name", "remote_address", "node")


class TransitionInline(TabularInline):
    """A run's history on its page."""

    model = RunTransition
    fields = readonly_fields = ("at", "from_status", "to_status", "cause")
    extra = 0
    can_delete = False

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """As the run."""
        return site.has_permission(request)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody writes history."""
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody rewrites it."""
        return False


class AskedAdmin(ReadOnlyAdmin):
    """What was asked for is shown with its secrets masked."""

    @display(description=_("parameters"))
    def shown_params(self, asked: CommandRun | CommandBatch) -> SafeString:
        """The parameters, laid out."""
        return laid_out(asked.params)


def laid_out(value: Any) -> SafeString:
    """JSON to read, secrets masked."""
    text = json.dumps(masking.payload(value), indent=2, ensure_ascii=False)
    return format_html("<pre>{}</pre>", text)


@register(CommandBatch, site=site)
class BatchAdmin(AskedAdmin):
    """Clicks on many."""

    list_display = ("__str__", "command", "reason", "created_by", "created_at")
    list_filter = ("command",)
    list_select_related = ("created_by",)
    fields = ("command", "shown_params", "reason", "created_by", "created_at")
    readonly_fields = fields


@register(CommandRun, site=site)
class RunAdmin(AskedAdmin):
    """Requests."""

    list_display = ("__str__", "station", "status", "summary", "created_by", "created_at")
    list_filter = ("command", "status")
    list_select_related = ("station", "created_by")
    search_fields = ("station__identity", "station__name", "summary", "reason")
    exclude = ("params", "answers")
    readonly_fields = ("shown_params", "shown_answers")
    inlines = (TransitionInline,)

    @display(description=_("answers"))
    def shown_answers(self, run: CommandRun) -> SafeString:
        """What came back, secrets masked."""
        return laid_out(run.answers)


@register(RunTransition, site=site)
class TransitionAdmin(ReadOnlyAdmin):
    """Steps of requests."""

    list_display = ("run", "at", "from_status", "to_status", "cause")
    list_filter = ("to_status",)
    list_select_related = ("run",)


@register(OcppMessage, site=site)
class MessageAdmin(ReadOnlyAdmin):
    """The message log."""

    list_display = ("called_at", "station", "is_from_station", "action", "error_code", "unique_id")
    list_filter = ("is_from_station",)
    list_select_related = ("station",)
    search_fields = ("=unique_id", "=action", "=station__identity")
    exclude = ("call", "answer")
    readonly_fields = ("shown_call", "shown_answer")

    @display(description=_("call"))
    def shown_call(self, message: OcppMessage) -> SafeString:
        """The call's frame, laid out and masked."""
        return format_html("<pre>{}</pre>", lay_out(message.call))

    @display(description=_("answer"))
    def shown_answer(self, message: OcppMessage) -> SafeString:
        """The answer's frame, laid out and masked."""
        return format_html("<pre>{}</pre>", lay_out(message.answer))


@register(Session, site=site)
class SessionAdmin(ReadOnlyAdmin):
    """Charging sessions."""

    list_display = (
        "__str__",
        "station",
        "connector",
        "transaction_id",
        "token",
        "status",
        "started_at",
        "ended_at",
        "stop_reason",
    )
    list_filter = ("status",)
    list_select_related = ("station", "connector__charger")
    search_fields = ("=transaction_id", "=token", "station__identity", "station__name")


@register(MeterReading, site=site)
class ReadingAdmin(ReadOnlyAdmin):
    """What meters said."""

    list_display = ("at", "station", "session", "evse_id", "connector_number")
    list_select_related = ("station", "session")
    search_fields = ("=station__identity", "=session__transaction_id")


@register(StationEvent, site=site)
class EventAdmin(ReadOnlyAdmin):
    """Lines of stations' diaries."""

    list_display = ("at", "station", "kind", "title")
    list_filter = ("kind",)
    list_select_related = ("station",)
    search_fields = ("=station__identity", "title")


@register(StationReport, site=site)
class ReportAdmin(ReadOnlyAdmin):
    """Reports that came in parts."""

    list_display = ("started_at", "station", "kind", "request_id", "is_complete", "updated_at")
    list_filter = ("kind", "is_complete")
    list_select_related = ("station",)
    search_fields = ("=station__identity",)


@register(ProtocolFinding, site=site)
class FindingAdmin(ReadOnlyAdmin):
    """Faults in how stations speak."""

    list_display = ("station", "kind", "action", "path", "detail", "count", "first_at", "last_at")
    list_filter = ("kind",)
    list_select_related = ("station",)
    search_fields = ("=station__identity",)


@register(AuditEntry, site=site)
class AuditAdmin(ReadOnlyAdmin):
    """Who changed what."""

    list_display = ("at", "who", "address", "deed", "target_kind", "target_name", "detail")
    list_filter = ("deed", "actor_kind")
    search_fields = ("=who", "=target_name")
    # Whom it names may be gone: shown by their keys, not looked up.
    exclude = ("user", "organisation")
    list_select_related = False


@register(AlertRule, site=site)
class AlertRuleAdmin(ReadOnlyAdmin):
    """What is looked for; rules are changed on their own pages."""

    list_display = ("name", "organisation", "kind", "threshold", "severity", "is_enabled")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("organisation",)
    search_fields = ("name",)
    exclude = ("webhook_url", "webhook_secret")


@register(Alert, site=site)
class AlertAdmin(ReadOnlyAdmin):
    """What was found."""

    list_display = ("opened_at", "rule", "station", "severity", "is_open", "closed_at", "count")
    list_filter = ("is_open", "severity")
    list_select_related = ("rule", "station")
    search_fields = ("=station__identity", "=rule__name")


@register(AlertDelivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    """Who was told."""

    list_display = ("created_at", "subject", "channel", "status", "attempts", "sent_at")
    list_filter = ("status", "channel")
    search_fields = ("subject",)
    exclude = ("address", "alerts")
