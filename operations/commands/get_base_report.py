"""Base report: GetBaseReport, NotifyReport (2.0.1 B07)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand


class GetBaseReportForm(WireForm):
    """How much of the device model."""

    action = "GetBaseReport"
    request_id_at = "requestId"
    wire = {"base": "reportBase"}

    base = forms.ChoiceField(
        label=gettext_lazy("Report"),
        choices=[
            ("FullInventory", gettext_lazy("Everything the station has")),
            ("ConfigurationInventory", gettext_lazy("What can be changed")),
            ("SummaryInventory", gettext_lazy("What is wrong or out of order")),
        ],
    )


class GetBaseReport(ReportCommand):
    """Asks for the station's components and variables; reports may have hundreds of parts."""

    slug = "get-base-report"
    label = gettext_lazy("Get base report")
    icon = "file-lines"
    group = groups.REPORTS
    targets = frozenset({TargetKind.STATION})
    form = GetBaseReportForm
    sentence = gettext_lazy("Get a report of all %(target)s has")
    report = "NotifyReport"
    effect_timeout_s = 600
    request_v201 = PlainCommand.ask
