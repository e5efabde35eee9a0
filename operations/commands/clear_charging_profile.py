"""Clear charging profile: ClearChargingProfile (1.6 §5.3, 2.0.1 K10)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, Params, Request, Target, TargetKind
from operations.commands.charging_profiles import findable
from operations.commands.places import connector_numbers
from operations.commands.plain import DONE, PlainCommand, WireForm, given
from operations.statuses import Role, RunStatus


class ClearChargingProfileForm(WireForm):
    """Which profiles: by number, or by what they are for."""

    checks_schema = False  # said in different words by 1.6 and 2.x

    number = forms.IntegerField(
        label=gettext_lazy("Profile number"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=gettext_lazy("Empty: all profiles that fit what is chosen below."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    stack_level = forms.IntegerField(
        label=gettext_lazy("Stack level"), min_value=0, max_value=1000, required=False
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("Any")),
            *findable(target),
        ]


class ClearChargingProfile(PlainCommand):
    """Takes charging profiles back. On a whole station: those of all its chargers too."""

    slug = "clear-charging-profile"
    label = gettext_lazy("Clear charging profiles")
    icon = "eraser"
    group = groups.PROFILES
    permission = Role.ENGINEER
    targets = frozenset(TargetKind)
    form = ClearChargingProfileForm
    sentence = gettext_lazy("Clear charging profiles of %(target)s")
    outcomes = {
        "Accepted": DONE,
        "Unknown": Outcome(RunStatus.DONE, gettext_lazy("The station has no such profile.")),
    }
    resend = True

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Without a connector, those of every connector."""
        payload = given(
            {
                "id": params.get("number"),
                "chargingProfilePurpose": params.get("purpose"),
                "stackLevel": params.get("stack_level"),
            }
        )
        if target.kind == TargetKind.STATION:
            return (Request("ClearChargingProfile", payload),)
        return tuple(
            Request("ClearChargingProfile", {**payload, "connectorId": number})
            for number in connector_numbers(target)
        )

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """A number alone says which (K10.FR.03)."""
        if params.get("number") is not None:
            return (Request("ClearChargingProfile", {"chargingProfileId": params["number"]}),)
        criteria = given(
            {
                "evseId": target.charger.number if target.charger else None,
                "chargingProfilePurpose": params.get("purpose"),
                "stackLevel": params.get("stack_level"),
            }
        )
        payload = {"chargingProfileCriteria": criteria} if criteria else {}
        return (Request("ClearChargingProfile", payload),)
