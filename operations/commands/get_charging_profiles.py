"""Get charging profiles: GetChargingProfiles, ReportChargingProfiles (2.0.1 K09)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import ACCEPTED, Outcome, Params, Payload, Target, TargetKind
from operations.commands.charging_profiles import findable
from operations.commands.fields import NumbersField
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.reports import ReportCommand
from operations.statuses import RunStatus


class GetChargingProfilesForm(WireForm):
    """Which profiles."""

    action = "GetChargingProfiles"
    request_id_at = "requestId"
    evse_at = "evseId"
    wire = {
        "purpose": "chargingProfile.chargingProfilePurpose",
        "stack_level": "chargingProfile.stackLevel",
        "numbers": "chargingProfile.chargingProfileId",
    }

    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    stack_level = forms.IntegerField(
        label=gettext_lazy("Stack level"), min_value=0, max_value=1000, required=False
    )
    numbers = NumbersField(
        label=gettext_lazy("Profile numbers"),
        required=False,
        help_text=gettext_lazy("With commas between them. Empty: any."),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("Any")),
            *findable(target),
        ]

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """The criterion must be there, even if it asks for all."""
        return {"chargingProfile": {}, **super().payload(target, params)}


class GetChargingProfiles(ReportCommand):
    """Asks which charging profiles a station or a charger has."""

    slug = "get-charging-profiles"
    label = gettext_lazy("Get charging profiles")
    icon = "list-check"
    group = groups.PROFILES
    targets = frozenset({TargetKind.STATION, TargetKind.CHARGER})
    form = GetChargingProfilesForm
    sentence = gettext_lazy("Get the charging profiles of %(target)s")
    outcomes = {
        "Accepted": ACCEPTED,
        "NoProfiles": Outcome(RunStatus.DONE, gettext_lazy("The station has no such profile.")),
    }
    report = "ReportChargingProfiles"
    request_v201 = PlainCommand.ask
