"""Get display messages: GetDisplayMessages, NotifyDisplayMessages (2.0.1 O03, O04)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import display_messages, groups
from operations.commands.base import ACCEPTED, Outcome, TargetKind
from operations.commands.fields import NumbersField
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand
from operations.statuses import RunStatus


class GetDisplayMessagesForm(WireForm):
    """Which messages; all of them if nothing is given."""

    action = "GetDisplayMessages"
    request_id_at = "requestId"
    wire = {"numbers": "id", "priority": "priority", "state": "state"}
    choices = {"state": display_messages.STATES_BY_VERSION}

    numbers = NumbersField(
        label=gettext_lazy("Message numbers"),
        required=False,
        help_text=gettext_lazy("With commas between them. Empty: any."),
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        choices=(*display_messages.ANY, *display_messages.PRIORITIES),
        required=False,
    )
    state = forms.ChoiceField(label=gettext_lazy("While the station is"), required=False)


class GetDisplayMessages(ReportCommand):
    """Asks which messages the station shows."""

    slug = "get-display-messages"
    label = gettext_lazy("Get display messages")
    icon = "comments"
    group = groups.DISPLAY
    targets = frozenset({TargetKind.STATION})
    form = GetDisplayMessagesForm
    sentence = gettext_lazy("Get the display messages of %(target)s")
    outcomes = {
        "Accepted": ACCEPTED,
        "Unknown": Outcome(RunStatus.DONE, gettext_lazy("The station has no such message.")),
    }
    report = "NotifyDisplayMessages"
    request_v201 = PlainCommand.ask
