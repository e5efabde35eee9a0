"""Sentences several commands say before they ask."""

from django.utils.translation import gettext as _

from operations import numbers
from operations.commands.base import Target


def running_sessions(target: Target, consequence: str) -> tuple[str, ...]:
    """One sentence per running session, with what it means for the command."""
    return tuple(
        _("A session is running%(energy)s. %(consequence)s")
        % {
            "energy": (
                ""
                if session.energy_wh is None
                else _(": %(kwh)s kWh so far") % {"kwh": numbers.fixed(session.energy_wh / 1000)}
            ),
            "consequence": consequence,
        }
        for session in target.sessions
    )
