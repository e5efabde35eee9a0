"""What a station's words about a log upload mean for the logs that were asked for.

OCPP 1.6 §4.4 and security whitepaper §4.1, 2.0.1 N01. Some stations flood Uploading (libocpp 459),
some say nothing of a second failure (MicroOcpp 397), some only say how it ended.
"""

from datetime import datetime, timedelta

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands.following import Progress, Stage, Step
from operations.events import FileReceived
from operations.statuses import RunPhase, RunStatus

STAGES = (Stage(RunPhase.UPLOADING), Stage(RunPhase.UPLOADED))
FAILURES = {
    "UploadFailed": gettext_lazy("The station gave the upload up."),
    "UploadFailure": gettext_lazy("The station gave the upload up."),
    "BadMessage": gettext_lazy("The receiver did not understand the upload, or the location."),
    "NotSupportedOperation": gettext_lazy(
        "The station or the receiver does not support uploads of this kind: try another protocol."
    ),
    "PermissionDenied": gettext_lazy(
        "The receiver refused the log-in or the file: check the credentials in the location."
    ),
}
NOT_HERE = gettext_lazy("The station says that it has uploaded the log, but no file arrived.")
# A station that was just asked may say Idle before it begins.
TO_BEGIN = timedelta(minutes=1)
# What a station says it has sent to the portal itself is here, or soon will be.
TO_ARRIVE = timedelta(minutes=1)
# How long one that names no file may take to begin all the same.
UNNAMED = timedelta(minutes=2)


def reported(status: str, progress: Progress) -> Step | None:
    """Where a status moves the upload."""
    if status == "Idle":
        return _idle(progress)
    if status == "Uploading":
        return Step(RunStatus.IN_PROGRESS, RunPhase.UPLOADING, _("The station uploads the log."))
    if status == "Uploaded":
        return _uploaded(progress)
    if status == "AcceptedCanceled":
        return Step(
            RunStatus.SUPERSEDED,
            RunPhase.CANCELLED,
            _("The station gave the upload up for a newer one."),
        )
    if status in FAILURES:
        return Step(RunStatus.FAILED, RunPhase.UPLOAD_FAILED, FAILURES[status])
    return None


def _uploaded(progress: Progress) -> Step:
    """The station's word is all there is, unless the file should be at the portal itself."""
    if "receiver" in progress.params:
        words = _("The station says that it has uploaded the log; no file has arrived yet.")
        return Step(RunStatus.IN_PROGRESS, RunPhase.UPLOADED, words)
    return Step(RunStatus.DONE, RunPhase.UPLOADED, _("The station has uploaded the log."))


def received(file: FileReceived) -> Step:
    """The portal's own receiver has it: no station needs to say so."""
    words = {"name": file.name[:100], "size": filesizeformat(file.size_bytes)}
    return Step(RunStatus.DONE, RunPhase.UPLOADED, _("Received %(name)s (%(size)s).") % words)


def due_at(progress: Progress, patience: timedelta) -> datetime:
    """Less patience where the effect should be here already, or may never come."""
    if progress.phase == RunPhase.UPLOADED:
        return progress.at + min(patience, TO_ARRIVE)
    if progress.phase == RunPhase.NO_LOGS:
        return progress.at + min(patience, UNNAMED)
    return progress.at + patience


def stalled(progress: Progress) -> str:
    """Nothing came for long, not even when the station was asked for it."""
    if progress.phase == RunPhase.UPLOADED:
        return str(NOT_HERE)
    if progress.phase == RunPhase.NO_LOGS:
        return _("No logs available: the station named no file, and uploaded nothing.")
    if not progress.phase:
        return _("Stalled: the station accepted, but never said that it uploads anything.")
    return _("Stalled: the station began to upload, and said no more of it.")


def _idle(progress: Progress) -> Step | None:
    """No upload runs: ours is over, or has not begun."""
    if not progress.waits:
        return None
    is_to_begin = progress.phase in {"", RunPhase.NO_LOGS}
    has_just_begun = is_to_begin and progress.at < progress.asked_at + TO_BEGIN
    if has_just_begun or progress.status == RunStatus.SENT:
        return Step(progress.status, progress.phase, "")
    words = _("Unknown: the station says that no upload is running, and no file was seen.")
    if progress.phase in {RunPhase.UPLOADED, RunPhase.NO_LOGS}:
        words = stalled(progress)
    return Step(RunStatus.NOT_CONFIRMED, progress.phase, words)
