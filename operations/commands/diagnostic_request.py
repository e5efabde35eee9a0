"""Diagnostic request: GetDiagnostics (1.6 §5.9), GetLog (1.6 security, 2.0.1 N01)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import log_steps, spoken, transports
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    Command,
    CommandForm,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.commands.fields import MomentField
from operations.commands.following import Progress, Step
from operations.commands.locations import LocationField
from operations.events import Evidence, FileReceived, LogStatusReported
from operations.models import Station
from operations.statuses import RunPhase, RunStatus
from operations.versions import V16, V21, OcppVersion

PLAIN, SECURED = "GetDiagnostics", "GetLog"
LOG_TYPES = {
    "diagnostics": "DiagnosticsLog",
    "security": "SecurityLog",
    "data-collector": "DataCollectorLog",
}
KINDS = [
    ("diagnostics", gettext_lazy("Diagnostics")),
    ("security", gettext_lazy("Security log")),
]
KINDS_OF_21 = [*KINDS, ("data-collector", gettext_lazy("Data collector log"))]
MOST_RETRIES = 100
LONGEST_INTERVAL_S = 24 * 3600

# Closed, though a station that names no file may send one all the same.
NO_LOGS = Outcome(
    RunStatus.FAILED,
    gettext_lazy("No logs available: the station names no file. Try a longer time."),
    RunPhase.NO_LOGS,
)
# GetLog names a file, too, where there is a log (2.0.1 N01), but many stations forget it.
UNNAMED = Outcome(
    RunStatus.ACCEPTED,
    gettext_lazy("The station accepted, but names no file: it may have no logs."),
    RunPhase.NO_LOGS,
)


class DiagnosticRequestForm(CommandForm):
    """Which log, of which time, and where it goes."""

    more = ("message", "anyway")

    kind = forms.ChoiceField(label=gettext_lazy("Log"), required=False)
    started_at = MomentField(
        label=gettext_lazy("Start time"),
        required=False,
        help_text=gettext_lazy("Empty: from the beginning."),
    )
    stopped_at = MomentField(
        label=gettext_lazy("Stop time"), required=False, help_text=gettext_lazy("Empty: until now.")
    )
    receiver = forms.ChoiceField(label=gettext_lazy("Send it to"), required=False)
    location = LocationField(
        label=gettext_lazy("Location"),
        required=False,
        help_text=gettext_lazy("If you give one, the log goes there and not to the portal."),
    )
    retries = forms.IntegerField(
        label=gettext_lazy("Retries"), min_value=0, max_value=MOST_RETRIES, required=False
    )
    retry_interval_s = forms.IntegerField(
        label=gettext_lazy("Retry interval (seconds)"),
        min_value=0,
        max_value=LONGEST_INTERVAL_S,
        required=False,
    )
    message = spoken.MessageField(
        plain=gettext_lazy("Plain: GetDiagnostics"),
        secured=gettext_lazy("Security extension: GetLog"),
    )
    anyway = forms.BooleanField(
        label=gettext_lazy("Ask all the same"),
        required=False,
        help_text=gettext_lazy("Although the station does not list the location's protocol."),
    )

    def __init__(self, *args: Any, target: Target, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        version = target.station.version
        self.fields["location"].fit(version)  # type: ignore[attr-defined]
        self.fields["kind"].choices = KINDS_OF_21 if version is V21 else KINDS  # type: ignore[attr-defined]
        self.fields["receiver"].choices = [  # type: ignore[attr-defined]
            *(
                (name, _("This portal, by %(protocol)s") % {"protocol": transports.WORDS[name]})
                for name in transports.offered()
            ),
            ("", _("The location below")),
        ]
        if version is not V16:
            del self.fields["message"]

    def clean_kind(self) -> str:
        """Diagnostics unless asked otherwise."""
        return self.cleaned_data["kind"] or "diagnostics"

    def clean(self) -> Params:
        """A place to send it to, times in order, and nothing the station can't do."""
        cleaned: Params = super().clean() or self.cleaned_data
        if not cleaned.get("receiver") and not cleaned.get("location") and not self.errors:
            self.add_error("location", _("Give a location, or choose the portal as receiver."))
        start, stop = cleaned.get("started_at"), cleaned.get("stopped_at")
        if start and stop and stop <= start:
            self.add_error("stopped_at", _("The stop time comes after the start time."))
        if not self.errors:
            objection = DiagnosticRequest().objection(self.target, self.params())
            if objection is not None:
                self.add_error(None, objection)
        return cleaned

    def params(self) -> Params:
        """What was filled in; a location goes before the portal's own receiver."""
        params = {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in (None, "", False)
        }
        if "location" in params:
            params.pop("receiver", None)
        return params


