"""Get grid controls: GetDERControl, ReportDERControl (2.1 R05)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import der_controls, groups
from operations.commands.base import ACCEPTED, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand


class GetDerControlForm(WireForm):
    """Which controls; all of them if nothing is given."""

    action = "GetDERControl"
    request_id_at = "requestId"
    wire = {"kind": "controlType", "control": "controlId"}

    kind = forms.ChoiceField(
        label=gettext_lazy("Control"),
        choices=(*der_controls.ANY, *der_controls.KINDS),
        required=False,
    )
    control = forms.CharField(
        label=gettext_lazy("Control id"), max_length=der_controls.LONGEST_ID, required=False
    )


class GetDerControl(ReportCommand):
    """Asks which grid controls the station has."""

    slug = "get-der-control"
    label = gettext_lazy("Get grid controls")
    icon = "list-check"
    group = groups.GRID
    targets = frozenset({TargetKind.STATION})
    form = GetDerControlForm
    sentence = gettext_lazy("Get the grid controls of %(target)s")
    outcomes = {**der_controls.OUTCOMES, "Accepted": ACCEPTED}
    report = "ReportDERControl"
    request_v21 = PlainCommand.ask
