"""Change session tariff: ChangeTransactionTariff (2.1 I11)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups, tariffs
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand
from operations.commands.running_sessions import SessionForm
from operations.statuses import Role


class ChangeSessionTariffForm(tariffs.TariffFields, SessionForm):
    """Of which session, and the tariff."""

    action = "ChangeTransactionTariff"
    wire = {"transaction_id": "transactionId", "tariff": "tariff"}
    field_order = ("session", "tariff")


class ChangeSessionTariff(PlainCommand):
    """Changes what a running session costs from now on."""

    slug = "change-session-tariff"
    label = gettext_lazy("Change session tariff")
    icon = "tag"
    group = groups.DISPLAY
    permission = Role.ENGINEER
    targets = frozenset(TargetKind)
    asked_of_many = False
    form = ChangeSessionTariffForm
    sentence = gettext_lazy("Change the tariff of a session on %(target)s")
    outcomes = tariffs.OUTCOMES
    request_v21 = PlainCommand.ask
