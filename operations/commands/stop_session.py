"""Stop session: RemoteStopTransaction (1.6 §5.12), RequestStopTransaction (2.0.1 F03)."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    Command,
    Params,
    Request,
    Target,
    TargetKind,
)
from operations.commands.running_sessions import SessionForm, of_params
from operations.events import SessionChanged, SessionStopped


class StopSessionForm(SessionForm):
    """Which of the running sessions."""

    checks_schema = False  # 1.6 has numbers where 2.x has names


class StopSession(Command):
    """Ends a session as its driver would. Done when the station tells its end."""

    slug = "stop-session"
    label = gettext_lazy("Stop session")
    icon = "circle-stop"
    tone = "danger"
    group = groups.SESSIONS
    targets = frozenset({TargetKind.STATION, TargetKind.CHARGER, TargetKind.CONNECTOR})
    asked_of_many = False
    form = StopSessionForm
    outcomes = {"Accepted": ACCEPTED, "Rejected": REJECTED}
    confirmed_by = (SessionStopped, SessionChanged)
    supersedes = False  # another session may be stopped meanwhile
    effect_timeout_s = 120

    def title(self, target: Target, params: Params) -> str:
        """Name the target."""
        return _("Stop a session on %(target)s") % {"target": target.name}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The number we handed out; what began in another version has none."""
        number = params["transaction_id"]
        if not number.isdecimal():
            return ()
        return (Request("RemoteStopTransaction", {"transactionId": int(number)}),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The station's own id."""
        payload = {"transactionId": params["transaction_id"]}
        return (Request("RequestStopTransaction", payload),)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The session does not run any more."""
        session = of_params(target, params)
        if session is None or session.is_running:
            return None
        return _("Session %(session)s ended: %(reason)s.") % {
            "session": session,
            "reason": session.stop_reason or _("no reason given"),
        }
