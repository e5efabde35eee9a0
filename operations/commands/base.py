"""What a command is: the first file to understand.

A command declares; services, pages, the gateway and the sweeper act on the declaration.
One class in one file per command, one line in `operations.commands.COMMANDS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.following import Progress, Stage, Step
from operations.events import Event, Evidence
from operations.models import Charger, Connector, OcppMessage, Session, Station
from operations.statuses import Role, RunStatus
from operations.versions import OcppVersion

Text = str | Promise
Params = dict[str, Any]
Payload = dict[str, Any]


class TargetKind(Enum):
    """What a command can be aimed at."""

    STATION = "station"
    CHARGER = "charger"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True)
class Target:
    """What one run is aimed at, with what commands need to know of it.

    `connectors` are those the target comprises; `owns_station` says that they are all the
    station has, so that OCPP 1.6's connector 0 means no more than the target.
    """

    station: Station
    charger: Charger | None = None
    connector: Connector | None = None
    connectors: tuple[Connector, ...] = ()
    sessions: tuple[Session, ...] = ()
    owns_station: bool = True

    @property
    def kind(self) -> TargetKind:
        """The most specific thing the target names."""
        if self.connector is not None:
            return TargetKind.CONNECTOR
        return TargetKind.CHARGER if self.charger is not None else TargetKind.STATION

    @property
    def name(self) -> str:
        """What to call the target on a page."""
        if self.connector is not None and self.charger is not None:
            return _("connector %(number)s of %(charger)s") % {
                "number": self.connector.number,
                "charger": self.charger.name,
            }
        return (self.charger or self.station).name

    @property
    def sentence_name(self) -> str:
        """The name at the beginning of a sentence."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def is_closed(self) -> bool:
        """Whether the target, or what it belongs to, is discarded."""
        parts = (self.station, self.charger, self.connector)
        return any(part is not None and part.is_closed for part in parts)


@dataclass(frozen=True, slots=True)
class Request:
    """One OCPP call to make: its action and the payload as it goes on the wire.

    One that breaks the official schema is never sent, unless that is what was asked for.
    """

    action: str
    payload: Payload
    may_break_schema: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a station's answer means for the run, and the sentence that says so."""

    status: RunStatus
    sentence: Text
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Further:
    """More to ask in the same run, and the step of its history that says so."""

    requests: tuple[Request, ...]
    sentence: Text


ACCEPTED = Outcome(RunStatus.ACCEPTED, gettext_lazy("The station accepted."))
REJECTED = Outcome(RunStatus.REFUSED, gettext_lazy("The station refused."))
SCHEDULED = Outcome(
    RunStatus.SCHEDULED, gettext_lazy("The station will do it when the running session ends.")
)

# What is worse goes first: several answers make one outcome.
WORST_FIRST = (
    RunStatus.FAILED,
    RunStatus.REFUSED,
    RunStatus.UNSUPPORTED,
    RunStatus.NOT_CONFIRMED,
    RunStatus.SCHEDULED,
    RunStatus.ACCEPTED,
    RunStatus.DONE,
)

# CALLERROR codes that say "I can't do that", by OCPP-J §4.2.3; some stations swap the two.
UNSUPPORTED_CODES = frozenset({"NotImplemented", "NotSupported"})


class CommandForm(forms.Form):
    """The fields a command asks for; `more` ones are shown folded away."""

    # Whether the dialog's title and warnings are asked for again with each choice made in it.
    follows_choices: ClassVar[bool] = True

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target = target

    def params(self) -> Params:
        """What was asked, as plain JSON: valid forms only."""
        return dict(self.cleaned_data)


