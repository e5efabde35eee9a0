"""What operators ask: one run per command and target, one batch per click on many."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Charger, Connector, Station
from operations.models.nodes import Connection
from operations.models.scope import ScopedQuerySet
from operations.statuses import AWAITING_EFFECT, OPEN_STATUSES, RunStatus

if TYPE_CHECKING:
    pass


class CommandBatch(models.Model):
    """One click on many: the same command for each of its runs' targets."""

    command = models.CharField(max_length=50, db_index=True)
    params = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.command} #{self.pk}"


class CommandRunQuerySet(ScopedQuerySet["CommandRun"]):
    """Runs, by who asks and where they are in their life."""

    def open(self) -> Self:
        """The runs that still wait for something."""
        return self.filter(status__in=OPEN_STATUSES)

    def awaiting_effect(self) -> Self:
        """The runs whose effect has not been seen yet."""
        return self.filter(status__in=AWAITING_EFFECT)

    def latest_of(self, station_pks: Collection[int]) -> Self:
        """The last run of each of these stations, one index look-up for each."""
        last = CommandRun.objects.filter(station=models.OuterRef("pk"))
        stations = Station.objects.filter(pk__in=station_pks).annotate(
            last_run=models.Subquery(last.order_by("-created_at", "-pk").values("pk")[:1])
        )
        return self.filter(pk__in=stations.values("last_run"))


class CommandRun(models.Model):
    """One command to one target, from the click to the observed effect."""

    batch = models.ForeignKey(
        CommandBatch, on_delete=models.CASCADE, null=True, blank=True, related_name="runs"
    )
    command = models.CharField(_("command"), max_length=50, db_index=True)
    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="runs")
    charger = models.ForeignKey(
        Charger, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    connector = models.ForeignKey(
        Connector, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    params = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=15, choices=RunStatus, default=RunStatus.QUEUED, db_index=True
    )
    summary = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(_("asked at"), db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=1)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    answer_timeout_s = models.PositiveIntegerField()
    effect_timeout_s = models.PositiveIntegerField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    protocol = models.CharField(max_length=10, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveSmallIntegerField(default=1)
    answers = models.JSONField(default=list)

    objects = CommandRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            # Listed rather than taken from OPEN_STATUSES so that the migration stays fixed.
            models.Index(
                fields=["deadline_at"],
                condition=Q(status__in=["queued", "sent", "accepted", "scheduled", "in-progress"]),
                name="open_runs_by_deadline",
            ),
            models.Index(
                fields=["station", "status"],
                condition=Q(status__in=["queued", "sent", "accepted", "scheduled", "in-progress"]),
                name="open_runs_of_station",
            ),
            models.Index(fields=["station", "-created_at"], name="runs_of_station"),
            models.Index(fields=["closed_at"], name="runs_by_closing"),
        ]

    def __str__(self) -> str:
        return f"{self.command} #{self.pk}"

    @property
    def state(self) -> RunStatus:
        """The status as its enum, with tone and icon."""
        return RunStatus(self.status)

    @property
    def latency_ms(self) -> int | None:
        """From the frame's sending to its answer."""
        if self.sent_at is None or self.answered_at is None:
            return None
        return round((self.answered_at - self.sent_at).total_seconds() * 1000)

    @property
    def last_answer(self) -> dict[str, Any] | None:
        """The last answer kept, None while there is none."""
        return self.answers[-1] if self.answers else None


class RunTransition(models.Model):
    """One step of a run's life: kept for ever, never changed."""

    run = models.ForeignKey(CommandRun, on_delete=models.CASCADE, related_name="transitions")
    at = models.DateTimeField()
    from_status = models.CharField(max_length=15, choices=RunStatus, blank=True)
    to_status = models.CharField(max_length=15, choices=RunStatus)
    cause = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
