"""How far a long effect is, as a run's page draws it: its phases with their times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.following import Stage, rank
from operations.models import CommandRun, RunTransition
from operations.statuses import AWAITING_EFFECT, RunPhase, RunStatus

REACHED, NOW, FAILED, SKIPPED, AHEAD = "reached", "now", "failed", "skipped", "ahead"
# How a phase's mark looks, and what it says to those who can't see it.
LOOKS: dict[str, tuple[str, str, Promise]] = {
    REACHED: ("green", "check", gettext_lazy("reached")),
    NOW: ("blue", "arrow-right", gettext_lazy("now")),
    FAILED: ("red", "xmark", gettext_lazy("failed")),
    SKIPPED: ("secondary", "minus", gettext_lazy("never reported")),
    AHEAD: ("secondary", "ellipsis", gettext_lazy("to come")),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One phase on the way."""

    label: str
    state: str
    at: datetime | None = None

    @property
    def tone(self) -> str:
        """The mark's colour name."""
        return LOOKS[self.state][0]

    @property
    def icon(self) -> str:
        """The mark's Font Awesome icon."""
        return LOOKS[self.state][1]

    @property
    def word(self) -> str:
        """The same in words."""
        return str(LOOKS[self.state][2])


@dataclass(frozen=True, slots=True)
class Way:
    """All phases of a run, and how much of them lies behind it."""

    marks: tuple[Mark, ...]
    percent: int
    words: str


def draw(run: CommandRun, transitions: Sequence[RunTransition]) -> Way | None:
    """The run's way; None where it has no phases, or the station never took it on."""
    command = BY_SLUG.get(run.command)
    if command is None or not command.stages or not (run.phase or run.status in AWAITING_EFFECT):
        return None
    times = {step.phase: step.at for step in transitions if step.phase}
    marks = (_begun(run, transitions), *_marks(run, command.stages, times))
    percent = 100 if run.status == RunStatus.DONE else _percent(marks)
    return Way(marks, percent, _("%(percent)d %% of the way") % {"percent": percent})


def _percent(marks: Sequence[Mark]) -> int:
    """Phases take what time they like, so each counts the same, and the present one half."""
    behind = max(number for number, mark in enumerate(marks) if mark.state in {REACHED, NOW})
    done = behind + (0.5 if marks[behind].state == NOW else 1)
    return round(100 * done / len(marks))


def _begun(run: CommandRun, transitions: Sequence[RunTransition]) -> Mark:
    """The station said yes; or began without a word."""
    is_now = not run.phase and run.status in AWAITING_EFFECT
    began = next((step.at for step in transitions if step.to_status in AWAITING_EFFECT), None)
    return Mark(_("Accepted"), NOW if is_now else REACHED, run.answered_at or began)


def _marks(run: CommandRun, stages: Sequence[Stage], times: dict[str, datetime]) -> Iterator[Mark]:
    """The stages that were reached or are expected; a failure stands where it happened."""
    furthest = max((rank(stages, phase) for phase in times), default=0)
    has_failed = bool(run.phase) and not rank(stages, run.phase)
    for number, stage in enumerate((None, *stages)):
        if stage is not None and (stage.phase in times or stage.is_expected):
            at = times.get(stage.phase)
            state = _state(run, stage, at, is_behind=number < furthest)
            yield Mark(str(stage.phase.label), state, at)
        if has_failed and number == furthest:
            yield Mark(str(RunPhase(run.phase).label), FAILED, run.phase_at)


def _state(run: CommandRun, stage: Stage, at: datetime | None, *, is_behind: bool) -> str:
    is_open = run.status in AWAITING_EFFECT
    if at is None:
        return AHEAD if is_open and not is_behind else SKIPPED
    return NOW if is_open and stage.phase == run.phase else REACHED
