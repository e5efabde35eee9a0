"""Set default tariff: SetDefaultTariff (2.1 I07)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups, tariffs
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role


class SetDefaultTariffForm(tariffs.TariffFields, WireForm):
    """The tariff."""

    action = "SetDefaultTariff"
    evse_at = "evseId"
    station_evse = 0
    wire = {"tariff": "tariff"}


class SetDefaultTariff(PlainCommand):
    """Sets what drivers pay who have no tariff of their own."""

    slug = "set-default-tariff"
    label = gettext_lazy("Set default tariff")
    icon = "tags"
    group = groups.DISPLAY
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION, TargetKind.CHARGER})
    form = SetDefaultTariffForm
    sentence = gettext_lazy("Set the default tariff of %(target)s")
    outcomes = tariffs.OUTCOMES
    resend = True
    request_v21 = PlainCommand.ask
