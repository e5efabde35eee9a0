"""Trigger message: TriggerMessage (1.6 §5.16, 2.0.1 F06) and 1.6's ExtendedTriggerMessage."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import events
from operations.commands import triggers
from operations.commands.base import (
    REJECTED,
    Command,
    Outcome,
    Params,
    Request,
    Target,
    TargetKind,
)
from operations.commands.following import Progress
from operations.commands.spans import between
from operations.commands.trigger_form import TriggerMessageForm, number_of
from operations.commands.triggers import CUSTOM, Place, Trigger
from operations.models import Connector, OcppMessage
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion

# So many of a station's messages are looked through; it has seldom more to say in a minute.
MOST_MESSAGES = 300


class TriggerMessage(Command):
    """Has the station send a message it would send later, or not at all.

    The message comes after the answer (1.6 §5.16); one the station sends of itself meanwhile
    says as much, so it counts too.
    """

    slug = "trigger-message"
    label = gettext_lazy("Trigger message")
    icon = "exclamation"
    targets = frozenset({TargetKind.STATION})
    form = TriggerMessageForm
    outcomes = {
        "Accepted": Outcome(
            RunStatus.ACCEPTED, gettext_lazy("The station accepted; the message is to come.")
        ),
        "Rejected": REJECTED,
        "NotImplemented": Outcome(
            RunStatus.UNSUPPORTED,
            gettext_lazy("The station knows this message, but can't be asked for it."),
        ),
    }
    confirmed_by = (
        events.StationBooted,
        events.HeartbeatHeard,
        events.ConnectorStatusReported,
        events.StationStatusReported,
        events.MetersRead,
        events.SessionChanged,
        events.FirmwareStatusReported,
        events.LogStatusReported,
        events.MessageHeard,
    )
    effect_timeout_s = 30
    resend = True
    counts_earlier = False
    supersedes = False
    is_correctable = False

    def title(self, target: Target, params: Params) -> str:
        """Name the message."""
        trigger = triggers.BY_KEY.get(str(params.get("message")))
        if trigger is None:
            return _("Trigger a message of %(target)s") % {"target": target.name}
        return _("Trigger “%(message)s” of %(target)s") % {
            "message": trigger.label,
            "target": target.name,
        }

    def initial(self, target: Target) -> Params:
        """What is asked for most."""
        return {"message": "status-notification"}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """OCPP 2.x forbids a second boot (F06.FR.17)."""
        version = target.station.version
        is_boot = params.get("message") == "boot-notification"
        if is_boot and version is not None and version.lineage[-1] != V16:
            return (_("Stations of OCPP 2.x refuse to boot again once they are accepted."),)
        return ()

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """One call; for all connectors the number is left out, since some reject 0 (§5.16)."""
        trigger = _spoken(V16, params)
        is_extended = params.get("dialect") == "extended" or not trigger.v16
        payload: Params = {"requestedMessage": trigger.extended if is_extended else trigger.v16}
        if trigger.is_of_connector and params.get("connector"):
            payload["connectorId"] = int(params["connector"])
        return (Request("ExtendedTriggerMessage" if is_extended else "TriggerMessage", payload),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """StatusNotification needs a connector: one call for each (F06.FR.13)."""
        return self._request_v2(_spoken(V201, params), target, params)

    def request_v21(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Also what 2.1 adds."""
        return self._request_v2(_spoken(V21, params), target, params)

    def _request_v2(self, trigger: Trigger, target: Target, params: Params) -> tuple[Request, ...]:
        payload = {"requestedMessage": trigger.v2}
        if trigger is CUSTOM:
            payload["customTrigger"] = params["custom_trigger"]
        return tuple(
            Request("TriggerMessage", payload | ({"evse": evse} if evse else {}))
            for evse in _evses(trigger, target, params)
        )

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """The message was heard; of each connector that was asked for by itself."""
        trigger = triggers.BY_KEY[params["message"]]
        if trigger is CUSTOM:
            return _("The station accepted; what it sends is its vendor's to say.")
        proof = self.proof(target, params, since)
        if since is None or not proof:
            return None
        return _("%(message)s came %(span)s after it was asked for.") % {
            "message": proof[-1].action,
            "span": between(since, proof[-1].called_at),
        }

    def proof(
        self, target: Target, params: Params, since: datetime | None
    ) -> Sequence[OcppMessage]:
        """The messages that came; none while one is missing."""
        trigger = triggers.BY_KEY[params["message"]]
        if since is None:
            return ()
        # The newest of the station's first: its whole log would be searched otherwise.
        newest = OcppMessage.objects.filter(station=target.station).order_by("-pk")
        heard = OcppMessage.objects.filter(
            pk__in=newest.values("pk")[:MOST_MESSAGES],
            is_from_station=True,
            action__in=trigger.arrives,
            called_at__gte=since,
        ).order_by("pk")
        places = [triggers.places_of(message.call) for message in heard]
        found = []
        for wanted in _wanted(trigger, target, params):
            pairs = zip(heard, places, strict=True)
            message = next((each for each, said in pairs if _covers(wanted, said)), None)
            if message is None:
                return ()
            found.append(message)
        return sorted(found, key=lambda message: message.pk)

    def stalled(self, progress: Progress) -> str | None:
        """What did not come."""
        trigger = triggers.BY_KEY[progress.params["message"]]
        return _("Accepted, but nothing received: no %(message)s came.") % {
            "message": trigger.arrives[0] if trigger.arrives else trigger.label
        }


def _spoken(version: OcppVersion, params: Params) -> Trigger:
    """The trigger in question. Raises LookupError where the version has none like it."""
    trigger = triggers.BY_KEY[params["message"]]
    if not trigger.is_in(version):
        raise LookupError(f"OCPP {version} has no trigger {trigger.key}")
    return trigger


def _evses(trigger: Trigger, target: Target, params: Params) -> Iterable[dict[str, int] | None]:
    """The `evse` of each call: none for what is of the whole station."""
    if not trigger.is_of_connector:
        return [None]
    if trigger.is_of_each:
        connectors = _asked(target, params)
        return [{"id": each.charger.number, "connectorId": each.number} for each in connectors]
    return [{"id": _charger_in(params)}] if params.get("connector") else [None]


def _charger_in(params: Params) -> int:
    """The charger's number in a choice of OCPP 2.x: 2 in "2.1"."""
    return int(params["connector"].partition(".")[0])


def _asked(target: Target, params: Params) -> list[Connector]:
    number, version = params.get("connector"), target.station.version
    return [each for each in target.connectors if number in ("", None, number_of(each, version))]


def _wanted(trigger: Trigger, target: Target, params: Params) -> list[Place]:
    """Of which places messages must come: charger and connector, None for any."""
    version = target.station.version
    is_flat = version is None or version.lineage[-1] == V16
    if not trigger.is_of_connector or (not params.get("connector") and is_flat):
        return [(None, None)]
    if is_flat:
        return [(None, int(params["connector"]))]
    if trigger.is_of_each:
        return [(each.charger.number, each.number) for each in _asked(target, params)]
    if not params.get("connector"):
        return [(None, None)]
    return [(_charger_in(params), None)]


def _covers(wanted: Place, places: Iterable[Place]) -> bool:
    """Whether a message speaks of a wanted place."""
    return any(
        all(None in (want, said) or want == said for want, said in zip(wanted, place, strict=True))
        for place in places
    )
