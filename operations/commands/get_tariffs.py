"""Get tariffs: GetTariffs (2.1 I09)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import REJECTED, Outcome, TargetKind
from operations.commands.plain import DONE, PlainCommand, WireForm
from operations.statuses import RunStatus


class GetTariffsForm(WireForm):
    """Nothing to choose but the target; 0 is every charger."""

    action = "GetTariffs"
    evse_at = "evseId"
    station_evse = 0


class GetTariffs(PlainCommand):
    """Asks which tariffs count where; the answer is on the request's page."""

    slug = "get-tariffs"
    label = gettext_lazy("Get tariffs")
    icon = "receipt"
    group = groups.DISPLAY
    targets = frozenset({TargetKind.STATION, TargetKind.CHARGER})
    form = GetTariffsForm
    shows_answer = True
    sentence = gettext_lazy("Get the tariffs of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Rejected": REJECTED,
        "NoTariff": Outcome(RunStatus.DONE, gettext_lazy("The station has no tariff.")),
    }
    resend = True
    request_v21 = PlainCommand.ask
