"""What operators ask: one run per command and target."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from operations.models.batches import CommandBatch
from operations.models.network import Charger, Connector, Station
from operations.models.nodes import Connection
from operations.models.scope import ScopedQuerySet
from operations.statuses import AWAITING_EFFECT, OPEN_STATUSES, RunPhase, RunStatus

if TYPE_CHECKING:
    pass


class CommandRunQuerySet(ScopedQuerySet["CommandRun"]):
    """Runs, by who asks and where they are in their life."""

    def open(self) -> Self:
        """The runs that still wait for something.

        Those and no others have no `closed_at`, by which SQLite finds the index of the few.
        """
        return self.filter(status__in=OPEN_STATUSES, closed_at__isnull=True)

    def held(self) -> Self:
        """The runs of batches whose turn has not come."""
        return self.filter(status=RunStatus.QUEUED, released_at__isnull=True)

    def released(self) -> Self:
        """The runs that may be sent, and were not yet."""
        return self.filter(status=RunStatus.QUEUED, released_at__isnull=False)

    def spread(self, now: datetime) -> Self:
        """Those of the released whose moment has not come: batches spread theirs over a while."""
        return self.released().filter(attempts=0, next_attempt_at__gt=now)

    def tally(self) -> dict[str, int]:
        """How many there are in each status."""
        counted = self.order_by().values_list("status").annotate(models.Count("pk"))
        return dict(counted)

    def first_deadline(self) -> datetime | None:
        """When the first of these is due; None if none of them ever is."""
        deadline: datetime | None = self.aggregate(first=models.Min("deadline_at"))["first"]
        return deadline

    def awaiting_effect(self) -> Self:
        """The runs whose effect has not been seen yet."""
        return self.filter(status__in=AWAITING_EFFECT, closed_at__isnull=True)

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
        CommandBatch,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="runs",
        db_index=False,  # runs_of_batch is one; what a move of a run costs goes with their number
    )
    command = models.CharField(_("command"), max_length=50)
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    charger = models.ForeignKey(
        Charger, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    connector = models.ForeignKey(
        Connector, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    # Secrets are masked in `params`; what was asked stands in `sealed` until it is sent.
    params = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=15, choices=RunStatus, default=RunStatus.QUEUED
    )
    summary = models.CharField(max_length=300, blank=True)
    # What the station said last of an effect that takes its time, and since when.
    phase = models.CharField(max_length=25, choices=RunPhase, blank=True)
    phase_at = models.DateTimeField(null=True, blank=True)
    # The station's firmware when it was asked: another one later is an update that worked.
    firmware_before = models.CharField(max_length=50, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(_("asked at"), db_index=True)
    # When it was handed to its station's connection to be sent. Without: a run of a batch is
    # held until its turn comes, or it ended without being sent.
    released_at = models.DateTimeField(null=True, blank=True)
    # Held until its station connects: for a moment after it left, or longer where a batch says so.
    waits_for_station = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=1)
    backoff_s = models.PositiveIntegerField(default=5)
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
    # When its present calls were asked, where they came after answers to earlier ones.
    continued_at = models.DateTimeField(null=True, blank=True)
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
            # SQLite sees that such a condition holds where the query compares the column.
            models.Index(
                fields=["deadline_at"],
                condition=Q(deadline_at__isnull=False),
                name="open_runs_by_deadline",
            ),
            # SQLite takes a partial index only where the query says its condition word for word.
            models.Index(
                fields=["station", "status"],
                condition=Q(closed_at__isnull=True),
                name="open_runs_of_station",
            ),
            # Those that wait to be sent, however many others are held.
            models.Index(fields=["status", "released_at"], name="runs_by_release"),
            models.Index(
                fields=["batch", "status", "released_at", "waits_for_station", "id"],
                condition=Q(batch__isnull=False),
                name="runs_of_batch",
            ),
            models.Index(
                fields=["station"], condition=Q(waits_for_station=True), name="runs_waiting_offline"
            ),
            models.Index(fields=["station", "-created_at"], name="runs_of_station"),
            models.Index(fields=["command", "id"], name="runs_by_command"),
            models.Index(fields=["status", "id"], name="runs_by_status"),
            models.Index(fields=["closed_at"], name="runs_by_closing"),
            # What people asked, which the plain list shows; word for word as there.
            models.Index(
                fields=["id"],
                condition=Q(created_by__isnull=False) | Q(batch__isnull=False),
                name="runs_asked_by_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.command} #{self.pk}"

    @property
    def state(self) -> RunStatus:
        """The status as its enum, with tone and icon."""
        return RunStatus(self.status)

    @property
    def is_held(self) -> bool:
        """Whether it is in a batch and its turn has not come."""
        return self.status == RunStatus.QUEUED and self.released_at is None

    @property
    def state_words(self) -> str:
        """What its badge says: the phase and since when, where the station tells of phases."""
        if not self.phase or self.phase_at is None or self.status != RunStatus.IN_PROGRESS:
            return self.get_status_display()
        since = timezone.localtime(self.phase_at).strftime("%H:%M")
        return f"{self.get_phase_display()} {since}"

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
    """One step of a run's life: kept as long as the run, never changed."""

    run = models.ForeignKey(CommandRun, on_delete=models.CASCADE, related_name="transitions")
    at = models.DateTimeField()
    from_status = models.CharField(max_length=15, choices=RunStatus, blank=True)
    to_status = models.CharField(max_length=15, choices=RunStatus)
    phase = models.CharField(max_length=25, choices=RunPhase, blank=True)
    cause = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
