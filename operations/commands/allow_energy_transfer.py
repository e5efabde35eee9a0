"""Allow energy transfer: NotifyAllowedEnergyTransfer (2.1 Q03)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand
from operations.commands.running_sessions import SessionForm
from operations.statuses import Role

MODES = [
    ("AC_single_phase", gettext_lazy("AC on one phase")),
    ("AC_two_phase", gettext_lazy("AC on two phases")),
    ("AC_three_phase", gettext_lazy("AC on three phases")),
    ("DC", "DC"),
    ("AC_BPT", gettext_lazy("AC both ways")),
    ("AC_BPT_DER", gettext_lazy("AC both ways with grid controls")),
    ("AC_DER", gettext_lazy("AC with grid controls")),
    ("DC_BPT", gettext_lazy("DC both ways")),
    ("DC_ACDP", gettext_lazy("DC by pantograph")),
    ("DC_ACDP_BPT", gettext_lazy("DC by pantograph both ways")),
    ("WPT", gettext_lazy("Wireless")),
]


class AllowEnergyTransferForm(SessionForm):
    """In which session, and how."""

    action = "NotifyAllowedEnergyTransfer"
    wire = {"transaction_id": "transactionId", "modes": "allowedEnergyTransfer"}

    modes = forms.MultipleChoiceField(label=gettext_lazy("Allowed"), choices=MODES)


class AllowEnergyTransfer(PlainCommand):
    """Tells the station how a session's vehicle may take and give energy."""

    slug = "allow-energy-transfer"
    label = gettext_lazy("Allow energy transfer")
    icon = "arrows-left-right"
    group = groups.GRID
    permission = Role.ENGINEER
    targets = frozenset(TargetKind)
    asked_of_many = False
    form = AllowEnergyTransferForm
    sentence = gettext_lazy("Allow ways of energy transfer on %(target)s")
    resend = True
    request_v21 = PlainCommand.ask
