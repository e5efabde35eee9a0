"""Cancel reservation: CancelReservation (1.6 §5.1, 2.0.1 H02)."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import ACCEPTED, Outcome, Params, Target, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.events import ConnectorStatusReported
from operations.models import CommandRun
from operations.statuses import ChargingStatus, RunStatus

NOT_MADE = (RunStatus.REFUSED, RunStatus.UNSUPPORTED, RunStatus.FAILED)


class CancelReservationForm(WireForm):
    """Which reservation: the number of the request that made it."""

    action = "CancelReservation"
    wire = {"reservation": "reservationId"}

    reservation = forms.IntegerField(
        label=gettext_lazy("Reservation"),
        min_value=0,
        max_value=2**31 - 1,
        help_text=gettext_lazy("The number of the request that reserved."),
    )


class CancelReservation(PlainCommand):
    """Frees a reserved connector. Done when it does not show as reserved any more."""

    slug = "cancel-reservation"
    label = gettext_lazy("Cancel reservation")
    icon = "bookmark"
    group = groups.SESSIONS
    targets = frozenset({TargetKind.CONNECTOR})
    asked_of_many = False
    form = CancelReservationForm
    sentence = gettext_lazy("Cancel the reservation of %(target)s")
    outcomes = {
        "Accepted": ACCEPTED,
        "Rejected": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station refused: it knows no such reservation.")
        ),
    }
    confirmed_by = (ConnectorStatusReported,)
    effect_timeout_s = 30
    request_v16 = PlainCommand.ask
    request_v201 = PlainCommand.ask

    def initial(self, target: Target) -> Params:
        """The latest that was made here: not one that the station refused."""
        asked = CommandRun.objects.filter(
            station=target.station, connector=target.connector, command="reserve"
        )
        made = asked.exclude(sent_at=None).exclude(status__in=NOT_MADE)
        latest = made.order_by("-created_at", "-pk").first()
        return {"reservation": latest.pk} if latest else {}

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The connector is anything but reserved."""
        connector = target.connector
        if connector is None or connector.charging_status in {"", ChargingStatus.RESERVED}:
            return None
        return _("%(target)s is not reserved any more.") % {"target": target.sentence_name}
