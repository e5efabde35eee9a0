"""What the commands about charging profiles share: purposes, and what they are called."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from operations.commands.base import Target, TargetKind, Text
from operations.versions import V16, V21

MAX = gettext_lazy("The most the whole station may take")
DEFAULT = gettext_lazy("For every session")
SESSION = gettext_lazy("For one running session")

V16_PURPOSES: Mapping[str, Text] = {
    "ChargePointMaxProfile": MAX,
    "TxDefaultProfile": DEFAULT,
    "TxProfile": SESSION,
}
V201_PURPOSES: Mapping[str, Text] = {
    "ChargingStationMaxProfile": MAX,
    "TxDefaultProfile": DEFAULT,
    "TxProfile": SESSION,
}
V21_PURPOSES: Mapping[str, Text] = {
    **V201_PURPOSES,
    "PriorityCharging": gettext_lazy("For priority charging"),
    "LocalGeneration": gettext_lazy("More where the site generates power"),
}
OF_THE_STATION = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
# What was set from outside; the central system may ask for it and clear it, never set it.
EXTERNAL = {"ChargingStationExternalConstraints": gettext_lazy("Limits set from outside")}


def purposes(target: Target) -> list[tuple[str, Text]]:
    """The purposes a profile may have there, in the words of the station's version."""
    version = target.station.version
    known = {V16: V16_PURPOSES, V21: V21_PURPOSES}.get(version, V201_PURPOSES) if version else {}
    known = known or V201_PURPOSES
    is_whole = target.kind == TargetKind.STATION
    return [
        (purpose, words)
        for purpose, words in known.items()
        if (purpose not in OF_THE_STATION or is_whole) and (purpose != "TxProfile" or not is_whole)
    ]


def findable(target: Target) -> list[tuple[str, Text]]:
    """The purposes one may ask for or clear: any."""
    version = target.station.version
    if version is V16:
        return list(V16_PURPOSES.items())
    return [*(V21_PURPOSES if version is V21 else V201_PURPOSES).items(), *EXTERNAL.items()]
