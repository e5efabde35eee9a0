"""Update cost: CostUpdated (2.0.1 I02)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand
from operations.commands.running_sessions import SessionForm


class UpdateCostForm(SessionForm):
    """Of which session, and how much."""

    action = "CostUpdated"
    wire = {"cost": "totalCost", "transaction_id": "transactionId"}

    cost = forms.FloatField(
        label=gettext_lazy("Total cost"),
        min_value=0,
        max_value=10**7,
        help_text=gettext_lazy("With taxes, in the currency the station is set to."),
    )


class UpdateCost(PlainCommand):
    """Tells the station what a session costs so far, for its display."""

    slug = "update-cost"
    label = gettext_lazy("Update cost")
    icon = "coins"
    group = groups.DISPLAY
    targets = frozenset(TargetKind)
    asked_of_many = False
    form = UpdateCostForm
    sentence = gettext_lazy("Show the cost of a session on %(target)s")
    outcomes = {}
    resend = True
    request_v201 = PlainCommand.ask
