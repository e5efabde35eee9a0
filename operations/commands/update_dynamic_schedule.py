"""Update dynamic schedule: UpdateDynamicSchedule (2.1 K28)."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Params, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.statuses import Role

FIGURES = ("limit", "discharge_limit", "setpoint")


class UpdateDynamicScheduleForm(WireForm):
    """Of which profile, and its new figures."""

    action = "UpdateDynamicSchedule"
    wire = {
        "number": "chargingProfileId",
        "limit": "scheduleUpdate.limit",
        "discharge_limit": "scheduleUpdate.dischargeLimit",
        "setpoint": "scheduleUpdate.setpoint",
    }

    number = forms.IntegerField(
        label=gettext_lazy("Profile number"), min_value=0, max_value=2**31 - 1
    )
    limit = forms.FloatField(
        label=gettext_lazy("Limit"),
        min_value=0,
        max_value=10**7,
        required=False,
        help_text=gettext_lazy("In the unit of the profile's schedule."),
    )
    discharge_limit = forms.FloatField(
        label=gettext_lazy("Limit of giving back"),
        min_value=-(10**7),
        max_value=0,
        required=False,
        help_text=gettext_lazy("Zero or less."),
    )
    setpoint = forms.FloatField(
        label=gettext_lazy("Setpoint"), min_value=-(10**7), max_value=10**7, required=False
    )

    def clean(self) -> Params:
        """At least one figure."""
        cleaned = super().clean()
        if all(cleaned.get(name) is None for name in FIGURES):
            self.add_error("limit", _("Give at least one figure."))
        return cleaned


class UpdateDynamicSchedule(PlainCommand):
    """Gives a dynamic charging profile new figures."""

    slug = "update-dynamic-schedule"
    label = gettext_lazy("Update dynamic schedule")
    icon = "chart-line"
    group = groups.PROFILES
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = UpdateDynamicScheduleForm
    sentence = gettext_lazy("Update a dynamic charging profile of %(target)s")
    resend = True
    request_v21 = PlainCommand.ask
