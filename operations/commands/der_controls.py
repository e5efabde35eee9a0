"""What the commands about distributed energy resources share (2.1 R)."""

from django.utils.translation import gettext_lazy

from operations.commands.base import REJECTED, Outcome
from operations.commands.plain import DONE, UNSUPPORTED, Choices
from operations.statuses import RunStatus

KINDS: Choices = tuple(
    (name, name)
    for name in (
        "EnterService",
        "FixedPFAbsorb",
        "FixedPFInject",
        "FixedVar",
        "FreqDroop",
        "FreqWatt",
        "Gradients",
        "HFMayTrip",
        "HFMustTrip",
        "HVMayTrip",
        "HVMomCess",
        "HVMustTrip",
        "LFMustTrip",
        "LimitMaxDischarge",
        "LVMayTrip",
        "LVMomCess",
        "LVMustTrip",
        "PowerMonitoringMustTrip",
        "VoltVar",
        "VoltWatt",
        "WattPF",
        "WattVar",
    )
)
ANY: Choices = (("", gettext_lazy("Any")),)
OUTCOMES = {
    "Accepted": DONE,
    "Rejected": REJECTED,
    "NotSupported": UNSUPPORTED,
    "NotFound": Outcome(RunStatus.DONE, gettext_lazy("The station has no such control.")),
}
LONGEST_ID = 36
