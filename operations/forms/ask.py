"""The form behind a command's dialog: the command's own fields, and how patiently to ask."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from operations.commands import patience
from operations.commands.base import Command, Params, Target
from operations.commands.schedules import PeriodsField
from operations.models import Station
from operations.services.runs import Options

MOST_ATTEMPTS = 5
LONGEST_ANSWER_S = 600
LONGEST_EFFECT_S = 24 * 3600


class OptionsForm(forms.Form):
    """What every command offers under "More"."""

    answer_timeout_s = forms.IntegerField(
        label=_("Wait for the answer (seconds)"),
        min_value=1,
        max_value=LONGEST_ANSWER_S,
        required=False,
    )
    effect_timeout_s = forms.IntegerField(
        label=_("Wait for the effect (seconds)"),
        min_value=1,
        max_value=LONGEST_EFFECT_S,
        required=False,
    )
    max_attempts = forms.IntegerField(
        label=_("Attempts"),
        min_value=1,
        max_value=MOST_ATTEMPTS,
        required=False,
        help_text=_("How often to ask when no answer comes."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Kept with the request, for whoever looks at it later."),
    )
    opened_at = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, command: Command, station: Station | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if station is None:  # many: each has its own
            for name in ("answer_timeout_s", "effect_timeout_s"):
                self.fields[name].help_text = _("Empty: what suits each station.")
        else:
            self.fields["answer_timeout_s"].initial = patience.answer_s(command, station)
            self.fields["effect_timeout_s"].initial = patience.effect_s(command, station)
        self.fields["max_attempts"].initial = 1
        self.fields["opened_at"].initial = timezone.now().isoformat()
        if not command.awaits:
            del self.fields["effect_timeout_s"]  # the answer is the effect
        if not command.resend:
            del self.fields["max_attempts"]

    def clean_opened_at(self) -> datetime | None:
        """Only a help against double clicks: what cannot be read is no error."""
        try:
            opened_at = parse_datetime(self.cleaned_data["opened_at"])
        except ValueError:
            return None
        return opened_at if opened_at is not None and timezone.is_aware(opened_at) else None

    def options(self) -> Options:
        """What the service takes: valid forms only."""
        return Options(
            reason=self.cleaned_data["reason"],
            answer_timeout_s=self.cleaned_data["answer_timeout_s"],
            effect_timeout_s=self.cleaned_data.get("effect_timeout_s"),
            max_attempts=self.cleaned_data.get("max_attempts") or 1,
        )


class AskForm:
    """Both forms as the dialog shows them: one."""

    def __init__(
        self,
        *,
        command: Command,
        target: Target,
        data: Mapping[str, Any] | None = None,
        initial: Params | None = None,
    ) -> None:
        self.question = command.form(data, initial=initial, target=target)
        self.options = OptionsForm(data, initial=initial, command=command, station=target.station)

    def __iter__(self) -> Iterator[forms.BoundField]:
        return chain(self.question, self.options)

    @property
    def more(self) -> tuple[str, ...]:
        """The fields that are folded away."""
        shown = (field.name for field in self.options if not field.is_hidden)
        return (*getattr(self.question, "more", ()), *shown)

    @property
    def errors(self) -> dict[str, Any]:
        """What is wrong, by field."""
        return {**self.question.errors, **self.options.errors}

    def non_field_errors(self) -> list[str]:
        """What is wrong with the whole."""
        return [*self.question.non_field_errors(), *self.options.non_field_errors()]

    def is_valid(self) -> bool:
        """Whether both are; each is asked, so that all errors show."""
        return all([self.question.is_valid(), self.options.is_valid()])

    def values(self) -> Params:
        """The question's values as they stand in the form, valid or not."""
        return {field.name: field.value() for field in self.question}

    def refresh_from(self, url: str, *, focus: str = "") -> None:
        """Have the dialog's title and warnings follow the choices made in it."""
        if not self.question.follows_choices:
            return
        for name, field in self.question.fields.items():
            if isinstance(field, PeriodsField):
                field.widget.attrs |= {
                    "hx-get": url,
                    "hx-trigger": "input changed delay:400ms",
                    "hx-target": "#schedule-drawing",
                    "hx-select": "#schedule-drawing",
                    "hx-swap": "outerHTML",
                    "hx-include": "closest form",
                    "hx-params": "not csrfmiddlewaretoken",
                    "hx-sync": "closest form:abort",
                    "hx-disabled-elt": "unset",
                }
            if isinstance(field, forms.ChoiceField | forms.BooleanField):
                field.widget.attrs |= {
                    "hx-get": url,
                    "hx-trigger": "change",
                    "hx-target": "#dialog-body",
                    "hx-swap": "innerHTML",
                    "hx-include": "closest form",
                    "hx-params": "not csrfmiddlewaretoken",
                    "hx-sync": "closest form:abort",
                    "hx-disabled-elt": "unset",  # the form's names a button inside of it
                }
            if name == focus:
                field.widget.attrs["autofocus"] = True
