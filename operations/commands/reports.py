"""Questions whose answer comes later and in parts, under the run's number."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext_lazy, ngettext

from operations.commands.base import ACCEPTED, REJECTED, Outcome, Params, Target
from operations.commands.plain import UNSUPPORTED, PlainCommand
from operations.events import ReportPartReceived
from operations.models import StationReport
from operations.statuses import RunStatus

NOTHING = Outcome(RunStatus.DONE, gettext_lazy("The station has nothing to report."))


class ReportCommand(PlainCommand):
    """Asks for a report; done when the last of its parts is here."""

    # The OCPP message that brings the parts, as StationReport.kind has it.
    report: ClassVar[str]
    outcomes = {
        "Accepted": ACCEPTED,
        "Rejected": REJECTED,
        "NotSupported": UNSUPPORTED,
        "EmptyResultSet": NOTHING,
    }
    confirmed_by = (ReportPartReceived,)
    effect_timeout_s = 300
    supersedes = False  # each report has its own number

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """Every part came."""
        return completeness(target, self.report, params["request_id"])


def completeness(target: Target, kind: str, request_id: int) -> str | None:
    """The sentence that says that a report is complete; None while it is not."""
    found = StationReport.objects.filter(station=target.station, kind=kind, request_id=request_id)
    report = found.order_by("-pk").first()
    if report is None or not report.is_complete:
        return None
    count = len(report.parts)
    return ngettext(
        "The report is complete: %(count)d part.",
        "The report is complete: %(count)d parts.",
        count,
    ) % {"count": count}
