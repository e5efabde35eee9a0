"""The message log: every OCPP frame, a call and its answer in one row."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    pass


class OcppMessageQuerySet(ScopedQuerySet["OcppMessage"]):
    """Messages, by who asks."""


class OcppMessage(models.Model):
    """A call and its answer as they went over the wire, secrets masked."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE, related_name="messages")
    connection_id = models.BigIntegerField(null=True)
    run = models.ForeignKey(
        CommandRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    is_from_station = models.BooleanField(_("from the station"))
    action = models.CharField(_("action"), max_length=50, blank=True)
    unique_id = models.CharField(max_length=255, blank=True)
    call = models.TextField(blank=True)
    called_at = models.DateTimeField(_("time"))
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(_("error"), max_length=50, blank=True)

    objects = OcppMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["station", "-id"], name="messages_of_station"),
            models.Index(fields=["action", "-id"], name="messages_by_action"),
            models.Index(fields=["called_at"], name="messages_by_time"),
            # Late answers find their call by id; only our calls are looked for.
            models.Index(
                fields=["unique_id"],
                condition=models.Q(is_from_station=False),
                name="our_calls_by_id",
            ),
            # A station's health: our calls are few among all it says.
            models.Index(
                fields=["station", "-id"],
                condition=models.Q(is_from_station=False),
                name="our_calls_of_station",
            ),
            # "Errors only": a needle in the haystack.
            models.Index(
                fields=["-id"], condition=~models.Q(error_code=""), name="messages_with_errors"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.unique_id}"

    @property
    def latency_ms(self) -> int | None:
        """From the call to its answer."""
        if self.answered_at is None:
            return None
        return round((self.answered_at - self.called_at).total_seconds() * 1000)
