"""Unlock: UnlockConnector (1.6 §5.18, 2.0.1 F05)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import warnings
from operations.commands.base import Command, Outcome, Params, Request, Target, TargetKind
from operations.statuses import RunStatus
from operations.versions import V16


class Unlock(Command):
    """Releases a cable the charger does not let go of. The answer is the effect."""

    slug = "unlock"
    label = gettext_lazy("Unlock")
    icon = "unlock"
    targets = frozenset({TargetKind.CONNECTOR})
    outcomes = {
        "Unlocked": Outcome(
            RunStatus.DONE, gettext_lazy("The station says the connector is unlocked.")
        ),
        "UnlockFailed": Outcome(
            RunStatus.FAILED, gettext_lazy("The station tried, but the lock did not open.")
        ),
        "NotSupported": Outcome(
            RunStatus.UNSUPPORTED,
            gettext_lazy("The station has no lock on this connector that can be opened remotely."),
        ),
        "OngoingAuthorizedTransaction": Outcome(
            RunStatus.REFUSED,
            gettext_lazy("The station refused: a session is running on this connector."),
        ),
        "UnknownConnector": Outcome(
            RunStatus.FAILED, gettext_lazy("The station does not know this connector.")
        ),
    }

    def title(self, target: Target, params: Params) -> str:
        """Name the connector."""
        return _("Unlock %(target)s") % {"target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """OCPP 1.6 ends the session first; 2.x refuses while one runs (F05.FR.02)."""
        if target.station.version is V16:
            return warnings.running_sessions(target, _("Unlocking will end it."))
        return warnings.running_sessions(target, _("The station will refuse while it runs."))

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The flat connector number."""
        number = target.connector.number if target.connector else 0
        return (Request("UnlockConnector", {"connectorId": number}),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """EVSE and connector."""
        charger, connector = target.charger, target.connector
        payload = {
            "evseId": charger.number if charger else 0,
            "connectorId": connector.number if connector else 0,
        }
        return (Request("UnlockConnector", payload),)
