"""Clear tariffs: ClearTariffs (2.1 I10)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, Payload, TargetKind
from operations.commands.fields import WordsField
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.commands.results import worst_status
from operations.statuses import Role, RunStatus


class ClearTariffsForm(WireForm):
    """Which tariffs."""

    action = "ClearTariffs"
    evse_at = "evseId"
    wire = {"tariffs": "tariffIds"}

    tariffs = WordsField(
        label=gettext_lazy("Tariff ids"),
        required=False,
        help_text=gettext_lazy("With commas between them. Empty: all."),
    )


class ClearTariffs(PlainCommand):
    """Has the station forget tariffs."""

    slug = "clear-tariffs"
    label = gettext_lazy("Clear tariffs")
    icon = "eraser"
    group = groups.DISPLAY
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION, TargetKind.CHARGER})
    form = ClearTariffsForm
    sentence = gettext_lazy("Clear tariffs of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station keeps some of these tariffs.")
        ),
        "NoTariff": Outcome(
            RunStatus.DONE, gettext_lazy("The station does not have some of these tariffs.")
        ),
    }
    resend = True
    request_v21 = PlainCommand.ask

    def answer_status(self, action: str, payload: Payload) -> str:
        """The worst of the results'."""
        return worst_status(payload, "clearTariffsResult")
