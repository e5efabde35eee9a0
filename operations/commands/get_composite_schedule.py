"""Composite schedule: GetCompositeSchedule (1.6 §5.7, 2.0.1 K08)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups, schedules
from operations.commands.base import Params, Payload, Request, Target, TargetKind
from operations.commands.places import connector_numbers, evse_id
from operations.commands.plain import PlainCommand, WireForm

DAY_S = 24 * 3600


class GetCompositeScheduleForm(WireForm):
    """How far to look ahead."""

    action = "GetCompositeSchedule"
    checks_schema = False  # both lineages take all of it

    duration_s = forms.IntegerField(
        label=gettext_lazy("Duration (seconds)"),
        initial=DAY_S,
        min_value=1,
        max_value=schedules.LONGEST_S,
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=[("", gettext_lazy("The station's own")), *schedules.UNITS],
        required=False,
    )


class GetCompositeSchedule(PlainCommand):
    """Asks what all profiles together come to. The answer is drawn on the request's page."""

    slug = "get-composite-schedule"
    label = gettext_lazy("Composite schedule")
    icon = "chart-area"
    group = groups.PROFILES
    targets = frozenset(TargetKind)
    form = GetCompositeScheduleForm
    sentence = gettext_lazy("Get the composite schedule of %(target)s")
    resend = True

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """By connector; 0 is the grid connection (§5.7)."""
        return tuple(
            Request("GetCompositeSchedule", {"connectorId": number, **_span(params)})
            for number in connector_numbers(target)
        )

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """By EVSE; 0 is the grid connection (K08.FR.05)."""
        payload = {"evseId": evse_id(target), **_span(params)}
        return (Request("GetCompositeSchedule", payload),)


def _span(params: Params) -> Payload:
    unit = params.get("unit")
    return {"duration": params["duration_s"], **({"chargingRateUnit": unit} if unit else {})}
