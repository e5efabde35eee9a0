"""Clear display message: ClearDisplayMessage (2.0.1 O05)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import display_messages, groups
from operations.commands.base import REJECTED, Outcome, TargetKind
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import RunStatus


class ClearDisplayMessageForm(WireForm):
    """Which message."""

    action = "ClearDisplayMessage"
    wire = {"number": "id"}

    number = forms.IntegerField(
        label=gettext_lazy("Message number"), min_value=0, max_value=display_messages.MOST
    )


class ClearDisplayMessage(PlainCommand):
    """Takes a message from the station's display."""

    slug = "clear-display-message"
    label = gettext_lazy("Clear display message")
    icon = "comment-slash"
    group = groups.DISPLAY
    targets = frozenset({TargetKind.STATION})
    form = ClearDisplayMessageForm
    sentence = gettext_lazy("Clear a message from %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Unknown": Outcome(RunStatus.DONE, gettext_lazy("The station has no such message.")),
        "Rejected": REJECTED,
    }
    resend = True
    request_v201 = PlainCommand.ask
