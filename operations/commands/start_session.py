"""Start session: RemoteStartTransaction (1.6 §5.11), RequestStartTransaction (2.0.1 F01, F02)."""

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
from operations.commands.id_tokens import TokenForm, id_token, with_group_v201
from operations.commands.places import evse_id
from operations.events import SessionChanged, SessionStarted
from operations.models import Session
from operations.statuses import ChargingStatus, Registration

# Of a station's sessions, how many of the newest may be the one that was asked for.
NEWEST = 10
# What shows one of these can't start a session, and why.
HINDRANCES = {
    ChargingStatus.UNAVAILABLE: gettext_lazy("%(target)s is unavailable: turn it on first."),
    ChargingStatus.FAULTED: gettext_lazy("%(target)s is faulted."),
    ChargingStatus.RESERVED: gettext_lazy("%(target)s is reserved: cancel the reservation first."),
}
BUSY = frozenset(
    {ChargingStatus.CHARGING, ChargingStatus.SUSPENDED_EV, ChargingStatus.SUSPENDED_EVSE}
)


class StartSession(Command):
    """Begins a session for a token, as if its card had been presented.

    Accepted only says that the station will try: the driver may still have to plug in. Done
    when the session is told; 2.x tells it with the number of the request.
    """

    slug = "start-session"
    label = gettext_lazy("Start session")
    icon = "circle-play"
    group = groups.SESSIONS
    targets = frozenset({TargetKind.CHARGER, TargetKind.CONNECTOR})
    asked_of_many = False
    form = TokenForm
    outcomes = {"Accepted": ACCEPTED, "Rejected": REJECTED}
    confirmed_by = (SessionStarted, SessionChanged)
    counts_earlier = False
    effect_timeout_s = 180

    def title(self, target: Target, params: Params) -> str:
        """Name the target."""
        return _("Start a session on %(target)s") % {"target": target.name}

    def obstacle(self, target: Target) -> str | None:
        """What is shown as out of order, taken or reserved is not asked."""
        if target.station.registration == Registration.PENDING:
            return _("%(station)s is not accepted yet: no session can be started.") % {
                "station": target.station.name
            }
        part = target.connector or target.charger
        if part is None or not part.charging_status:
            return None
        status, named = ChargingStatus(part.charging_status), {"target": target.sentence_name}
        if status in HINDRANCES:
            return str(HINDRANCES[status]) % named
        # A charger may have another connector that is free.
        if target.connector is not None and status in BUSY:
            return _("%(target)s is charging already.") % named
        return None

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Without a connector the station chooses one."""
        payload = {"idTag": params["token"]}
        if target.connector is not None or not target.owns_station:
            number = next((connector.number for connector in target.connectors), None)
            if number is None:
                return ()
            payload["connectorId"] = number
        return (Request("RemoteStartTransaction", payload),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The EVSE: 2.x can't name a connector (F01.FR.07)."""
        payload = {
            "idToken": id_token(params["token"], params.get("token_type", "")),
            "remoteStartId": params["request_id"],
            "evseId": evse_id(target),
        }
        return (Request("RequestStartTransaction", with_group_v201(payload, params)),)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """A session the station tells with our number, or one of this token heard since."""
        newest = Session.objects.filter(station=target.station).order_by("-pk")[:NEWEST]
        for session in newest:
            if _is_asked_for(session, target, params, since):
                return _("Session %(session)s started.") % {"session": session}
        return None


def _is_asked_for(session: Session, target: Target, params: Params, since: datetime | None) -> bool:
    """By the request's number; 1.6, and stations that leave it out, by token, place and time."""
    if session.remote_start_id is not None:
        return session.remote_start_id == int(params["request_id"])
    if since is None or session.heard_at is None or session.heard_at < since:
        return False
    if session.token.casefold() != str(params["token"]).casefold():
        return False
    if target.connector is not None and target.station.protocol == "1.6":
        return session.connector_id == target.connector.pk
    return target.charger is None or session.charger_id == target.charger.pk
