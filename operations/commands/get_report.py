"""Report: GetReport, NotifyReport (2.0.1 B08)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import components, groups
from operations.commands.base import TargetKind
from operations.commands.components import ComponentFields
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand


class GetReportForm(ComponentFields, WireForm):
    """Which components and variables; all of them if nothing is given."""

    action = "GetReport"
    request_id_at = "requestId"
    wire = {"criteria": "componentCriteria", **components.wire("componentVariable[]")}
    more = components.MORE

    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Components that are"),
        choices=[
            ("Active", gettext_lazy("Active")),
            ("Available", gettext_lazy("Available")),
            ("Enabled", gettext_lazy("Enabled")),
            ("Problem", gettext_lazy("In trouble")),
        ],
        required=False,
    )


class GetReport(ReportCommand):
    """Asks for some of the station's components and variables."""

    slug = "get-report"
    label = gettext_lazy("Get report")
    icon = "file-lines"
    group = groups.REPORTS
    targets = frozenset({TargetKind.STATION})
    form = GetReportForm
    sentence = gettext_lazy("Get a report of %(target)s")
    report = "NotifyReport"
    request_v201 = PlainCommand.ask