class Command(ABC):
    """One thing an operator can ask of a station."""

    slug: ClassVar[str]
    label: ClassVar[Text]
    icon: ClassVar[str]
    tone: ClassVar[str] = "secondary"
    # The heading it stands under behind "More…" (groups.py); none: it has a button of its own.
    group: ClassVar[Text] = ""
    permission: ClassVar[Role] = Role.OPERATOR
    targets: ClassVar[frozenset[TargetKind]]
    form: ClassVar[type[CommandForm]] = CommandForm
    outcomes: ClassVar[Mapping[str, Outcome]]
    # Which events may prove the effect; none means that the answer itself is the effect.
    confirmed_by: ClassVar[tuple[type[Event], ...]] = ()
    # Which events tell how far a long effect is: `step` makes of them where the run goes.
    follows: ClassVar[tuple[type[Evidence], ...]] = ()
    # The phases such an effect goes through, in the order pages draw them.
    stages: ClassVar[tuple[Stage, ...]] = ()
    # Whether what already was so when the station was asked counts as the effect.
    counts_earlier: ClassVar[bool] = True
    # Whether what shows after the waiting is over may still make a run done.
    is_correctable: ClassVar[bool] = True
    # Whether what the station answers is what was wanted: the run's page shows it field by field.
    shows_answer: ClassVar[bool] = False
    # Whether a newer accepted run of the same command ends the waiting of older ones.
    supersedes: ClassVar[bool] = True
    answer_timeout_s: ClassVar[int | None] = None  # None: the site's default
    effect_timeout_s: ClassVar[int] = 60
    # Whether it may be sent again after bytes of it were written to the socket.
    resend: ClassVar[bool] = False
    # Whether a batch may keep it for stations that are offline now, until they connect.
    may_wait: ClassVar[bool] = False
    # Whether one form makes sense for many targets: not where it names something of one station.
    asked_of_many: ClassVar[bool] = True
    # How far a batch spreads it by default, so that not all do it at the same moment.
    jitter_s: ClassVar[int] = 0
    # Whether a socket that closes before the answer may be the effect beginning.
    may_disconnect: ClassVar[bool] = False

    # A version the command supports has a method `request_<slug of the version>` with the
    # signature (target, params) -> tuple[Request, ...]; 2.1 falls back to 2.0.1.
    # Builders, and `nudge`, find the run's number in params["request_id"]: OCPP's requestId.

    def supports(self, version: OcppVersion) -> bool:
        """Whether the command can be said in `version`."""
        return self._builder(version) is not None

    def requests(self, version: OcppVersion, target: Target, params: Params) -> tuple[Request, ...]:
        """The OCPP calls that ask for this, in order."""
        builder = self._builder(version)
        if builder is None:
            raise LookupError(f"{self.slug} has no request in OCPP {version}")
        requests: tuple[Request, ...] = builder(target, params)
        return requests

    def _builder(self, version: OcppVersion) -> Any:
        builders = (getattr(self, f"request_{older.slug}", None) for older in version.lineage)
        return next((builder for builder in builders if builder is not None), None)

    @abstractmethod
    def title(self, target: Target, params: Params) -> str:
        """The operator's words for this run: "Turn off connector 2 of Quay 1-A"."""

    def initial(self, target: Target) -> Params:
        """What the form starts with, given how the target is now."""
        return {}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What to say before asking, for example that a session runs."""
        return ()

    def obstacle(self, target: Target) -> str | None:
        """Why this command makes no sense for this target, None when it does."""
        return None

    def objection(self, target: Target, params: Params) -> str | None:
        """Why just this can't be asked of this target; its form says so before anything is sent.

        Asks no database: bulk requests judge thousands of targets with it.
        """
        return None

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """What a station's answer means."""
        status = self.answer_status(action, payload)
        known = self.outcomes.get(status)
        if known is None:
            return Outcome(
                RunStatus.FAILED,
                _("The station answered something OCPP does not define: %(status)s.")
                % {"status": status[:50] or "—"},
            )
        return known

    def combine(self, outcomes: Sequence[Outcome]) -> Outcome:
        """One outcome for a run of several calls: the worst."""
        return min(outcomes, key=lambda outcome: WORST_FIRST.index(outcome.status))

    def further(
        self, version: OcppVersion, target: Target, params: Params, answers: Sequence[Payload]
    ) -> Further | None:
        """What to ask next, now that all asked so far is answered; None when that is all.

        `answers` are the run's, in order: action and payload, or action, error and description.
        """
        return None

    def conclusion(self, params: Params, answers: Sequence[Payload]) -> Outcome | None:
        """What all answers mean together, where it is not the worst of what each means."""
        return None

    def answer_status(self, action: str, payload: Payload) -> str:
        """The status inside an answer's payload."""
        return str(payload.get("status", ""))

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The sentence that says the effect was seen, None while it was not.

        Only what was heard at or after `since` counts; None lets older reports count too.
        """
        return None

    def refutation(self, target: Target, params: Params, since: datetime) -> str | None:
        """What shows that something scheduled had no effect, None if nothing does."""
        return None

    def proof(
        self, target: Target, params: Params, since: datetime | None
    ) -> Sequence[OcppMessage]:
        """The station's messages that showed the effect, where there are such."""
        return ()

    @property
    def awaits(self) -> tuple[type[Evidence], ...]:
        """The events worth a look while a run of this command waits for its effect."""
        return (*self.confirmed_by, *self.follows)

    def step(self, event: Evidence, progress: Progress) -> Step | None:
        """Where an event of `follows` moves a run; None where it says nothing of it."""
        return None

    def due_at(self, progress: Progress, patience: timedelta) -> datetime:
        """When to worry if nothing more is heard."""
        return progress.at + patience

    def stalled(self, progress: Progress) -> str | None:
        """The sentence for a run of which nothing is heard any more, None for the usual one."""
        return None

    def nudge(self, version: OcppVersion, target: Target, params: Params) -> tuple[Request, ...]:
        """What to ask once when the effect does not show: usually to report again."""
        return ()

    def withdrawal(self, params: Params) -> Params | None:
        """The params that take a scheduled run back, None where nothing does."""
        return None
