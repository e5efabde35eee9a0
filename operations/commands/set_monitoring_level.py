"""Monitoring level: SetMonitoringLevel (2.0.1 N05)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.set_monitoring import SEVERITIES
from operations.statuses import Role


class SetMonitoringLevelForm(WireForm):
    """Down to which severity events are told."""

    action = "SetMonitoringLevel"
    wire = {"severity": "severity"}

    severity = forms.TypedChoiceField(
        label=gettext_lazy("Tell events down to"), choices=SEVERITIES, coerce=int, initial=4
    )


class SetMonitoringLevel(PlainCommand):
    """Says how severe an event must be for the station to tell it."""

    slug = "set-monitoring-level"
    label = gettext_lazy("Set monitoring level")
    icon = "gauge"
    group = groups.REPORTS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = SetMonitoringLevelForm
    sentence = gettext_lazy("Set the monitoring level of %(target)s")
    resend = True
    request_v201 = PlainCommand.ask
