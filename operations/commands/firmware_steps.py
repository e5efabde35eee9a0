"""What a station's words about its firmware mean for the update that was asked for.

OCPP 1.6 §4.5 and security whitepaper §4.3, 2.0.1 L01: any phase may be left out, told twice or
told again, and some stations never say Installed (ev-server 2305).
"""

from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.following import Progress, Stage, Step, rank
from operations.statuses import RunPhase, RunStatus

STAGES = (
    Stage(RunPhase.DOWNLOAD_SCHEDULED, is_expected=False),
    Stage(RunPhase.DOWNLOADING),
    Stage(RunPhase.DOWNLOAD_PAUSED, is_expected=False),
    Stage(RunPhase.DOWNLOADED),
    Stage(RunPhase.SIGNATURE_VERIFIED, is_expected=False),
    Stage(RunPhase.INSTALL_SCHEDULED, is_expected=False),
    Stage(RunPhase.INSTALLING),
    Stage(RunPhase.INSTALL_REBOOTING, is_expected=False),
    Stage(RunPhase.INSTALLED),
)
UNDER_WAY = {
    RunPhase.DOWNLOAD_SCHEDULED: gettext_lazy("The station will download the firmware later."),
    RunPhase.DOWNLOADING: gettext_lazy("The station downloads the firmware."),
    RunPhase.DOWNLOAD_PAUSED: gettext_lazy("The station has paused the download."),
    RunPhase.DOWNLOADED: gettext_lazy("The station has downloaded the firmware."),
    RunPhase.SIGNATURE_VERIFIED: gettext_lazy("The station found the firmware's signature valid."),
    RunPhase.INSTALL_SCHEDULED: gettext_lazy("The station will install the firmware later."),
    RunPhase.INSTALLING: gettext_lazy("The station installs the firmware."),
    RunPhase.INSTALL_REBOOTING: gettext_lazy("The station reboots to install the firmware."),
}
FAILURES = {
    RunPhase.DOWNLOAD_FAILED: gettext_lazy(
        "The station could not download the firmware. Check the location and its credentials."
    ),
    RunPhase.INVALID_SIGNATURE: gettext_lazy(
        "The station found the firmware's signature invalid, and did not install it."
    ),
    RunPhase.INSTALL_VERIFICATION_FAILED: gettext_lazy(
        "The station could not verify the firmware, and did not install it."
    ),
    RunPhase.INSTALLATION_FAILED: gettext_lazy(
        "The station could not install the firmware. Check that its connectors are available again."
    ),
}
# What may be begun anew: a download any time, installing after a reboot that belongs to it.
AGAIN = {
    RunPhase.DOWNLOADING: frozenset(RunPhase),
    RunPhase.INSTALLING: frozenset({RunPhase.INSTALL_REBOOTING}),
}
BEFORE_DOWNLOAD = frozenset({"", RunPhase.DOWNLOAD_SCHEDULED})
BEFORE_INSTALL = frozenset(
    {RunPhase.DOWNLOADED, RunPhase.SIGNATURE_VERIFIED, RunPhase.INSTALL_SCHEDULED}
)
# A station that was just asked may say Idle before it begins.
TO_BEGIN = timedelta(minutes=1)


def reported(status: str, progress: Progress) -> Step | None:
    """Where a status moves the update."""
    if progress.status == RunStatus.DONE:
        return None
    if status == "Idle":
        return _idle(progress)
    if status == RunPhase.INSTALLED:
        return _installed(progress)
    if status in FAILURES:
        return Step(RunStatus.FAILED, status, FAILURES[RunPhase(status)])
    return _under_way(RunPhase(status), progress) if status in UNDER_WAY else None


def _under_way(phase: RunPhase, progress: Progress) -> Step:
    """On to this phase, unless what was told is behind what is known already."""
    if progress.waits and _is_behind(phase, progress.phase):
        return still(progress)
    return Step(RunStatus.IN_PROGRESS, phase, UNDER_WAY[phase])


