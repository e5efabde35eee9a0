"""Session status: GetTransactionStatus (2.0.1 E14)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, Payload, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import RunStatus


class GetTransactionStatusForm(WireForm):
    """Of one session, or of whatever the station has still to send."""

    action = "GetTransactionStatus"
    wire = {"transaction": "transactionId"}

    transaction = forms.CharField(
        label=gettext_lazy("Transaction id"),
        max_length=36,
        required=False,
        help_text=gettext_lazy("Empty: asks only whether messages wait to be sent."),
    )


class GetTransactionStatus(PlainCommand):
    """Asks whether a session still runs, and whether messages of it have not been sent yet."""

    slug = "get-transaction-status"
    label = gettext_lazy("Session status")
    icon = "circle-question"
    group = groups.SESSIONS
    targets = frozenset({TargetKind.STATION})
    asked_of_many = False
    form = GetTransactionStatusForm
    shows_answer = True
    sentence = gettext_lazy("Ask %(target)s about a session")
    outcomes = {}
    resend = True
    request_v201 = PlainCommand.ask

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """Both facts, in words."""
        waiting = (
            _("Messages wait to be sent.")
            if payload.get("messagesInQueue") is True
            else _("No message waits to be sent.")
        )
        runs = payload.get("ongoingIndicator")
        if not isinstance(runs, bool):
            return Outcome(RunStatus.DONE, waiting)
        state = _("The session is running.") if runs else _("The session is not running.")
        return Outcome(RunStatus.DONE, f"{state} {waiting}")
