"""Set display message: SetDisplayMessage (2.0.1 O01, O02)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import display_messages, groups
from operations.commands.base import REJECTED, Outcome, Params, Payload, Target, TargetKind
from operations.commands.fields import MomentField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import RunStatus

FORMATS = (
    ("UTF8", gettext_lazy("Text")),
    ("ASCII", gettext_lazy("Plain text (ASCII)")),
    ("HTML", "HTML"),
    ("URI", gettext_lazy("Address of a page")),
)
REFUSALS = {
    "NotSupportedMessageFormat": gettext_lazy("The station can't show this format."),
    "NotSupportedPriority": gettext_lazy("The station does not support this priority."),
    "NotSupportedState": gettext_lazy("The station can't show messages in this state."),
    "UnknownTransaction": gettext_lazy("The station does not know this session."),
    "LanguageNotSupported": gettext_lazy("The station does not support this language."),
}


class SetDisplayMessageForm(WireForm):
    """What to show, when and how prominently."""

    action = "SetDisplayMessage"
    wire = {
        "text": "message.message.content",
        "format": "message.message.format",
        "language": "message.message.language",
        "priority": "message.priority",
        "state": "message.state",
        "shown_from": "message.startDateTime",
        "shown_until": "message.endDateTime",
        "transaction": "message.transactionId",
    }
    more = ("format", "language", "shown_from", "shown_until", "transaction", "number")
    choices = {
        "format": {"v201": FORMATS, "v21": (*FORMATS, ("QRCODE", gettext_lazy("QR code")))},
        "state": display_messages.STATES_BY_VERSION,
    }

    text = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=display_messages.PRIORITIES
    )
    state = forms.ChoiceField(label=gettext_lazy("While the station is"), required=False)
    format = forms.ChoiceField(label=gettext_lazy("Format"), initial="UTF8")
    language = forms.CharField(
        label=gettext_lazy("Language"),
        max_length=8,
        required=False,
        help_text=gettext_lazy("Such as en or pt-BR."),
    )
    shown_from = MomentField(label=gettext_lazy("Shown from"), required=False)
    shown_until = MomentField(label=gettext_lazy("Shown until"), required=False)
    transaction = forms.CharField(
        label=gettext_lazy("Transaction id"),
        max_length=36,
        required=False,
        help_text=gettext_lazy("Shown until this session ends."),
    )
    number = forms.IntegerField(
        label=gettext_lazy("Message number"),
        min_value=0,
        max_value=display_messages.MOST,
        required=False,
        help_text=gettext_lazy(
            "A message with the same number is replaced. Empty: the request's number."
        ),
    )

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """With the message's number."""
        payload = super().payload(target, params)
        number = params.get("number")
        payload["message"]["id"] = params["request_id"] if number is None else number
        return payload


class SetDisplayMessage(PlainCommand):
    """Shows a message on the station's display."""

    slug = "set-display-message"
    label = gettext_lazy("Set display message")
    icon = "message"
    group = groups.DISPLAY
    targets = frozenset({TargetKind.STATION})
    form = SetDisplayMessageForm
    sentence = gettext_lazy("Show a message on %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        **{word: Outcome(RunStatus.REFUSED, sentence) for word, sentence in REFUSALS.items()},
    }
    resend = True
    request_v201 = PlainCommand.ask
