"""The message log: every OCPP frame, a call and its answer in one row."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from operations.models.network import Station
from operations.models.runs import CommandRun
from operations.models.scope import ScopedQuerySet

if TYPE_CHECKING:
    from operations.models.users import User

FEW_STATIONS = 500


class OcppMessageQuerySet(ScopedQuerySet["OcppMessage"]):
    """Messages, by who asks."""

    def visible_to(self, user: "User") -> Self:
        """Those of the stations a user sees; few stations are named, for the index."""
        if user.sees_whole_network or user.organisation_id is None:
            return super().visible_to(user)
        own = Station.objects.filter(organisation=user.organisation_id).order_by()
        pks = list(own.values_list("pk", flat=True)[: FEW_STATIONS + 1])
        return (
            self.filter(station__in=pks) if len(pks) <= FEW_STATIONS else super().visible_to(user)
        )


def needles(name: str, condition: models.Q) -> list[models.Index]:
    """Indexes of the few messages that are so: they cost nothing for all the others."""
    return [
        models.Index(fields=["-id"], condition=condition, name=f"messages_{name}"),
        models.Index(fields=["action", "-id"], condition=condition, name=f"messages_{name}_named"),
    ]


class OcppMessage(models.Model):
    """A call and its answer as they went over the wire, secrets masked."""

    # Without indexes of their own: those below begin with them.
    station = models.ForeignKey(
        Station, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    connection_id = models.BigIntegerField(null=True)
    run = models.ForeignKey(
        CommandRun,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
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
            models.Index(
                fields=["run"], condition=models.Q(run__isnull=False), name="messages_of_run"
            ),
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
            # Filters that look for needles in the haystack, alone and with a message's name.
            *needles("errors", ~models.Q(error_code="")),
            *needles("unanswered", models.Q(answered_at=None)),
            *needles("by_portal", models.Q(is_from_station=False)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.unique_id}"

    @property
    def latency_ms(self) -> int | None:
        """From the call to its answer."""
        if self.answered_at is None:
            return None
        return round((self.answered_at - self.called_at).total_seconds() * 1000)
