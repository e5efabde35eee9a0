"""How the fleet fared, minute by minute: what the overview's charts over time are drawn from."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from operations.models.network import Organisation
from operations.models.scope import ScopedQuerySet


class FleetMinuteQuerySet(ScopedQuerySet["FleetMinute"]):
    """Minutes, by who asks."""

    organisation_path: ClassVar[str] = "organisation_id"


class FleetMinute(models.Model):
    """What was counted of one organisation's stations in one minute; a minute's rows add up.

    The fleet's own figures come from one place (`source` is empty). Messages are counted by the
    server processes, each of which writes what it heard in a row of its own.
    """

    # None: stations that belong to nobody yet.
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="minutes",
        db_index=False,  # minutes_of_organisation is one
    )
    at = models.DateTimeField(_("minute"))
    source = models.CharField(max_length=64, blank=True)
    stations = models.PositiveIntegerField(_("stations"), default=0)
    connected = models.PositiveIntegerField(_("connected"), default=0)
    faulted = models.PositiveIntegerField(_("faulted"), default=0)
    charging = models.PositiveIntegerField(_("charging"), default=0)
    messages = models.PositiveBigIntegerField(_("messages"), default=0)

    objects = FleetMinuteQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("minute of the fleet")
        verbose_name_plural = _("minutes of the fleet")
        constraints = [
            # Two that write the same minute at once must not count it twice.
            models.UniqueConstraint(
                fields=["at", "organisation", "source"], name="one_minute_each"
            ),
            models.UniqueConstraint(
                fields=["at", "source"],
                condition=Q(organisation__isnull=True),
                name="one_minute_of_nobody",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "at"], name="minutes_of_organisation")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.at:%c}"
