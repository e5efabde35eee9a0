"""On what terms many are asked: how many at a time, when, how often, until when."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from operations.commands.base import Command
from operations.models.batches import Pacing
from operations.statuses import CountsUntil

# What a model with Pacing keeps of the terms under the same name.
PACING = tuple(field.name for field in Pacing._meta.local_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The wishes of one batch; what is not said is the site's default, or no limit."""

    reason: str = ""
    most_open: int | None = None
    most_open_per_site: int | None = None
    most_open_per_organisation: int | None = None
    counts_until: str = CountsUntil.CLOSED
    wave_size: int | None = None
    wave_pause_s: int = 0
    jitter_s: int = 0
    stop_after_failures: int | None = None
    stop_after_percent: int | None = None
    window_from: time | None = None
    window_to: time | None = None
    attempts: int = 1
    backoff_s: int = 5
    answer_timeout_s: int | None = None
    effect_timeout_s: int | None = None
    asks_during_sessions: bool = False
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    waits_until: datetime | None = None

    def pacing(self, command: Command) -> dict[str, Any]:
        """The fields of a model with Pacing."""
        kept = {name: getattr(self, name) for name in PACING}
        return {
            **kept,
            "most_open": self.most_open or settings.EVCHARGE_BATCH_MOST_OPEN,
            "attempts": self.attempts if command.resend else 1,
        }

    def check(self, command: Command) -> None:
        """Refuse what makes no sense, in a sentence (ValueError)."""
        if self.waits_until is not None and not command.may_wait:
            raise ValueError(
                _('"%(command)s" can only be asked of stations that are connected.')
                % {"command": command.label}
            )
        if (self.window_from is None) != (self.window_to is None):
            raise ValueError(_("A window needs both times: from when, and until when."))
        if self.expires_at and self.starts_at and self.expires_at <= self.starts_at:
            raise ValueError(_("It would expire before it starts."))


def of(pacing: Pacing, **more: Any) -> Terms:
    """The terms a batch or schedule was made with."""
    return Terms(**{name: getattr(pacing, name) for name in PACING}, **more)
