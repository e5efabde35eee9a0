"""Adjust event stream: AdjustPeriodicEventStream (2.1 N14)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Params, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role


class AdjustEventStreamForm(WireForm):
    """Which stream, and how often it is sent."""

    action = "AdjustPeriodicEventStream"
    wire = {"number": "id", "interval_s": "params.interval", "values": "params.values"}

    number = forms.IntegerField(
        label=gettext_lazy("Stream number"), min_value=0, max_value=2**31 - 1
    )
    interval_s = forms.IntegerField(
        label=gettext_lazy("Send at the latest after (seconds)"),
        min_value=0,
        max_value=86_400,
        required=False,
    )
    values = forms.IntegerField(
        label=gettext_lazy("Send at the latest with so many values"),
        min_value=1,
        max_value=10_000,
        required=False,
    )

    def clean(self) -> Params:
        """At least one of the two."""
        cleaned = super().clean()
        if cleaned.get("interval_s") is None and cleaned.get("values") is None:
            self.add_error("interval_s", _("Give at least one of the two."))
        return cleaned


class AdjustEventStream(PlainCommand):
    """Changes how often a stream of values is sent."""

    slug = "adjust-event-stream"
    label = gettext_lazy("Adjust event stream")
    icon = "water"
    group = groups.REPORTS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = AdjustEventStreamForm
    sentence = gettext_lazy("Adjust an event stream of %(target)s")
    resend = True
    request_v21 = PlainCommand.ask
