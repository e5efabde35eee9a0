"""Customer information: CustomerInformation, NotifyCustomerInformation (2.0.1 N09, N10)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    Outcome,
    Params,
    Payload,
    Target,
    TargetKind,
)
from operations.commands.id_tokens import id_token
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand
from operations.statuses import Role, RunStatus


class CustomerInformationForm(WireForm):
    """Of whom, and what to do with it."""

    action = "CustomerInformation"
    request_id_at = "requestId"
    wire = {"report": "report", "clear": "clear", "customer": "customerIdentifier"}

    report = forms.BooleanField(
        label=gettext_lazy("Tell what is kept"), required=False, initial=True
    )
    clear = forms.BooleanField(
        label=gettext_lazy("Delete what is kept"),
        required=False,
        help_text=gettext_lazy("It can't be brought back."),
    )
    token = forms.CharField(label=gettext_lazy("Token"), max_length=255, required=False)
    token_type = forms.ChoiceField(
        label=gettext_lazy("Type of the token"),
        choices=[(kind, kind) for kind in ("ISO14443", "ISO15693", "eMAID", "Central", "Local")],
        required=False,
    )
    customer = forms.CharField(
        label=gettext_lazy("Customer identifier"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Where the vendor's stations know customers by one."),
    )

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """The token is an object of its own."""
        payload = super().payload(target, params)
        if params.get("token"):
            payload["idToken"] = id_token(params["token"], params.get("token_type", ""))
        return payload

    def clean(self) -> Params:
        """One customer, and something to do (N09.FR.04, N09.FR.08)."""
        cleaned = super().clean()
        if bool(cleaned.get("token")) == bool(cleaned.get("customer")):
            self.add_error("token", _("Give either a token or a customer identifier."))
        if not cleaned.get("report") and not cleaned.get("clear"):
            self.add_error("report", _("Choose at least one of the two."))
        return cleaned


class CustomerInformation(ReportCommand):
    """Asks what a station keeps of a customer, or has it forgotten."""

    slug = "customer-information"
    label = gettext_lazy("Customer information")
    icon = "address-card"
    group = groups.AUTHORIZATION
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    asked_of_many = False
    form = CustomerInformationForm
    sentence = gettext_lazy("Customer information kept by %(target)s")
    outcomes = {
        "Accepted": ACCEPTED,
        "Rejected": REJECTED,
        "Invalid": Outcome(
            RunStatus.FAILED, gettext_lazy("The station can't find a customer with this.")
        ),
    }
    report = "NotifyCustomerInformation"
    effect_timeout_s = 120
    request_v201 = PlainCommand.ask
