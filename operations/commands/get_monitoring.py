"""Monitoring report: GetMonitoringReport, NotifyMonitoringReport (2.0.1 N02)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import components, groups
from operations.commands.base import TargetKind
from operations.commands.components import ComponentFields
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand


class GetMonitoringForm(ComponentFields, WireForm):
    """Which monitors; all of them if nothing is given."""

    action = "GetMonitoringReport"
    request_id_at = "requestId"
    wire = {"criteria": "monitoringCriteria", **components.wire("componentVariable[]")}
    more = components.MORE

    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Monitors of"),
        choices=[
            ("ThresholdMonitoring", gettext_lazy("Thresholds")),
            ("DeltaMonitoring", gettext_lazy("Differences")),
            ("PeriodicMonitoring", gettext_lazy("Regular times")),
        ],
        required=False,
    )


class GetMonitoring(ReportCommand):
    """Asks which variables the station watches, and for what."""

    slug = "get-monitoring"
    label = gettext_lazy("Get monitors")
    icon = "binoculars"
    group = groups.REPORTS
    targets = frozenset({TargetKind.STATION})
    form = GetMonitoringForm
    sentence = gettext_lazy("Get the monitors of %(target)s")
    report = "NotifyMonitoringReport"
    request_v201 = PlainCommand.ask
