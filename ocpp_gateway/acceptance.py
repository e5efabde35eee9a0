"""What a station may say before we have accepted it. No I/O."""

from typing import Any

from operations.statuses import Registration

# What each of these asks a station to say, apart from TriggerMessage, which names it.
REPORTS = {"GetBaseReport": "NotifyReport", "GetReport": "NotifyReport"}
# Three kinds of certificate to be signed are triggered by their own names, and asked for by one.
SIGNED = frozenset(
    {
        "SignChargingStationCertificate",
        "SignV2GCertificate",
        "SignV2G20Certificate",
        "SignCombinedCertificate",
    }
)


class Acceptance:
    """How the station's boot was answered, and what we asked it to say all the same.

    An OCPP 2.x station that is Pending or Rejected may boot, answer, and send what we triggered;
    anything else is a SecurityError (2.0.1 B02.FR.09, B03.FR.07).
    """

    def __init__(self, registration: Registration, *, is_strict: bool) -> None:
        self.registration = registration
        self._is_strict = is_strict
        self._invited: set[str] = {"BootNotification"}

    def ask(self, action: str, payload: dict[str, Any]) -> None:
        """Note a call of ours that asks the station to say something."""
        if action == "TriggerMessage":
            wanted = str(payload.get("requestedMessage", ""))
            self._invited.add("SignCertificate" if wanted in SIGNED else wanted)
        elif action in REPORTS:
            self._invited.add(REPORTS[action])

    def lets(self, action: str) -> bool:
        """Whether the station may say this now."""
        if not self._is_strict or self.registration == Registration.ACCEPTED:
            return True
        return action in self._invited
