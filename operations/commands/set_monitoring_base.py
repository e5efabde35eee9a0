"""Monitoring base: SetMonitoringBase (2.0.1 N03)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import REJECTED, TargetKind
from operations.commands.plain import DONE, UNSUPPORTED, PlainCommand, WireForm
from operations.statuses import Role


class SetMonitoringBaseForm(WireForm):
    """Which set of monitors to go back to."""

    action = "SetMonitoringBase"
    wire = {"base": "monitoringBase"}

    base = forms.ChoiceField(
        label=gettext_lazy("Monitors"),
        choices=[
            ("All", gettext_lazy("All that are set now")),
            ("FactoryDefault", gettext_lazy("As they left the factory")),
            ("HardWiredOnly", gettext_lazy("Only those built in")),
        ],
    )


class SetMonitoringBase(PlainCommand):
    """Activates a set of monitors; monitors set by hand may be lost."""

    slug = "set-monitoring-base"
    label = gettext_lazy("Set monitoring base")
    icon = "layer-group"
    group = groups.REPORTS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SetMonitoringBaseForm
    sentence = gettext_lazy("Set the monitoring base of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "NotSupported": UNSUPPORTED,
        "EmptyResultSet": DONE,
    }
    resend = True
    request_v201 = PlainCommand.ask
