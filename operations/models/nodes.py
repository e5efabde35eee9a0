"""Who holds which socket: server processes and the connections they keep."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations import versions
from operations.models.network import Station


class Node(models.Model):
    """A server process; alive as long as it renews its lease."""

    name = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    renewed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name


class Connection(models.Model):
    """One WebSocket of a station. The epoch rises with each; the newest owns the station."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="connections")
    epoch = models.PositiveBigIntegerField()
    node = models.CharField(max_length=64)
    channel_name = models.CharField(max_length=200)
    protocol = models.CharField(max_length=10, choices=versions.VERSION_CHOICES)
    remote_address = models.CharField(max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    close_code = models.PositiveIntegerField(null=True, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)
    last_seen_at = models.DateTimeField()
    # Null: never, or the server does not tell.
    last_pong_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["station", "epoch"], name="one_connection_per_epoch"),
            models.UniqueConstraint(
                fields=["station"],
                condition=Q(closed_at__isnull=True),
                name="one_open_connection_per_station",
            ),
        ]
        indexes = [
            models.Index(
                fields=["node"],
                condition=Q(closed_at__isnull=True),
                name="open_connections_of_node",
            ),
            models.Index(fields=["station", "-opened_at"], name="connections_of_station"),
            # Who reconnects too often is looked for among all (services.conditions).
            models.Index(fields=["opened_at"], name="connections_by_opening"),
            # What goes once it is old (services.ageing).
            models.Index(
                fields=["closed_at"],
                condition=Q(closed_at__isnull=False),
                name="connections_by_closing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} #{self.epoch}"
