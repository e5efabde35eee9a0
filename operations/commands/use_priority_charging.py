"""Priority charging: UsePriorityCharging (2.1 K21)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import REJECTED, Outcome, TargetKind
from operations.commands.plain import DONE, PlainCommand
from operations.commands.running_sessions import SessionForm
from operations.statuses import RunStatus


class UsePriorityChargingForm(SessionForm):
    """In which session, on or off."""

    action = "UsePriorityCharging"
    wire = {"transaction_id": "transactionId", "activate": "activate"}

    activate = forms.BooleanField(
        label=gettext_lazy("Charge with priority"), required=False, initial=True
    )


class UsePriorityCharging(PlainCommand):
    """Has a session charge by the profile for priority, or by its own again."""

    slug = "use-priority-charging"
    label = gettext_lazy("Priority charging")
    icon = "gauge-high"
    group = groups.PROFILES
    targets = frozenset(TargetKind)
    asked_of_many = False
    form = UsePriorityChargingForm
    sentence = gettext_lazy("Priority charging on %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "NoProfile": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station has no profile for priority charging.")
        ),
    }
    resend = True
    request_v21 = PlainCommand.ask
