"""Frequency signal: AFRRSignal (2.1 Q08): automatic frequency restoration reserve."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.fields import MomentField
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role


class SendAfrrSignalForm(WireForm):
    """Which signal, from when on."""

    action = "AFRRSignal"
    wire = {"at": "timestamp", "signal": "signal"}

    signal = forms.IntegerField(
        label=gettext_lazy("Signal"), min_value=-(2**31), max_value=2**31 - 1
    )
    at = MomentField(label=gettext_lazy("Counts from"))


class SendAfrrSignal(PlainCommand):
    """Tells the station what the grid's frequency asks for."""

    slug = "send-afrr-signal"
    label = gettext_lazy("Frequency signal")
    icon = "wave-square"
    group = groups.GRID
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SendAfrrSignalForm
    sentence = gettext_lazy("Send a frequency signal to %(target)s")
    request_v21 = PlainCommand.ask
