"""Effects that take their time: how a run follows what its station reports, phase by phase."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from operations.statuses import AWAITING_EFFECT, RunPhase, RunStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is when something is heard, or not heard any more."""

    status: RunStatus
    phase: str
    at: datetime
    asked_at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    # The station's firmware when it was asked, and as it is known now.
    firmware_before: str = ""
    firmware_now: str = ""
    # Whether the station has booted since it said that it is in this phase.
    has_booted: bool = False

    @property
    def waits(self) -> bool:
        """Whether the effect is still to come, as far as the portal knows."""
        return self.status in AWAITING_EFFECT | {RunStatus.SENT}

    @property
    def has_new_firmware(self) -> bool:
        """Whether the station runs another firmware than when it was asked."""
        return bool(self.firmware_before) and self.firmware_now not in {"", self.firmware_before}


@dataclass(frozen=True, slots=True)
class Step:
    """Where something heard moves a run; with nothing changed it only shows that it lives on."""

    status: RunStatus
    phase: str
    sentence: str | Promise

    def is_news(self, progress: Progress) -> bool:
        """Whether the run was not there already."""
        return (self.status, self.phase) != (progress.status, progress.phase)


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase as pages draw it; one that is not expected shows only once it was reached."""

    phase: RunPhase
    is_expected: bool = True


def rank(stages: Sequence[Stage], phase: str) -> int:
    """How far a phase is on its way, counted from 1; 0 for none of these."""
    names = [stage.phase.value for stage in stages]
    return names.index(phase) + 1 if phase in names else 0
