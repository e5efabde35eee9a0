"""Set monitor: SetVariableMonitoring (2.0.1 N04)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import components, groups
from operations.commands.base import REJECTED, Outcome, Payload, TargetKind
from operations.commands.components import ComponentFields
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.commands.results import status_of_first
from operations.statuses import Role, RunStatus

TYPES = (
    ("UpperThreshold", gettext_lazy("Rises above the value")),
    ("LowerThreshold", gettext_lazy("Falls below the value")),
    ("Delta", gettext_lazy("Changes by the value")),
    ("Periodic", gettext_lazy("Every so many seconds")),
    ("PeriodicClockAligned", gettext_lazy("Every so many seconds, by the clock")),
)
SEVERITIES = (
    (0, gettext_lazy("0: danger")),
    (1, gettext_lazy("1: hardware failure")),
    (2, gettext_lazy("2: system failure")),
    (3, gettext_lazy("3: critical")),
    (4, gettext_lazy("4: error")),
    (5, gettext_lazy("5: alert")),
    (6, gettext_lazy("6: warning")),
    (7, gettext_lazy("7: notice")),
    (8, gettext_lazy("8: informational")),
    (9, gettext_lazy("9: debug")),
)
ITEM = "setMonitoringData[]"


class SetMonitoringForm(ComponentFields, WireForm):
    """What to watch, for what, and how bad it is."""

    action = "SetVariableMonitoring"
    wire = {
        "kind": f"{ITEM}.type",
        "value": f"{ITEM}.value",
        "severity": f"{ITEM}.severity",
        "number": f"{ITEM}.id",
        "in_session": f"{ITEM}.transaction",
        **components.wire(ITEM),
    }
    more = ("number", "in_session", *components.MORE)
    choices = {
        "kind": {
            "v201": TYPES,
            "v21": (
                *TYPES,
                ("TargetDelta", gettext_lazy("Differs from its target by the value")),
                ("TargetDeltaRelative", gettext_lazy("Differs from its target by the share")),
            ),
        }
    }

    kind = forms.ChoiceField(label=gettext_lazy("Tell when it"))
    value = forms.FloatField(label=gettext_lazy("Value"), min_value=-1e9, max_value=1e9)
    severity = forms.TypedChoiceField(
        label=gettext_lazy("Severity"), choices=SEVERITIES, coerce=int, initial=4
    )
    number = forms.IntegerField(
        label=gettext_lazy("Number of the monitor to change"),
        min_value=0,
        max_value=components.MOST,
        required=False,
    )
    in_session = forms.BooleanField(label=gettext_lazy("Only during a session"), required=False)

    field_order = ("component", "variable", "kind", "value", "severity")


class SetMonitoring(PlainCommand):
    """Has the station watch a variable, and tell when its value does something."""

    slug = "set-monitoring"
    label = gettext_lazy("Set monitor")
    icon = "binoculars"
    group = groups.REPORTS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SetMonitoringForm
    sentence = gettext_lazy("Have %(target)s watch a variable")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "Duplicate": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station has such a monitor already.")
        ),
        "UnknownComponent": Outcome(
            RunStatus.FAILED, gettext_lazy("The station does not know this component.")
        ),
        "UnknownVariable": Outcome(
            RunStatus.FAILED, gettext_lazy("The component has no such variable.")
        ),
        "UnsupportedMonitorType": Outcome(
            RunStatus.UNSUPPORTED, gettext_lazy("The variable can't be watched for this.")
        ),
    }
    request_v201 = PlainCommand.ask

    def answer_status(self, action: str, payload: Payload) -> str:
        """The one result's."""
        return status_of_first(payload, "setMonitoringResult")
