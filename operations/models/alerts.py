"""Alerts: rules that say what needs someone, what they found, and whom they told."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    from operations.models.users import User


class AlertKind(models.TextChoices):
    """What a rule looks for; operations.services.conditions says how."""

    OFFLINE = "offline", _("Offline for too long")
    FAULTED = "faulted", _("Faulted for too long")
    FLAPPING = "flapping", _("Reconnects too often")
    FAILED_RUNS = "failed-runs", _("Requests fail")
    FINDINGS = "findings", _("Protocol faults")
    UNANSWERED = "unanswered", _("Calls stay unanswered in a row")
    DRIFT = "drift", _("Settings differ from their templates")
    DELIVERIES = "deliveries", _("Notifications could not be delivered")


class Severity(models.TextChoices):
    """How bad it is."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"info": "blue", "warning": "orange", "critical": "red"}[self.value]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {
            "info": "circle-info",
            "warning": "triangle-exclamation",
            "critical": "circle-exclamation",
        }[self.value]


class RuleQuerySet(ScopedQuerySet["AlertRule"]):
    """Rules, by who asks. People of one organisation see its rules and the whole network's."""

    organisation_path: ClassVar[str] = "organisation_id"

    def visible_to(self, user: "User") -> Self:
        """Their own, and those that watch every station."""
        if user.sees_whole_network or user.organisation_id is None:
            return super().visible_to(user)
        return self.filter(Q(organisation=user.organisation_id) | Q(organisation=None))


class AlertRule(models.Model):
    """When a station needs someone, whom to tell, and what to do about it first."""

    name = models.CharField(_("name"), max_length=100, db_index=True)
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alert_rules",
    )
    kind = models.CharField(_("looks for"), max_length=12, choices=AlertKind)
    # Minutes where the kind is about a time, a number of times where it counts.
    threshold = models.PositiveIntegerField(
        _("threshold"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    window_minutes = models.PositiveIntegerField(
        _("within minutes"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)],
    )
    calm_minutes = models.PositiveIntegerField(
        _("closes after calm of minutes"), default=2, validators=[MaxValueValidator(24 * 60)]
    )
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity, default=Severity.WARNING
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    emails = models.CharField(_("e-mail to"), max_length=500, blank=True)
    webhook_url = models.CharField(_("webhook"), max_length=500, blank=True)
    webhook_secret = models.CharField(max_length=500, blank=True, editable=False)  # sealed
    follow_up = models.CharField(_("follow-up command"), max_length=50, blank=True)
    follow_up_every_h = models.PositiveIntegerField(
        _("at most once per station in hours"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 365)],
    )
    evaluated_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")

    def __str__(self) -> str:
        return self.name


class AlertQuerySet(ScopedQuerySet["Alert"]):
    """Alerts, by who asks and whether they are over."""

    def open(self) -> Self:
        """Those that still hold."""
        return self.filter(is_open=True)

    def unseen(self) -> Self:
        """Open, and nobody said yet that they look after it."""
        return self.filter(is_open=True, acknowledged_at=None)


class Alert(models.Model):
    """A rule found a station (or the portal itself) in need of someone."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts")
    # Null: it is about the portal itself.
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)
    summary = models.CharField(_("what"), max_length=300)
    is_open = models.BooleanField(default=True)
    # When what it tells of began; it opens once that has lasted, or has happened often enough.
    began_at = models.DateTimeField(_("since"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    last_seen_at = models.DateTimeField(_("last seen"))
    # Null: nobody was told of its opening yet, nor was anything asked that the rule asks then.
    announced_at = models.DateTimeField(null=True, blank=True)
    # It does not hold at this moment; once that has lasted, the alert closes.
    calm_since = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    follow_up_run = models.ForeignKey(
        CommandRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts"
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-is_open", "-opened_at"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "station"],
                condition=Q(is_open=True),
                name="one_open_alert_per_station",
            ),
            models.UniqueConstraint(
                fields=["rule"],
                condition=Q(is_open=True, station__isnull=True),
                name="one_open_alert_of_portal",
            ),
        ]
        indexes = [
            models.Index(fields=["-is_open", "-opened_at", "id"], name="alerts_open_first"),
            models.Index(fields=["opened_at"], name="alerts_by_opening"),
            models.Index(fields=["began_at"], name="alerts_by_beginning"),
            # The menu counts them with every page: the closed ones of years must not matter.
            models.Index(fields=["acknowledged_at"], condition=Q(is_open=True), name="alerts_open"),
            models.Index(fields=["severity", "is_open"], name="alerts_by_severity"),
            models.Index(
                fields=["rule"],
                condition=Q(announced_at__isnull=True),
                name="alerts_to_announce",
            ),
            models.Index(
                fields=["rule", "station", "opened_at"],
                condition=Q(follow_up_run__isnull=False),
                name="alerts_followed_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} #{self.pk}"

    @property
    def severity_look(self) -> Severity:
        """Its severity as the enum, with tone and icon."""
        return Severity(self.severity)

    @property
    def since(self) -> datetime:
        """When it began, as far as that was noted."""
        return self.began_at or self.opened_at


class DeliveryStatus(models.TextChoices):
    """Where a notification is in its life."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Delivered")
    DEAD = "dead", _("Given up")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"waiting": "blue", "sent": "green", "dead": "red"}[self.value]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {"waiting": "hourglass-half", "sent": "circle-check", "dead": "skull"}[self.value]


class DeliveryQuerySet(ScopedQuerySet["AlertDelivery"]):
    """Notifications, by who asks: a rule's addresses are its organisation's own."""

    organisation_path = "rule__organisation_id"


class AlertDelivery(models.Model):
    """A notification to one address of what one look of one rule found; kept until it is through.

    A thousand stations that go offline together are one e-mail, not a thousand.
    """

    class Channel(models.TextChoices):
        """How it travels."""

        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    class Event(models.TextChoices):
        """What it tells."""

        OPENED = "opened", _("Opened")
        CLOSED = "closed", _("Closed")
        TEST = "test", _("Test")

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="deliveries")
    alerts = models.ManyToManyField(Alert, related_name="deliveries")
    event = models.CharField(_("event"), max_length=6, choices=Event)
    channel = models.CharField(_("by"), max_length=7, choices=Channel)
    address = models.CharField(_("to"), max_length=500)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField()
    status = models.CharField(
        _("status"), max_length=7, choices=DeliveryStatus, default=DeliveryStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("asked at"))
    sent_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="waiting"),
                name="deliveries_waiting",
            ),
            models.Index(fields=["status", "-created_at"], name="deliveries_by_status"),
            models.Index(fields=["created_at"], name="deliveries_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"
