"""How files come to stations and from them: what the portal offers, what a station told."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.base import Params, Payload, Target
from operations.commands.locations import LONGEST_SIGNED
from operations.models import Station

WORDS = {
    "http": gettext_lazy("HTTP"),
    "ftp": gettext_lazy("FTP"),
    "ftps": gettext_lazy("FTP with TLS"),
    "sftp": gettext_lazy("SFTP"),
}


def offered() -> tuple[str, ...]:
    """What stations can reach the portal's own files by, the most usual first."""
    if not settings.EVCHARGE_FILES_SERVERS:
        return ("http",)
    encrypted = ("ftps",) if settings.EVCHARGE_FTP_CERTIFICATE else ()
    return ("http", "ftp", *encrypted, "sftp")


def best_for(station: Station) -> str:
    """The first of them that the station knows, as far as it told; HTTP may be HTTPS."""
    known = (name for name in offered() if _knows(station, name))
    return next(known, offered()[0])


def _knows(station: Station, protocol: str) -> bool:
    if protocol == "http":
        return station.transfers_by("http") or station.transfers_by("https")
    return station.transfers_by(protocol)


def objection(target: Target, params: Params) -> str | None:
    """Why the station can't use this location, as far as it told."""
    location, station = params.get("location", ""), target.station
    scheme = location.partition("://")[0].lower()
    if not location or params.get("anyway") or station.transfers_by(scheme):
        return None
    return _(
        "%(station)s says that it transfers files by %(known)s only, and this is %(scheme)s. "
        'To send it all the same, tick "Ask all the same" under More.'
    ) % {"station": station.name, "known": station.file_protocols, "scheme": scheme.upper()}


def is_too_long(location: str) -> bool:
    """Whether 2.0.1's messages, and 1.6's of the security extension, can't carry it."""
    return len(location) > LONGEST_SIGNED


def filled(**fields: Any) -> Payload:
    """Only what was given: stations trip over empty fields (MicroOcpp 208)."""
    return {name: value for name, value in fields.items() if value not in (None, "", {})}
