"""Lock: SetVariables of ConnectorPlugRetentionLock.Active (2.0.1 part 2 appendix 3)."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import (
    Command,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.statuses import RunStatus

UNKNOWN_LOCK = Outcome(
    RunStatus.UNSUPPORTED, gettext_lazy("The station has no lock that can be closed remotely.")
)


class Lock(Command):
    """Closes a connector's cable lock, on stations that report one they let us close.

    OCPP has no lock request; a writable lock of the device model is the one true way. The lock
    is read back in the same run, so done means that the station says it is locked.
    """

    slug = "lock"
    label = gettext_lazy("Lock")
    icon = "lock"
    targets = frozenset({TargetKind.CONNECTOR})
    outcomes = {
        "Accepted": Outcome(
            RunStatus.NOT_CONFIRMED,
            gettext_lazy("The station accepted, but its lock does not read as locked."),
        ),
        "Locked": Outcome(
            RunStatus.DONE, gettext_lazy("The station says the connector is locked.")
        ),
        "Rejected": Outcome(RunStatus.REFUSED, gettext_lazy("The station refused.")),
        "RebootRequired": Outcome(
            RunStatus.NOT_CONFIRMED,
            gettext_lazy("The station will lock the connector after its next reboot."),
        ),
        "UnknownComponent": UNKNOWN_LOCK,
        "UnknownVariable": UNKNOWN_LOCK,
        "NotSupportedAttributeType": UNKNOWN_LOCK,
    }
    resend = True

    def title(self, target: Target, params: Params) -> str:
        """Name the connector."""
        return _("Lock %(target)s") % {"target": target.name}

    def obstacle(self, target: Target) -> str | None:
        """Only a lock the station reports as writable can be closed."""
        if target.connector is None or target.connector.lock_is_writable:
            return None
        if target.station.protocol == "1.6":
            return _("OCPP 1.6 has no request to lock a connector. Turn the connector off instead.")
        return _("The station reports no lock that can be closed remotely.")

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """Close it, then read it."""
        lock = {"component": _component(target), "variable": {"name": "Active"}}
        return (
            Request("SetVariables", {"setVariableData": [{"attributeValue": "true", **lock}]}),
            Request("GetVariables", {"getVariableData": [lock]}),
        )

    def combine(self, outcomes: Sequence[Outcome]) -> Outcome:
        """What the lock reads as, once the station has accepted to close it."""
        asked, read = outcomes
        return read if asked is self.outcomes["Accepted"] else asked

    def answer_status(self, action: str, payload: Payload) -> str:
        """The one result's status; reading back "true" counts as Locked."""
        key = "setVariableResult" if action == "SetVariables" else "getVariableResult"
        results = payload.get(key)
        result = results[0] if isinstance(results, list) and results else None
        if not isinstance(result, dict):
            return ""
        status = str(result.get("attributeStatus", ""))
        value = str(result.get("attributeValue", "")).lower()
        if action == "GetVariables" and status == "Accepted" and value == "true":
            return "Locked"
        return status


def _component(target: Target) -> dict[str, Any]:
    """The lock of this connector in the station's device model."""
    charger, connector = target.charger, target.connector
    return {
        "name": "ConnectorPlugRetentionLock",
        "evse": {
            "id": charger.number if charger else 0,
            "connectorId": connector.number if connector else 0,
        },
    }
