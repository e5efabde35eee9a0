"""Request availability change: ChangeAvailability (1.6 §5.2, 2.0.1 G03 and G04)."""

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
from operations.events import ChargerStatusReported, ConnectorStatusReported, StationStatusReported
from operations.models import Connector
from operations.statuses import ChargingStatus, OperationalStatus
from operations.versions import V16, OcppVersion

OPPOSITE = {"on": "off", "off": "on"}
WANTED = {"on": OperationalStatus.OPERATIVE, "off": OperationalStatus.INOPERATIVE}


class ChangeAvailabilityForm(CommandForm):
    """Turn on or off."""

    availability = forms.ChoiceField(
        label=gettext_lazy("Availability"),
        choices=[
            ("off", gettext_lazy("Off: not available to drivers")),
            ("on", gettext_lazy("On: available to drivers")),
        ],
    )


class ChangeAvailability(Command):
    """Makes a charger or connector available to drivers, or not.

    Accepted also means "it already is so"; Scheduled means after the running session.
    """

    slug = "change-availability"
    label = gettext_lazy("Request availability change")
    icon = "power-off"
    targets = frozenset({TargetKind.CHARGER, TargetKind.CONNECTOR})
    form = ChangeAvailabilityForm
    outcomes = {"Accepted": ACCEPTED, "Rejected": REJECTED, "Scheduled": SCHEDULED}
    confirmed_by = (ConnectorStatusReported, StationStatusReported, ChargerStatusReported)
    effect_timeout_s = 30
    resend = True
    may_wait = True

    def title(self, target: Target, params: Params) -> str:
        """Say which way."""
        if params.get("availability") == "on":
            return _("Turn on %(target)s") % {"target": target.name}
        if params.get("availability") == "off":
            return _("Turn off %(target)s") % {"target": target.name}
        return _("Turn %(target)s on or off") % {"target": target.name}

    def initial(self, target: Target) -> Params:
        """The opposite of how it is; what is faulted was turned off by nobody yet."""
        part = target.connector or target.charger
        is_on = part is not None and (
            part.operational_status == OperationalStatus.OPERATIVE
            or part.charging_status == ChargingStatus.FAULTED
        )
        return {"availability": "off" if is_on else "on"}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """A running session delays turning off."""
        if params.get("availability") == "on":
            return ()
        return warnings.running_sessions(
            target, _("Turning off will wait for it to end, or the station may refuse.")
        )

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Connector 0 only where the charger is the whole station, else one call each."""
        kind = WANTED[params["availability"]].value
        if target.connector is None and target.owns_station:
            numbers = [0]
        else:
            numbers = [connector.number for connector in target.connectors]
        return tuple(
            Request("ChangeAvailability", {"connectorId": number, "type": kind})
            for number in numbers
        )

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """One call: the EVSE, or one connector of it."""
        evse: dict[str, Any] = {"id": target.charger.number if target.charger else 0}
        if target.connector is not None:
            evse["connectorId"] = target.connector.number
        status = WANTED[params["availability"]].value
        return (Request("ChangeAvailability", {"operationalStatus": status, "evse": evse}),)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """Every connector was heard in the wanted class.

        The class, not the status: turned on with a cable plugged gives Preparing.
        """
        wanted = WANTED[params["availability"]]
        station_says = _station_says(target, wanted, since)
        if not target.connectors and not station_says:
            return None
        for connector in target.connectors:
            if not station_says and not _is_heard(connector, wanted, since):
                return None
        return _now(target, wanted)

    def nudge(self, version: OcppVersion, target: Target, params: Params) -> tuple[Request, ...]:
        """Ask for the status of each connector (1.6 TriggerMessage, 2.0.1 F06.FR.13)."""
        if version.lineage[-1] == V16:
            return tuple(
                Request(
                    "TriggerMessage",
                    {"requestedMessage": "StatusNotification", "connectorId": connector.number},
                )
                for connector in target.connectors
            )
        return tuple(
            Request(
                "TriggerMessage",
                {
                    "requestedMessage": "StatusNotification",
                    "evse": {"id": target.charger.number, "connectorId": connector.number},
                },
            )
            for connector in target.connectors
            if target.charger is not None
        )

    def withdrawal(self, params: Params) -> Params | None:
        """A scheduled change is taken back by asking for the opposite."""
        return {**params, "availability": OPPOSITE[params["availability"]]}


def _is_heard(connector: Connector, wanted: OperationalStatus, since: datetime | None) -> bool:
    """Whether the connector's own report shows the wanted class."""
    if not connector.charging_status or connector.status_heard_at is None:
        return False
    if since is not None and connector.status_heard_at < since:
        return False
    return ChargingStatus(connector.charging_status).operational_status == wanted


def _station_says(target: Target, wanted: OperationalStatus, since: datetime | None) -> bool:
    """Whether connector 0's report stands for all the target has.

    Some stations only report connector 0 after a change of connector 0 (Grizzl-E).
    """
    station = target.station
    if target.connector is not None or not target.owns_station:
        return False
    if wanted != OperationalStatus.INOPERATIVE or station.main_status_at is None or since is None:
        return False
    return station.main_status == ChargingStatus.UNAVAILABLE and station.main_status_at >= since


def _now(target: Target, wanted: OperationalStatus) -> str:
    """What was seen, in words."""
    statuses = {
        str(ChargingStatus(connector.charging_status).label)
        for connector in target.connectors
        if connector.charging_status
    }
    seen = statuses.pop() if len(statuses) == 1 else str(wanted.label)
    return _("%(target)s is now %(status)s.") % {
        "target": target.sentence_name,
        "status": seen,
    }
