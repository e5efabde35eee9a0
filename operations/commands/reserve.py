"""Reserve: ReserveNow (1.6 §5.13, 2.0.1 H01)."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    Command,
    Outcome,
    Params,
    Request,
    Target,
    TargetKind,
)
from operations.commands.fields import MomentField, wire_time
from operations.commands.id_tokens import LONGEST_V16, TokenForm, id_token, with_group_v201
from operations.commands.places import evse_id
from operations.events import ConnectorStatusReported
from operations.statuses import ChargingStatus, RunStatus

USUAL = timedelta(minutes=30)
REFUSALS = {
    "Faulted": gettext_lazy("The station refused: the connector is faulted."),
    "Occupied": gettext_lazy("The station refused: the connector is occupied."),
    "Unavailable": gettext_lazy("The station refused: the connector is unavailable."),
}


class ReserveForm(TokenForm):
    """For whom, and until when."""

    until = MomentField(label=gettext_lazy("Until"))

    def clean_until(self) -> str:
        """Later than now."""
        until: str = self.cleaned_data["until"]
        if until <= wire_time(timezone.now()):
            raise ValidationError(_("Choose a time that is still to come."))
        return until


class Reserve(Command):
    """Keeps a connector for a token for a while. The reservation's number is the request's."""

    slug = "reserve"
    label = gettext_lazy("Reserve")
    icon = "bookmark"
    group = groups.SESSIONS
    targets = frozenset({TargetKind.CONNECTOR})
    asked_of_many = False
    form = ReserveForm
    outcomes = {
        "Accepted": ACCEPTED,
        "Rejected": REJECTED,
        **{word: Outcome(RunStatus.REFUSED, sentence) for word, sentence in REFUSALS.items()},
    }
    confirmed_by = (ConnectorStatusReported,)
    counts_earlier = False
    effect_timeout_s = 30

    def title(self, target: Target, params: Params) -> str:
        """Name the connector."""
        return _("Reserve %(target)s") % {"target": target.name}

    def initial(self, target: Target) -> Params:
        """As long as drivers are usually on their way."""
        return {"until": wire_time(timezone.now() + USUAL)}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """By connector."""
        payload = {
            "connectorId": target.connector.number if target.connector else 0,
            "expiryDate": params["until"],
            "idTag": params["token"],
            "reservationId": params["request_id"],
        }
        group = params.get("group", "")
        if group and len(group) <= LONGEST_V16:
            payload["parentIdTag"] = group
        return (Request("ReserveNow", payload),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """By EVSE: 2.x can't name a connector (H01.FR.03)."""
        payload = {
            "id": params["request_id"],
            "expiryDateTime": params["until"],
            "idToken": id_token(params["token"], params.get("token_type", "")),
            "evseId": evse_id(target),
        }
        return (Request("ReserveNow", with_group_v201(payload, params)),)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The connector says it is reserved."""
        connector = target.connector
        if connector is None or connector.charging_status != ChargingStatus.RESERVED:
            return None
        heard_at = connector.status_heard_at
        if since is None or heard_at is None or heard_at < since:
            return None
        return _("%(target)s is reserved.") % {"target": target.sentence_name}
