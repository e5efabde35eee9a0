"""Charging sessions (OCPP transactions) and the meter readings that came with them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from operations.models.network import Charger, Connector, Station
from operations.models.scope import ScopedQuerySet
from operations.statuses import SessionStatus


class SessionQuerySet(ScopedQuerySet["Session"]):
    """Sessions, by who asks and whether they run."""

    def running(self) -> Self:
        """The sessions that have not ended."""
        # Spelled out, not as a parameter: else SQLite could not use an index of these alone.
        return self.filter(status=RawSQL("'running'", ()))


class Session(models.Model):
    """One charging session.

    In OCPP 1.6 we hand out the transaction id: it is this row's key. In 2.x the station does.
    """

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="sessions")
    charger = models.ForeignKey(
        Charger, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    connector = models.ForeignKey(
        Connector, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    transaction_id = models.CharField(_("transaction id"), max_length=64, blank=True)
    token = models.CharField(_("token"), max_length=255, blank=True, db_index=True)
    status = models.CharField(
        _("status"), max_length=7, choices=SessionStatus, default=SessionStatus.RUNNING
    )
    charging_state = models.CharField(max_length=20, blank=True)
    started_at = models.DateTimeField(_("started"), db_index=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    meter_start_wh = models.FloatField(null=True, blank=True)
    meter_last_wh = models.FloatField(null=True, blank=True)
    stop_reason = models.CharField(_("stopped because"), max_length=40, blank=True)
    # When we first heard of it, by our clock; and the number of the request that began it (2.x).
    heard_at = models.DateTimeField(null=True, blank=True, editable=False)
    remote_start_id = models.BigIntegerField(null=True, blank=True, editable=False)
    last_seq_no = models.IntegerField(default=-1)
    # The numbers between those that came: messages the station has not sent (yet).
    missing_seq_nos = models.JSONField(default=list, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["station", "transaction_id"],
                condition=~Q(transaction_id=""),
                name="one_session_per_transaction",
            )
        ]
        indexes = [
            models.Index(
                fields=["station"], condition=Q(status="running"), name="running_sessions"
            ),
            models.Index(fields=["status", "-started_at"], name="sessions_by_status"),
            # How many of a token's run now; each Authorize may ask.
            models.Index(Lower("token"), "status", "started_at", name="sessions_of_token"),
            # What the search finds by what a station calls it.
            models.Index(fields=["transaction_id"], name="sessions_by_transaction"),
            # What the list is sorted by; by their end the old ones go, too (services.ageing).
            models.Index(fields=["ended_at", "id"], name="sessions_by_end"),
            models.Index(fields=["stop_reason", "id"], name="sessions_by_reason"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def energy_wh(self) -> float | None:
        """What the session took so far."""
        if self.meter_start_wh is None or self.meter_last_wh is None:
            return None
        return max(self.meter_last_wh - self.meter_start_wh, 0.0)

    @property
    def is_running(self) -> bool:
        """Whether the session has not ended."""
        return self.status == SessionStatus.RUNNING


class MeterReading(models.Model):
    """What one meter said at one time: all its sampled values, as the wire spells them."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="meter_readings")
    session = models.ForeignKey(
        Session,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="readings",
        db_index=False,  # readings_of_session is one
    )
    evse_id = models.PositiveIntegerField(null=True)
    connector_number = models.PositiveIntegerField()
    at = models.DateTimeField()
    samples = models.JSONField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("meter reading")
        verbose_name_plural = _("meter readings")
        indexes = [models.Index(fields=["session", "at"], name="readings_of_session")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.at:%c}"
