"""Reboot: Reset (1.6 §5.14, 2.0.1 B11 and B12)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import warnings
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    SCHEDULED,
    Command,
    CommandForm,
    Params,
    Request,
    Target,
    TargetKind,
)
from operations.commands.spans import between
from operations.events import StationBooted
from operations.versions import V16, V21

V16_MODES = [
    ("idle", gettext_lazy("Soft: ends sessions properly, then restarts the software")),
    ("now", gettext_lazy("Hard: restarts the hardware at once")),
]
V201_MODES = [
    ("idle", gettext_lazy("On idle: waits for running sessions, then restarts")),
    ("now", gettext_lazy("Immediate: ends sessions and restarts")),
]
V21_MODES = [
    *V201_MODES,
    ("resume", gettext_lazy("Immediate and resume: restarts, then resumes sessions")),
]
RESET_TYPES = {
    "v16": {"idle": "Soft", "now": "Hard"},
    "v201": {"idle": "OnIdle", "now": "Immediate"},
    "v21": {"idle": "OnIdle", "now": "Immediate", "resume": "ImmediateAndResume"},
}


class RebootForm(CommandForm):
    """How to reboot; the choices are the station's version's."""

    mode = forms.ChoiceField(label=gettext_lazy("Mode"), initial="idle", required=False)

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        version = target.station.version
        modes = {V16: V16_MODES, V21: V21_MODES}.get(version, V201_MODES) if version else V201_MODES
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]

    def clean_mode(self) -> str:
        """The gentle way unless asked otherwise."""
        return self.cleaned_data["mode"] or "idle"


class Reboot(Command):
    """Restarts the station.

    A station answers before it reboots, so Accepted only means the reset has begun; some
    reboot without answering. Either way it is done when the station boots again.
    """

    slug = "reboot"
    label = gettext_lazy("Reboot")
    icon = "sync"
    tone = "danger"
    targets = frozenset({TargetKind.STATION})
    form = RebootForm
    outcomes = {"Accepted": ACCEPTED, "Rejected": REJECTED, "Scheduled": SCHEDULED}
    confirmed_by = (StationBooted,)
    effect_timeout_s = 600
    may_disconnect = True
    jitter_s = 60

    def title(self, target: Target, params: Params) -> str:
        """Name the station."""
        return _("Reboot %(target)s") % {"target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What becomes of running sessions."""
        waits = target.station.version is not V16 and params.get("mode", "idle") == "idle"
        if waits:
            return warnings.running_sessions(target, _("The reboot will wait for it to end."))
        return warnings.running_sessions(target, _("Rebooting will end it."))

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Soft or Hard."""
        return (Request("Reset", {"type": RESET_TYPES["v16"][params["mode"]]}),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """OnIdle or Immediate."""
        return (Request("Reset", {"type": RESET_TYPES["v201"][params["mode"]]}),)

    def request_v21(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Also ImmediateAndResume."""
        return (Request("Reset", {"type": RESET_TYPES["v21"][params["mode"]]}),)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The station booted after it was asked."""
        booted_at = target.station.booted_at
        if since is None or booted_at is None or booted_at < since:
            return None
        return _("%(target)s booted %(span)s after it was asked.") % {
            "target": target.name,
            "span": between(since, booted_at),
        }
