"""The form behind asking many: the command's own fields, why, how fast, when and how patiently."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Command, CommandForm, Params, Target, Text
from operations.forms.ask import OptionsForm
from operations.forms.pacing import PaceForm, WhenForm
from operations.services.terms import Terms


class SessionsForm(forms.Form):
    """Whether stations with running sessions are asked too."""

    asks_during_sessions = forms.BooleanField(
        label=gettext_lazy("Also ask where a session is running"), required=False
    )


@dataclass(frozen=True, slots=True)
class Section:
    """Fields folded away together."""

    label: Text
    fields: list[forms.BoundField]
    unfolds: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its fields show at once; they must where something is wrong."""
        return self.unfolds or any(field.errors for field in self.fields)


class BatchForm:
    """All of it as pages show it: one form.

    Where the chosen stations speak several versions of OCPP, choices only some of them know are
    offered too, and say whose they are; the preview lists who can't.
    """

    def __init__(
        self,
        *,
        command: Command,
        stand_ins: list[Target],
        data: Mapping[str, Any] | None = None,
        initial: Params | None = None,
        unfolds: bool = False,
    ) -> None:
        self.unfolds = unfolds
        begin = {**command.initial(stand_ins[0]), **(initial or {})}
        # One for each version, the most frequent first.
        self.asked = [command.form(data, initial=begin, target=target) for target in stand_ins]
        self.question: CommandForm = self.asked[0]
        for other in self.asked[1:]:
            _offer_too(self.question, other)
        self.sessions = SessionsForm(data, initial=initial)
        self.options = OptionsForm(data, initial=initial, command=command)
        self.pace = PaceForm(data, initial=initial, command=command)
        self.when = WhenForm(data, initial=initial, command=command)

    @property
    def parts(self) -> tuple[forms.Form, ...]:
        """The forms it is made of."""
        return (self.question, self.sessions, self.options, self.pace, self.when)

    @property
    def shown(self) -> list[forms.BoundField]:
        """What is asked first."""
        more = getattr(self.question, "more", ())
        asked = [field for field in self.question if field.name not in more]
        return [*asked, *self.sessions, self.options["reason"]]

    @property
    def sections(self) -> list[Section]:
        """What is folded away."""
        names = getattr(self.question, "more", ())
        more = [field for field in self.question if field.name in names]
        patience = [
            field for field in self.options if not field.is_hidden and field.name != "reason"
        ]
        return [
            Section(_("More"), more + patience),
            Section(_("How many at a time"), list(self.pace), self.unfolds),
            Section(_("When"), list(self.when), self.unfolds),
        ]

    def is_valid(self) -> bool:
        """Whether all are; each is asked, so that all errors show.

        What one of the versions spoken can say may be asked: of those that speak it.
        """
        valid = (form for form in self.asked if form.is_valid())
        self.question = next(valid, self.asked[0])
        answers = [part.is_valid() for part in self.parts]
        return all(answers)

    @property
    def errors(self) -> dict[str, Any]:
        """What is wrong, by field."""
        return dict(chain.from_iterable(part.errors.items() for part in self.parts))

    def non_field_errors(self) -> list[str]:
        """What is wrong with the whole."""
        return [str(error) for part in self.parts for error in part.non_field_errors()]

    def values(self) -> Params:
        """The question's values as they stand in the form, valid or not."""
        return {field.name: field.value() for field in self.question}

    def asked_for(self) -> Params:
        """The same as the command has it, once the form is valid."""
        return self.question.params() if self.question.is_valid() else self.values()

    def terms(self) -> Terms:
        """What the service takes: valid forms only."""
        options = self.options.options()
        return Terms(
            reason=options.reason,
            answer_timeout_s=options.answer_timeout_s,
            effect_timeout_s=options.effect_timeout_s,
            attempts=options.max_attempts,
            **self.sessions.cleaned_data,
            **self.pace.terms(),
            **self.when.terms(),
        )


def _offer_too(form: CommandForm, other: CommandForm) -> None:
    """Add the choices that only another version has, with its name."""
    for name, field in form.fields.items():
        theirs = other.fields.get(name)
        if _has_fixed_choices(field) and _has_fixed_choices(theirs):
            _add_choices(field, theirs, other.target.station.protocol)


def _add_choices(field: Any, theirs: Any, version: str) -> None:
    known = {value for value, _label in _flat(field.choices)}
    words = _("%(choice)s (OCPP %(version)s)")
    more = [
        (value, words % {"choice": label, "version": version})
        for value, label in _flat(theirs.choices)
        if value not in known
    ]
    field.choices = [*field.choices, *more]


def _has_fixed_choices(field: Any) -> bool:
    return isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField)


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    """Choices without the headings they may stand under."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield value, label
