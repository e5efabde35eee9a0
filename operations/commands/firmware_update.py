"""Firmware update: UpdateFirmware (1.6 §5.18, 2.0.1 L01), SignedUpdateFirmware (1.6 security)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import firmware_limits, firmware_steps, transports, warnings
from operations.commands.base import (
    ACCEPTED,
    Command,
    Outcome,
    Params,
    Request,
    Target,
    TargetKind,
)
from operations.commands.fields import wire_time
from operations.commands.firmware_form import SLUG, FirmwareUpdateForm
from operations.commands.firmware_limits import PLAIN, SIGNED
from operations.commands.following import Progress, Step
from operations.events import Evidence, FirmwareStatusReported, StationBooted
from operations.statuses import RunStatus
from operations.versions import V16, OcppVersion


class FirmwareUpdate(Command):
    """Has a station fetch and install a firmware, and follows it there phase by phase.

    OCPP 1.6 stations with the security extension must refuse the plain message (whitepaper
    L01.FR.20): what a station refused once, it is not sent again until its firmware changes.
    """

    slug = SLUG
    label = gettext_lazy("Firmware update")
    icon = "upload"
    targets = frozenset({TargetKind.STATION})
    form = FirmwareUpdateForm
    follows = (FirmwareStatusReported, StationBooted)
    stages = firmware_steps.STAGES
    effect_timeout_s = 3600
    may_wait = True
    outcomes = {
        "": ACCEPTED,  # 1.6 §6.58: the answer is empty
        "Accepted": ACCEPTED,
        "AcceptedCanceled": Outcome(
            RunStatus.ACCEPTED, gettext_lazy("The station accepted, and gave up an earlier update.")
        ),
        "Rejected": Outcome(
            RunStatus.REFUSED,
            gettext_lazy("The station refused; perhaps an update runs that it can't give up."),
        ),
        "InvalidCertificate": Outcome(
            RunStatus.REFUSED,
            gettext_lazy("The station refused: it does not trust the signing certificate."),
        ),
        "RevokedCertificate": Outcome(
            RunStatus.REFUSED,
            gettext_lazy("The station refused: the signing certificate was revoked."),
        ),
    }

    def title(self, target: Target, params: Params) -> str:
        """Name the version, where it is known."""
        if params.get("version"):
            return _("Update %(target)s to firmware %(version)s") % {
                "target": target.name,
                "version": params["version"],
            }
        return _("Update the firmware of %(target)s") % {"target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What it does to sessions, and what this station takes only."""
        said = warnings.running_sessions(
            target, _("The station may end it to install, or wait for its end.")
        )
        if target.station.version is V16 and target.station.lacks(PLAIN):
            said += (_("This station takes signed updates only: it refused the plain message."),)
        return said

    def objection(self, target: Target, params: Params) -> str | None:
        """What the message that would be sent can't say, and what the station can't fetch."""
        return firmware_limits.objection(target, params)

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The plain message, or the signed one, which is as in 2.x."""
        if firmware_limits.is_signed(target.station, params):
            return (Request(SIGNED, _job(params)),)
        payload = transports.filled(
            location=params["location"],
            retrieveDate=_retrieve_at(params),
            retries=params.get("retries"),
            retryInterval=params.get("retry_interval_s"),
        )
        return (Request(PLAIN, payload),)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """With certificate and signature where they are given (L01), without them else (L02)."""
        return (Request(PLAIN, _job(params)),)

    def nudge(self, version: OcppVersion, target: Target, params: Params) -> tuple[Request, ...]:
        """Ask how far it is."""
        is_signed = version is V16 and firmware_limits.is_signed(target.station, params)
        action = "ExtendedTriggerMessage" if is_signed else "TriggerMessage"
        return (Request(action, {"requestedMessage": "FirmwareStatusNotification"}),)

    def step(self, event: Evidence, progress: Progress) -> Step | None:
        """Statuses say it, and boots with another version prove it."""
        if isinstance(event, FirmwareStatusReported):
            return firmware_steps.reported(event.status, progress)
        return firmware_steps.booted(progress)

    def due_at(self, progress: Progress, patience: timedelta) -> datetime:
        """Each phase has its time, which begins when the station was told to begin it."""
        begins = firmware_steps.begins_at(progress)
        return max(progress.at, begins or progress.at) + patience

    def stalled(self, progress: Progress) -> str | None:
        """Say after what."""
        return firmware_steps.stalled(progress)


def _retrieve_at(params: Params) -> str:
    return str(params.get("retrieve_at") or wire_time(timezone.now()))


def _job(params: Params) -> dict[str, Any]:
    """2.0.1 UpdateFirmwareRequest, whose shape the 1.6 security extension has too."""
    return transports.filled(
        requestId=params["request_id"],
        retries=params.get("retries"),
        retryInterval=params.get("retry_interval_s"),
        firmware=transports.filled(
            location=params["location"],
            retrieveDateTime=_retrieve_at(params),
            installDateTime=params.get("install_at"),
            signingCertificate=params.get("signing_certificate"),
            signature=params.get("signature"),
        ),
    )
