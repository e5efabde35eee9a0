"""What a station's firmware update can't say or do, known before anything is sent."""

from django.utils.translation import gettext as _

from operations.commands import spoken, transports
from operations.commands.base import Params, Target
from operations.models import Station
from operations.versions import V16

PLAIN, SIGNED = "UpdateFirmware", "SignedUpdateFirmware"


def is_signed(station: Station, params: Params) -> bool:
    """Whether a 1.6 station is sent the signed message."""
    wanted = bool(params.get("signature"))
    return spoken.is_secured(station, params, plain=PLAIN, secured=SIGNED, wanted=wanted)


def objection(target: Target, params: Params) -> str | None:
    """What the message that would be sent can't say, and what the station can't fetch."""
    if target.station.version is V16:
        signs = is_signed(target.station, params)
        if params.get("install_at") and not signs:
            return _(
                "OCPP 1.6 can't say when to install unless the update is signed: "
                "leave Install at empty, or give certificate and signature under More."
            )
        if signs and not (params.get("signature") or params.get("image")):
            return _(
                "This station's updates must be signed: "
                "give the signing certificate and the signature under More."
            )
        if signs and transports.is_too_long(params.get("location", "")):
            return _("Signed updates carry no location longer than 512 characters.")
    return transports.objection(target, params)
