"""Set grid control: SetDERControl (2.1 R04)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import der_controls, groups
from operations.commands.base import Params, Payload, Target, TargetKind
from operations.commands.custom_message import PayloadField
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role


class SetDerControlForm(WireForm):
    """Which control, and its figures."""

    action = "SetDERControl"
    wire = {"kind": "controlType", "control": "controlId"}

    kind = forms.ChoiceField(label=gettext_lazy("Control"), choices=der_controls.KINDS)
    control = forms.CharField(
        label=gettext_lazy("Control id"), max_length=der_controls.LONGEST_ID, initial="1"
    )
    is_default = forms.BooleanField(label=gettext_lazy("Counts by default"), required=False)
    figures = PayloadField(
        label=gettext_lazy("Figures"),
        initial={"gradient": {"priority": 0, "gradient": 10, "softGradient": 10}},
        max_length=20_000,
        help_text=gettext_lazy("The control's own object of OCPP 2.1, under its key, as JSON."),
    )

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """The figures stand beside the rest."""
        rest = super().payload(target, params)
        return {**params.get("figures", {}), **rest, "isDefault": bool(params.get("is_default"))}


class SetDerControl(PlainCommand):
    """Has the station behave as the grid needs it."""

    slug = "set-der-control"
    label = gettext_lazy("Set grid control")
    icon = "sliders"
    group = groups.GRID
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SetDerControlForm
    sentence = gettext_lazy("Set a grid control of %(target)s")
    outcomes = der_controls.OUTCOMES
    resend = True
    request_v21 = PlainCommand.ask
