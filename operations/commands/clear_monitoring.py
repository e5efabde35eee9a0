"""Clear monitors: ClearVariableMonitoring (2.0.1 N06)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, Payload, TargetKind
from operations.commands.fields import NumbersField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.commands.results import worst_status
from operations.statuses import Role, RunStatus


class ClearMonitoringForm(WireForm):
    """Which monitors."""

    action = "ClearVariableMonitoring"
    wire = {"numbers": "id"}

    numbers = NumbersField(
        label=gettext_lazy("Numbers of the monitors"),
        help_text=gettext_lazy("With commas between them; a report of the monitors has them."),
    )


class ClearMonitoring(PlainCommand):
    """Has the station stop watching."""

    slug = "clear-monitoring"
    label = gettext_lazy("Clear monitors")
    icon = "eraser"
    group = groups.REPORTS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = ClearMonitoringForm
    sentence = gettext_lazy("Clear monitors of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station keeps some of these monitors.")
        ),
        "NotFound": Outcome(
            RunStatus.DONE, gettext_lazy("The station does not have some of these monitors.")
        ),
    }
    resend = True
    request_v201 = PlainCommand.ask

    def answer_status(self, action: str, payload: Payload) -> str:
        """The worst of the results'."""
        return worst_status(payload, "clearMonitoringResult")
