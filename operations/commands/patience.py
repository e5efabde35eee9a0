"""How long to wait for a station: what the request says, else what suits station and command."""

from django.conf import settings

from operations.commands.base import Command
from operations.models import Station


def answer_s(command: Command, station: Station, wanted: int | None = None) -> int:
    """Seconds for the answer; a station's own time goes before the command's and the site's."""
    site_s: int = settings.EVCHARGE_ANSWER_TIMEOUT_S
    return wanted or station.answer_timeout_s or command.answer_timeout_s or site_s


def effect_s(command: Command, station: Station, wanted: int | None = None) -> int:
    """Seconds for the effect; a slow station makes it longer, never shorter."""
    return wanted or max(command.effect_timeout_s, station.effect_timeout_s or 0)