def _installed(progress: Progress) -> Step:
    """Its word counts, unless it has told already that it runs something else."""
    if progress.has_new_firmware or progress.has_booted:
        other = _other_version(progress)
        if other is not None:
            return other
    sentence = _("The station has installed the firmware.")
    return Step(RunStatus.DONE, RunPhase.INSTALLED, sentence)


def booted(progress: Progress) -> Step | None:
    """A boot with another firmware than before means it was installed, whatever was not said.

    What it boots with after it said Installed is what it has installed.
    """
    if progress.status == RunStatus.FAILED:
        return None
    if progress.phase == RunPhase.INSTALLED:
        return _other_version(progress) or _as_expected(progress)
    return _new_firmware(progress) if progress.has_new_firmware else still(progress)


def still(progress: Progress) -> Step:
    """Nothing new; the station lives on."""
    return Step(progress.status, progress.phase, "")


def begins_at(progress: Progress) -> datetime | None:
    """When the station was told to go on from where it is, None where it just does."""
    if progress.phase in BEFORE_DOWNLOAD:
        moment = progress.params.get("retrieve_at")
    elif progress.phase in BEFORE_INSTALL:
        moment = progress.params.get("install_at")
    else:
        return None
    return parse_datetime(moment) if moment else None


def stalled(progress: Progress) -> str:
    """Nothing came for long, not even when the station was asked for it."""
    if not progress.phase:
        return _("Stalled: the station accepted the update, but never said that it began.")
    return _('Stalled: after "%(phase)s" the station said no more of the update.') % {
        "phase": RunPhase(progress.phase).label
    }


def _is_behind(phase: RunPhase, reached: str) -> bool:
    if phase == reached or reached in AGAIN.get(phase, ()):
        return False
    return rank(STAGES, phase) < rank(STAGES, reached)


def _idle(progress: Progress) -> Step | None:
    """No update runs, which is said only when asked (2.0.1 L01.FR.25): ours is over, or to come."""
    if not progress.waits:
        return None
    if progress.has_new_firmware:
        return _new_firmware(progress)
    begins = begins_at(progress)
    is_to_come = begins is not None and progress.at < begins
    has_just_begun = not progress.phase and progress.at < progress.asked_at + TO_BEGIN
    if is_to_come or has_just_begun or progress.status == RunStatus.SENT:
        return still(progress)
    return Step(
        RunStatus.NOT_CONFIRMED,
        progress.phase,
        _("Unknown: the station says that no update is running, and its firmware is the same."),
    )


def _new_firmware(progress: Progress) -> Step:
    words = {"now": progress.firmware_now, "before": progress.firmware_before}
    sentence = _("Installed: the firmware is %(now)s now, and was %(before)s.")
    installed = Step(RunStatus.DONE, RunPhase.INSTALLED, sentence % words)
    return _other_version(progress) or installed


def _as_expected(progress: Progress) -> Step:
    """It came with what it was given, if only at its second boot."""
    if not progress.params.get("version"):
        return still(progress)
    sentence = _("Installed: the firmware is %(now)s now, and was %(before)s.")
    words = {"now": progress.firmware_now, "before": progress.firmware_before or "?"}
    return Step(RunStatus.DONE, RunPhase.INSTALLED, sentence % words)


def _other_version(progress: Progress) -> Step | None:
    """It runs, and it is not what the image says it brings."""
    expected, now = progress.params.get("version"), progress.firmware_now
    if not expected or not now or now == expected:
        return None
    if now == progress.firmware_before:
        sentence = _("The station said it has installed %(other)s, and still runs %(now)s.")
    else:
        sentence = _("The station came with %(now)s; %(other)s was expected.")
    words = {"now": now, "other": expected}
    return Step(RunStatus.NOT_CONFIRMED, RunPhase.INSTALLED, sentence % words)
