"""The fields that say how fast, when and how often many are asked."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Command
from operations.services.terms import Terms
from operations.statuses import CountsUntil

MOST_OPEN = 10_000
LONGEST_S = 24 * 3600

WEEKDAYS = [
    ("0", gettext_lazy("Monday")),
    ("1", gettext_lazy("Tuesday")),
    ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")),
    ("4", gettext_lazy("Friday")),
    ("5", gettext_lazy("Saturday")),
    ("6", gettext_lazy("Sunday")),
]


def _number(label: Any, most: int, *, least: int = 1, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=False, help_text=help_text
    )


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, help_text=help_text, widget=widget)


def _time(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, help_text=help_text, widget=widget)


class PaceForm(forms.Form):
    """How many at a time, and when to stop."""

    most_open = _number(gettext_lazy("At most open at a time"), MOST_OPEN)
    most_open_per_site = _number(gettext_lazy("At most open per site"), MOST_OPEN)
    most_open_per_organisation = _number(gettext_lazy("At most open per organisation"), MOST_OPEN)
    counts_until = forms.ChoiceField(
        label=gettext_lazy("A request counts as open"),
        choices=CountsUntil.choices,
        initial=CountsUntil.CLOSED,
        required=False,
    )
    wave_size = _number(gettext_lazy("Requests in a wave"), MOST_OPEN)
    wave_pause_s = _number(gettext_lazy("Pause between waves (seconds)"), LONGEST_S, least=0)
    jitter_s = _number(
        gettext_lazy("Spread over (seconds)"),
        LONGEST_S,
        least=0,
        help_text=gettext_lazy("So that not all do it at the same moment."),
    )
    backoff_s = _number(
        gettext_lazy("Wait before the second attempt (seconds)"),
        LONGEST_S,
        help_text=gettext_lazy("Longer before each further one."),
    )
    stop_after_failures = _number(gettext_lazy("Stop after so many failed"), MOST_OPEN)
    stop_after_percent = _number(
        gettext_lazy("Stop when so many percent failed"),
        100,
        help_text=gettext_lazy("Judged once ten have ended."),
    )

    def __init__(self, *args: Any, command: Command, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["most_open"].initial = settings.EVCHARGE_BATCH_MOST_OPEN
        self.fields["jitter_s"].initial = command.jitter_s
        self.fields["backoff_s"].initial = Terms().backoff_s
        if not command.resend:
            del self.fields["backoff_s"]

    def clean_counts_until(self) -> str:
        """Closed unless chosen otherwise."""
        return self.cleaned_data["counts_until"] or CountsUntil.CLOSED

    def terms(self) -> dict[str, Any]:
        """Its part of the terms, where something was said: valid forms only."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


class WhenForm(forms.Form):
    """Now, later, in a window, again and again; and until when."""

    starts_at = _moment(gettext_lazy("Begin at"), gettext_lazy("Empty: now."))
    expires_at = _moment(
        gettext_lazy("Give up at"), gettext_lazy("What was not sent by then is cancelled.")
    )
    window_from = _time(
        gettext_lazy("Only from"), gettext_lazy("In each site's own time; may reach over midnight.")
    )
    window_to = _time(gettext_lazy("Only until"))
    waits_until = _moment(
        gettext_lazy("Also ask stations that are offline now, until"),
        gettext_lazy("They are asked when they next connect. Empty: they are not asked."),
    )
    repeat_at = _time(
        gettext_lazy("Repeat at"),
        gettext_lazy("Asks again and again at this time. Empty: asks once."),
    )
    repeat_until = _moment(gettext_lazy("Repeat until"))
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Repeat on"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every day."),
    )

    REPEATING = ("repeat_at", "weekdays", "repeat_until")

    def __init__(self, *args: Any, command: Command, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not command.may_wait:
            del self.fields["waits_until"]

    def clean(self) -> dict[str, Any]:
        """What contradicts itself is said here."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        window = (values.get("window_from"), values.get("window_to"))
        if (window[0] is None) != (window[1] is None):
            self.add_error("window_to", _("A window needs both times: from when, and until when."))
        starts_at, expires_at = values.get("starts_at"), values.get("expires_at")
        if starts_at and expires_at and expires_at <= starts_at:
            self.add_error("expires_at", _("It would expire before it starts."))
        self._check_repeating(values)
        return values

    def _check_repeating(self, values: dict[str, Any]) -> None:
        if values.get("repeat_at") is None:
            if values.get("weekdays") or values.get("repeat_until"):
                self.add_error("repeat_at", _("Say at what time it shall be repeated."))
            return
        for name in ("starts_at", "expires_at", "waits_until"):
            if values.get(name):
                self.add_error(name, _("Leave this empty: a schedule has times of its own."))

    def terms(self) -> dict[str, Any]:
        """Its part of the terms: valid forms only."""
        return {
            name: value for name, value in self.cleaned_data.items() if name not in self.REPEATING
        }

    def repeating(self, time_zone: str) -> dict[str, Any] | None:
        """When a schedule asks, None where it is asked once: valid forms only."""
        values = self.cleaned_data
        if values["repeat_at"] is None:
            return None
        return {
            "at": values["repeat_at"],
            "weekdays": "".join(values["weekdays"]) or "0123456",
            "until": values["repeat_until"],
            "time_zone": time_zone,
        }
