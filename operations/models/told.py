"""What else stations tell: events, reports in parts, and faults in how they speak."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Station


class StationEvent(models.Model):
    """Something a station told that is neither a status nor a session: one line of its diary."""

    class Kind(models.TextChoices):
        """What it is about."""

        SECURITY = "security", _("Security")
        FIRMWARE = "firmware", _("Firmware")
        LOG = "log", _("Log upload")
        MONITORING = "monitoring", _("Monitoring")
        MESSAGE = "message", _("Message")

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("event"), max_length=100)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(_("time"))
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("station event")
        verbose_name_plural = _("station events")
        indexes = [
            models.Index(fields=["station", "-id"], name="events_of_station"),
            models.Index(fields=["kind", "-id"], name="events_by_kind"),
        ]

    def __str__(self) -> str:
        return self.title


class StationReport(models.Model):
    """A report that came in parts (NotifyReport and its like), put together by request id."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(_("kind"), max_length=50)
    request_id = models.BigIntegerField()
    # By sequence number, as text: JSON has no other keys.
    parts = models.JSONField(default=dict)
    last_seq_no = models.IntegerField(null=True, blank=True)
    is_complete = models.BooleanField(_("complete"), default=False)
    started_at = models.DateTimeField(_("began"))
    updated_at = models.DateTimeField(_("last part"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("station report")
        verbose_name_plural = _("station reports")
        indexes = [
            models.Index(fields=["station", "kind", "request_id"], name="reports_of_station")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"


class ProtocolFinding(models.Model):
    """A fault in how a station speaks, counted; never holds a value the station sent."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(_("fault"), max_length=50)
    action = models.CharField(_("message"), max_length=50, blank=True)
    path = models.CharField(_("where"), max_length=200, blank=True)
    detail = models.CharField(_("what"), max_length=300, blank=True)
    count = models.PositiveBigIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        ordering = ["-last_at"]
        verbose_name = _("protocol finding")
        verbose_name_plural = _("protocol findings")
        constraints = [
            models.UniqueConstraint(
                fields=["station", "kind", "action", "path"], name="one_finding_per_fault"
            )
        ]
        indexes = [models.Index(fields=["last_at"], name="findings_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.action} {self.path}"
