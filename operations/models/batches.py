"""One click on many, how it is paced, and what repeats it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation, check_time_zone
from operations.models.scope import ScopedQuerySet
from operations.statuses import BatchStatus, CountsUntil


class Pacing(models.Model):
    """How patiently many are asked: kept with a batch, and with what makes batches again."""

    # At most so many are open at a time: released, and not at `counts_until` yet.
    most_open = models.PositiveIntegerField(_("open at a time"), default=100)
    most_open_per_site = models.PositiveIntegerField(null=True, blank=True)
    most_open_per_organisation = models.PositiveIntegerField(null=True, blank=True)
    counts_until = models.CharField(max_length=8, choices=CountsUntil, default=CountsUntil.CLOSED)
    wave_size = models.PositiveIntegerField(null=True, blank=True)
    wave_pause_s = models.PositiveIntegerField(default=0)
    jitter_s = models.PositiveIntegerField(default=0)
    stop_after_failures = models.PositiveIntegerField(null=True, blank=True)
    stop_after_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    # In each site's own time; a window may reach over midnight.
    window_from = models.TimeField(null=True, blank=True)
    window_to = models.TimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    backoff_s = models.PositiveIntegerField(default=5)
    answer_timeout_s = models.PositiveIntegerField(null=True, blank=True)
    effect_timeout_s = models.PositiveIntegerField(null=True, blank=True)
    asks_during_sessions = models.BooleanField(default=False)

    class Meta:
        abstract = True


class BatchScheduleQuerySet(ScopedQuerySet["BatchSchedule"]):
    """Schedules, by who asks."""

    organisation_path = "organisation_id"


class BatchSchedule(Pacing):
    """Makes a batch again and again: at a time of day, on some days of the week."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    command = models.CharField(_("command"), max_length=50, db_index=True)
    params = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    reason = models.CharField(max_length=200, blank=True)
    target_kind = models.CharField(max_length=9, default="station")
    # Either those chosen once and for all, or all that a list's filter finds each time.
    target_pks = models.JSONField(default=list)
    source = models.CharField(max_length=30, blank=True)
    filter = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(db_index=True)
    form_key = models.UUIDField(null=True, unique=True, editable=False)  # as a batch's
    at = models.TimeField(_("at"))
    weekdays = models.CharField(max_length=7, default="0123456")  # Monday is 0
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])
    until = models.DateTimeField(_("until"), null=True, blank=True)
    expires_after_s = models.PositiveIntegerField(null=True, blank=True)
    waits_for_offline_s = models.PositiveIntegerField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)
    next_at = models.DateTimeField(_("next"), null=True, blank=True, db_index=True)

    objects = BatchScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        return f"{self.command} {self.at:%H:%M}"

    @property
    def is_chosen_anew(self) -> bool:
        """Whether it asks all that match a filter at the time."""
        return bool(self.source)


class CommandBatchQuerySet(ScopedQuerySet["CommandBatch"]):
    """Batches, by who asks and whether there is something left to do."""

    organisation_path = "organisation_id"

    def open(self) -> Self:
        """Those the engine still looks after."""
        return self.filter(ended_at__isnull=True)


class CommandBatch(Pacing):
    """One click on many: the same command for each of its runs' targets.

    Its runs are made at once, and held; the engine (services/pacing.py) releases them.
    """

    # Whose stations these are; none: several organisations', for who sees the whole network.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    command = models.CharField(_("command"), max_length=50, db_index=True)
    # Secrets are masked here; each run has its own, sealed, until it is sent.
    params = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    target_kind = models.CharField(max_length=9, default="station")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(_("asked at"), db_index=True)
    # The form it was asked with: one that is sent twice asks once.
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    status = models.CharField(
        _("status"), max_length=9, choices=BatchStatus, default=BatchStatus.RUNNING, db_index=True
    )
    summary = models.CharField(max_length=300, blank=True)
    size = models.PositiveIntegerField(_("requests"), default=0)
    schedule = models.ForeignKey(
        BatchSchedule, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    retried_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries"
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Until when stations that are offline are waited for; none: they are not asked.
    waits_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    # The engine's own notes: where it is in the waves, and when it need look again at last.
    looks_at = models.DateTimeField(null=True, blank=True)
    wave = models.PositiveIntegerField(default=1)
    wave_left = models.PositiveIntegerField(null=True, blank=True)
    next_wave_at = models.DateTimeField(null=True, blank=True)

    objects = CommandBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            models.Index(
                fields=["id"], condition=Q(ended_at__isnull=True), name="batches_not_ended"
            ),
            # What goes once it is old (services.ageing).
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="batches_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.command} #{self.pk}"

    @property
    def state(self) -> BatchStatus:
        """The status as its enum, with tone and icon."""
        return BatchStatus(self.status)
