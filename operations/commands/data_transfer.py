"""Data transfer: DataTransfer (1.6 §5.5, 2.0.1 P01): what a vendor defines for its stations."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import REJECTED, Outcome, TargetKind
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import Role, RunStatus


class DataTransferForm(WireForm):
    """Whose message it is, and what it carries."""

    action = "DataTransfer"
    wire = {"vendor": "vendorId", "message": "messageId", "content": "data"}

    vendor = forms.CharField(
        label=gettext_lazy("Vendor"),
        max_length=255,
        help_text=gettext_lazy("As the vendor's handbook names it, such as org.example."),
    )
    message = forms.CharField(label=gettext_lazy("Message"), max_length=50, required=False)
    content = forms.CharField(
        label=gettext_lazy("Data"),
        max_length=20_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )


class DataTransfer(PlainCommand):
    """Sends a vendor's own message; what comes back is on the request's page."""

    slug = "data-transfer"
    label = gettext_lazy("Data transfer")
    icon = "right-left"
    group = groups.CUSTOM
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = DataTransferForm
    shows_answer = True
    sentence = gettext_lazy("Send vendor data to %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "UnknownMessageId": Outcome(
            RunStatus.UNSUPPORTED, gettext_lazy("The station does not know this message.")
        ),
        "UnknownVendorId": Outcome(
            RunStatus.UNSUPPORTED, gettext_lazy("The station does not know this vendor.")
        ),
    }
    request_v16 = PlainCommand.ask
    request_v201 = PlainCommand.ask
