"""What the commands about tariffs share."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands.base import REJECTED, Outcome
from operations.commands.custom_message import PayloadField
from operations.commands.plain import DONE
from operations.statuses import RunStatus

OUTCOMES = {
    "Accepted": DONE,
    "Rejected": REJECTED,
    "TooManyElements": Outcome(
        RunStatus.FAILED, gettext_lazy("The station can't keep so many prices.")
    ),
    "ConditionNotSupported": Outcome(
        RunStatus.UNSUPPORTED, gettext_lazy("The station does not support a condition in it.")
    ),
    "DuplicateTariffId": Outcome(
        RunStatus.REFUSED, gettext_lazy("The station has another tariff with this id.")
    ),
    "TxNotFound": Outcome(
        RunStatus.FAILED, gettext_lazy("The station does not know this session.")
    ),
    "NoCurrencyChange": Outcome(
        RunStatus.REFUSED, gettext_lazy("The session's currency can't be changed.")
    ),
}


class TariffFields(forms.Form):
    """Mixed into forms that carry a tariff."""

    tariff = PayloadField(
        label=gettext_lazy("Tariff"),
        initial={"tariffId": "T-1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.4}]}},
        max_length=20_000,
        help_text=gettext_lazy("TariffType of OCPP 2.1, as a JSON object."),
    )
