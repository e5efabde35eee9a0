"""Plain commands: a form whose fields say where in the message they go, and little else."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import schemas
from operations.commands.base import (
    REJECTED,
    Command,
    CommandForm,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    Text,
)
from operations.statuses import RunStatus
from operations.versions import V21

Choices = Sequence[tuple[str, Text]]

MOST_FAULTS = 5  # shown at once
EMPTY: tuple[Any, ...] = (None, "", [], {})

DONE = Outcome(RunStatus.DONE, gettext_lazy("The station accepted."))
ANSWERED = Outcome(RunStatus.DONE, gettext_lazy("The station answered."))
UNSUPPORTED = Outcome(RunStatus.UNSUPPORTED, gettext_lazy("The station does not support this."))
DONE_OR_NOT = {"Accepted": DONE, "Rejected": REJECTED}


class WireForm(CommandForm):
    """Fields, and the place of each in one message.

    `wire` maps a field to its path: "message.state", or "items[].id" for the one item of a
    list. A field left empty is left out.
    """

    follows_choices = False
    # Whether the message is as `payload` gives it in every version, so that it can be checked.
    checks_schema: ClassVar[bool] = True

    action: ClassVar[str]
    wire: ClassVar[Mapping[str, str]] = {}
    # Where the run's number goes, and where the charger's; empty: nowhere.
    request_id_at: ClassVar[str] = ""
    evse_at: ClassVar[str] = ""
    # What stands for the whole station in the charger's place; None: the place stays empty.
    station_evse: ClassVar[int | None] = None
    # Fields whose choices differ between versions: field → slug of a version → choices.
    choices: ClassVar[Mapping[str, Mapping[str, Choices]]] = {}

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        version = target.station.version or V21
        for name, by_version in self.choices.items():
            found = (by_version.get(older.slug) for older in version.lineage)
            self.fields[name].choices = next(filter(None, found), [])  # type: ignore[attr-defined]

    @classmethod
    def payload(cls, target: Target, params: Params) -> Payload:
        """The message, from what was asked."""
        payload: Payload = {}
        for name, path in cls.wire.items():
            if params.get(name) not in EMPTY:
                put(payload, path, params[name])
        if cls.request_id_at:
            put(payload, cls.request_id_at, params["request_id"])
        evse_id = target.charger.number if target.charger else cls.station_evse
        if cls.evse_at and evse_id is not None:
            put(payload, cls.evse_at, evse_id)
        return payload

    def params(self) -> Params:
        """What was given; what was left empty is not kept."""
        return given(super().params())

    def clean(self) -> Params:
        """What the station's version of OCPP does not take is said here, not after sending."""
        cleaned: Params = super().clean() or self.cleaned_data
        version = self.target.station.version
        if self.errors or version is None or not self.checks_schema:
            return cleaned
        payload = self.payload(self.target, {**cleaned, "request_id": 0})
        for fault in schemas.faults(version, self.action, payload)[:MOST_FAULTS]:
            self.add_error(
                None,
                _("OCPP %(version)s does not take this: %(fault)s.")
                % {"version": version, "fault": fault},
            )
        return cleaned


class PlainCommand(Command):
    """One message, said as its form lays it out; usually the answer is the effect.

    A subclass names the oldest version that knows the message: `request_v201 = PlainCommand.ask`.
    """

    form: ClassVar[type[WireForm]]
    # What is asked, with %(target)s where the target's name goes.
    sentence: ClassVar[Text]
    outcomes = DONE_OR_NOT

    def title(self, target: Target, params: Params) -> str:
        """The sentence, with the target's name."""
        return str(self.sentence) % {"target": target.name}

    def ask(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The form's one message."""
        return (Request(self.form.action, self.form.payload(target, params)),)

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """An answer that has no status is the effect."""
        return super().outcome(action, payload) if self.outcomes else ANSWERED


def given(values: Params) -> Params:
    """Those that are not empty."""
    return {name: value for name, value in values.items() if value not in EMPTY}


def put(payload: Payload, path: str, value: Any) -> None:
    """Put a value in its place, and make the objects and lists on the way there."""
    *way, last = path.split(".")
    place = payload
    for step in way:
        name = step.removesuffix("[]")
        place = place.setdefault(name, {}) if name == step else place.setdefault(name, [{}])[0]
    place[last] = value
