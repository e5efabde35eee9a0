"""What the commands about display messages share."""

from django.utils.translation import gettext_lazy

from operations.commands.plain import Choices

PRIORITIES: Choices = (
    ("NormalCycle", gettext_lazy("In turn with others")),
    ("InFront", gettext_lazy("In front of others")),
    ("AlwaysFront", gettext_lazy("Always in front")),
)
STATES: Choices = (
    ("Idle", gettext_lazy("Idle")),
    ("Charging", gettext_lazy("Charging")),
    ("Faulted", gettext_lazy("Faulted")),
    ("Unavailable", gettext_lazy("Unavailable")),
)
ANY: Choices = (("", gettext_lazy("Any")),)
STATES_BY_VERSION = {
    "v201": (*ANY, *STATES),
    "v21": (
        *ANY,
        *STATES,
        ("Suspended", gettext_lazy("Suspended")),
        ("Discharging", gettext_lazy("Discharging")),
    ),
}
MOST = 2**31 - 1  # of a message's number
