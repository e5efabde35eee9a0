"""Swap battery: RequestBatterySwap (2.1 S02)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Command, Params, Request, Target, TargetKind
from operations.commands.id_tokens import TokenForm, id_token
from operations.commands.plain import DONE_OR_NOT


class SwapBattery(Command):
    """Lets a driver swap a battery, as if the token had been presented."""

    slug = "swap-battery"
    label = gettext_lazy("Swap battery")
    icon = "car-battery"
    group = groups.GRID
    targets = frozenset({TargetKind.STATION})
    asked_of_many = False
    form = TokenForm
    outcomes = DONE_OR_NOT

    def title(self, target: Target, params: Params) -> str:
        """Name the station."""
        return str(gettext_lazy("Swap a battery at %(target)s")) % {"target": target.name}

    def request_v21(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The token, and the number the swap is told with."""
        token = id_token(params["token"], params.get("token_type", ""))
        payload = {"idToken": token, "requestId": params["request_id"]}
        return (Request("RequestBatterySwap", payload),)
