"""Set charging profile: SetChargingProfile (1.6 §5.16, 2.0.1 K01 to K05)."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups, schedules
from operations.commands.base import (
    REJECTED,
    Command,
    CommandForm,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.commands.charging_profiles import purposes
from operations.commands.fields import MomentField, wire_time
from operations.commands.places import connector_numbers, evse_id
from operations.commands.plain import DONE, UNSUPPORTED, given
from operations.commands.running_sessions import in_words
from operations.statuses import Role

KINDS = [
    ("Absolute", gettext_lazy("Once, from a point in time on")),
    ("Daily", gettext_lazy("Every day")),
    ("Weekly", gettext_lazy("Every week")),
    ("Relative", gettext_lazy("From the beginning of each session")),
]


class SetChargingProfileForm(CommandForm):
    """What the profile is for, when it counts, and its limits; the periods are drawn."""

    more = ("stack_level", "number", "starts", "duration_s", "valid_from", "valid_to", "least")

    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    session = forms.ChoiceField(label=gettext_lazy("Session"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Repeats"), choices=KINDS, initial="Absolute")
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=schedules.UNITS, initial="A")
    periods = schedules.PeriodsField(
        label=gettext_lazy("Periods"),
        initial="00:00 16",
        max_length=30_000,
        help_text=gettext_lazy(
            "One a line: when it begins, counted from the start of the schedule, the limit, and "
            "perhaps the number of phases. 00:00 32 and below it 07:00 16 3."
        ),
    )
    stack_level = forms.IntegerField(
        label=gettext_lazy("Stack level"),
        initial=0,
        min_value=0,
        max_value=1000,
        required=False,
        help_text=gettext_lazy("Of the profiles that count, the one with the highest level wins."),
    )
    number = forms.IntegerField(
        label=gettext_lazy("Profile number"),
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text=gettext_lazy(
            "A profile with the same number is replaced. Empty: the request's number."
        ),
    )
    starts = MomentField(
        label=gettext_lazy("Schedule starts"),
        required=False,
        help_text=gettext_lazy("Empty: now. Repeating schedules repeat from here."),
    )
    duration_s = forms.IntegerField(
        label=gettext_lazy("Duration (seconds)"),
        min_value=1,
        max_value=schedules.LONGEST_S,
        required=False,
        help_text=gettext_lazy("Empty: the last period does not end."),
    )
    valid_from = MomentField(label=gettext_lazy("Valid from"), required=False)
    valid_to = MomentField(label=gettext_lazy("Valid until"), required=False)
    least = forms.FloatField(
        label=gettext_lazy("Minimum charging rate"), min_value=0, max_value=10**7, required=False
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        self.fields["purpose"].choices = purposes(target)  # type: ignore[attr-defined]
        self.fields["session"].choices = [  # type: ignore[attr-defined]
            ("", _("None")),
            *((str(session.pk), in_words(session)) for session in target.sessions),
        ]
        if not target.sessions:
            self.fields["session"].widget = forms.HiddenInput()
        widget = self.fields["periods"].widget
        widget.unit = "W" if self["unit"].value() == "W" else "A"
        widget.duration_s = _seconds(self["duration_s"].value())

    def clean(self) -> Params:
        """A session's profile needs its session; what is bound to the clock needs a start."""
        cleaned: Params = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["purpose"] == "TxProfile":
            self._choose_session(cleaned)
        else:
            cleaned["session"] = ""
        if cleaned["kind"] != "Relative" and not cleaned["starts"]:
            cleaned["starts"] = wire_time(timezone.now())
        if cleaned["kind"] == "Relative":
            cleaned["starts"] = None  # OCPP 1.6 §3.13.1: it starts with the session
        if cleaned["valid_from"] and cleaned["valid_to"]:
            self._check_validity(cleaned)
        return cleaned

    def params(self) -> Params:
        """What was given; what was left empty is not kept."""
        return given(super().params())

    def _choose_session(self, cleaned: Params) -> None:
        running = {str(session.pk): session for session in self.target.sessions}
        only = next(iter(running)) if len(running) == 1 else ""
        chosen = running.get(cleaned["session"] or only)
        if chosen is None:
            why = _("Choose a session.") if running else _("No session is running there.")
            self.add_error("session" if running else "purpose", why)
            return
        number = chosen.connector.number if chosen.connector else 0
        cleaned |= {
            "session": str(chosen.pk),
            "transaction_id": chosen.transaction_id,
            "session_connector": number,
        }

    def _check_validity(self, cleaned: Params) -> None:
        if cleaned["valid_to"] <= cleaned["valid_from"]:
            self.add_error("valid_to", _("This is not after its beginning."))


class SetChargingProfile(Command):
    """Limits how much a station, a charger or a session may draw, and when."""

    slug = "set-charging-profile"
    label = gettext_lazy("Set charging profile")
    icon = "chart-line"
    group = groups.PROFILES
    permission = Role.ENGINEER
    targets = frozenset(TargetKind)
    form = SetChargingProfileForm
    outcomes = {"Accepted": DONE, "Rejected": REJECTED, "NotSupported": UNSUPPORTED}
    resend = True  # a profile with the same number replaces itself

    def title(self, target: Target, params: Params) -> str:
        """Name the target."""
        return _("Set a charging profile on %(target)s") % {"target": target.name}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """One call for each connector, of which 0 is the station."""
        profile = {
            "chargingProfileId": params.get("number") or params["request_id"],
            **_profile(params),
            "chargingSchedule": schedules.wire(params),
        }
        numbers = connector_numbers(target)
        if params["purpose"] == "TxProfile":
            numbers = (params["session_connector"],)
            profile["transactionId"] = int(params["transaction_id"])
        return tuple(
            Request("SetChargingProfile", {"connectorId": number, "csChargingProfiles": profile})
            for number in numbers
        )

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """One call; schedules have numbers of their own."""
        profile = {
            "id": params.get("number") or params["request_id"],
            **_profile(params),
            "chargingSchedule": [{"id": 1, **schedules.wire(params)}],
        }
        if params["purpose"] == "TxProfile":
            profile["transactionId"] = params["transaction_id"]
        payload = {"evseId": evse_id(target), "chargingProfile": profile}
        return (Request("SetChargingProfile", payload),)


def _seconds(typed: Any) -> int | None:
    text = str(typed or "")
    seconds = int(text) if text.isdecimal() and len(text) <= 6 else 0
    return seconds if 0 < seconds <= schedules.LONGEST_S else None


def _profile(params: Params) -> Payload:
    """What both lineages spell alike."""
    kind = params["kind"]
    profile: Payload = {
        "stackLevel": params.get("stack_level") or 0,
        "chargingProfilePurpose": params["purpose"],
        "chargingProfileKind": "Recurring" if kind in {"Daily", "Weekly"} else kind,
    }
    if kind in {"Daily", "Weekly"}:
        profile["recurrencyKind"] = kind
    if params.get("valid_from"):
        profile["validFrom"] = params["valid_from"]
    if params.get("valid_to"):
        profile["validTo"] = params["valid_to"]
    return profile
