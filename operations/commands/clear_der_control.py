"""Clear grid control: ClearDERControl (2.1 R06)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import der_controls, groups
from operations.commands.base import Params, Payload, Target, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role


class ClearDerControlForm(WireForm):
    """Which controls."""

    action = "ClearDERControl"
    wire = {"kind": "controlType", "control": "controlId"}

    kind = forms.ChoiceField(
        label=gettext_lazy("Control"),
        choices=(*der_controls.ANY, *der_controls.KINDS),
        required=False,
    )
    control = forms.CharField(
        label=gettext_lazy("Control id"), max_length=der_controls.LONGEST_ID, required=False
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Those that count by default"), required=False
    )

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """Default or not must be said."""
        rest = super().payload(target, params)
        return {**rest, "isDefault": bool(params.get("is_default"))}


class ClearDerControl(PlainCommand):
    """Has the station forget grid controls."""

    slug = "clear-der-control"
    label = gettext_lazy("Clear grid controls")
    icon = "eraser"
    group = groups.GRID
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = ClearDerControlForm
    sentence = gettext_lazy("Clear grid controls of %(target)s")
    outcomes = der_controls.OUTCOMES
    resend = True
    request_v21 = PlainCommand.ask