class DiagnosticRequest(Command):
    """Has a station upload its log, to the portal's own receiver or elsewhere."""

    slug = "diagnostic-request"
    label = gettext_lazy("Diagnostic request")
    icon = "file"
    targets = frozenset({TargetKind.STATION})
    form = DiagnosticRequestForm
    follows = (LogStatusReported, FileReceived)
    stages = log_steps.STAGES
    effect_timeout_s = 1800
    outcomes = {
        "Accepted": ACCEPTED,
        "AcceptedCanceled": Outcome(
            RunStatus.ACCEPTED, gettext_lazy("The station accepted, and gave up an earlier upload.")
        ),
        "Rejected": REJECTED,
    }

    def title(self, target: Target, params: Params) -> str:
        """Which log."""
        if params.get("kind") == "security":
            return _("Get the security log of %(target)s") % {"target": target.name}
        return _("Get diagnostics of %(target)s") % {"target": target.name}

    def initial(self, target: Target) -> Params:
        """To the portal, by what the station knows."""
        return {"kind": "diagnostics", "receiver": transports.best_for(target.station)}

    def objection(self, target: Target, params: Params) -> str | None:
        """What the plain message can't say, and where the station can't send."""
        station = target.station
        if station.version is V16:
            is_secured = _is_secured(station, params)
            if params.get("kind") == "security" and not is_secured:
                return _(
                    "OCPP 1.6 can only ask for a security log with GetLog, "
                    "and the plain message is chosen, or the station does not support that one."
                )
            if is_secured and transports.is_too_long(params.get("location", "")):
                return _("GetLog carries no location longer than 512 characters.")
        return transports.objection(target, params)

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The plain message, or the security extension's, which is as in 2.x."""
        if _is_secured(target.station, params):
            return self.request_v201(target, params)
        payload = transports.filled(
            location=params["location"],
            retries=params.get("retries"),
            retryInterval=params.get("retry_interval_s"),
            startTime=params.get("started_at"),
            stopTime=params.get("stopped_at"),
        )
        return (Request(PLAIN, payload),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The log's kind, and where to send what time of it."""
        payload = transports.filled(
            logType=LOG_TYPES[params["kind"]],
            requestId=params["request_id"],
            retries=params.get("retries"),
            retryInterval=params.get("retry_interval_s"),
            log=transports.filled(
                remoteLocation=params["location"],
                oldestTimestamp=params.get("started_at"),
                latestTimestamp=params.get("stopped_at"),
            ),
        )
        return (Request(SECURED, payload),)

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """GetDiagnostics is answered with a file name, or with nothing where there is no log."""
        named = payload.get("filename") or payload.get("fileName")
        name = named[:100] if isinstance(named, str) else ""
        if action == PLAIN:
            return _accepted(name) if name else NO_LOGS
        outcome = super().outcome(action, payload)
        if outcome is not ACCEPTED:
            return outcome
        return _accepted(name) if name else UNNAMED

    def nudge(self, version: OcppVersion, target: Target, params: Params) -> tuple[Request, ...]:
        """Ask how far it is."""
        if version is not V16:
            return (Request("TriggerMessage", {"requestedMessage": "LogStatusNotification"}),)
        if _is_secured(target.station, params):
            wanted = {"requestedMessage": "LogStatusNotification"}
            return (Request("ExtendedTriggerMessage", wanted),)
        wanted = {"requestedMessage": "DiagnosticsStatusNotification"}
        return (Request("TriggerMessage", wanted),)

    def step(self, event: Evidence, progress: Progress) -> Step | None:
        """Statuses say it, and the file itself proves it."""
        if isinstance(event, FileReceived):
            return log_steps.received(event)
        assert isinstance(event, LogStatusReported)  # noqa: S101
        return log_steps.reported(event.status, progress)

    def due_at(self, progress: Progress, patience: timedelta) -> datetime:
        """What was uploaded should be here soon."""
        return log_steps.due_at(progress, patience)

    def stalled(self, progress: Progress) -> str | None:
        """Say after what."""
        return log_steps.stalled(progress)


def _accepted(name: str) -> Outcome:
    sentence = _("The station accepted; it calls the file %(name)s.") % {"name": name}
    return Outcome(RunStatus.ACCEPTED, sentence)


def _is_secured(station: Station, params: Params) -> bool:
    wanted = params.get("kind") == "security"
    return spoken.is_secured(station, params, plain=PLAIN, secured=SECURED, wanted=wanted)
