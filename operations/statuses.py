"""The states things can be in, with the word, icon and tone pages show them with."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OperationalStatus(models.TextChoices):
    """Whether a component works for end users; Closed means discarded."""

    OPERATIVE = "Operative", _("Operative")
    INOPERATIVE = "Inoperative", _("Inoperative")
    CLOSED = "Closed", _("Closed")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"Operative": "green", "Inoperative": "orange", "Closed": "secondary"}[self.value]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {
            "Operative": "circle-check",
            "Inoperative": "circle-minus",
            "Closed": "box-archive",
        }[self.value]


class ChargingStatus(models.TextChoices):
    """The specific status of a connector or charger, in OCPP 1.6's words (§7.7)."""

    AVAILABLE = "Available", _("Available")
    PREPARING = "Preparing", _("Preparing")
    CHARGING = "Charging", _("Charging")
    SUSPENDED_EVSE = "SuspendedEVSE", _("Suspended EVSE")
    SUSPENDED_EV = "SuspendedEV", _("Suspended EV")
    FINISHING = "Finishing", _("Finishing")
    RESERVED = "Reserved", _("Reserved")
    UNAVAILABLE = "Unavailable", _("Unavailable")
    FAULTED = "Faulted", _("Faulted")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _CHARGING_LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _CHARGING_LOOKS[self.value][1]

    @property
    def operational_status(self) -> OperationalStatus:
        """The broad status this specific one stands for (OCPP 1.6 §7.7)."""
        broken = self in {ChargingStatus.UNAVAILABLE, ChargingStatus.FAULTED}
        return OperationalStatus.INOPERATIVE if broken else OperationalStatus.OPERATIVE

    @property
    def is_occupied(self) -> bool:
        """Whether OCPP 2.x would call the connector Occupied."""
        return self in OCCUPIED


_CHARGING_LOOKS = {
    "Available": ("green", "circle-check"),
    "Preparing": ("cyan", "plug"),
    "Charging": ("blue", "bolt"),
    "SuspendedEVSE": ("yellow", "circle-pause"),
    "SuspendedEV": ("yellow", "car-side"),
    "Finishing": ("cyan", "flag-checkered"),
    "Reserved": ("purple", "bookmark"),
    "Unavailable": ("orange", "ban"),
    "Faulted": ("red", "triangle-exclamation"),
}

OCCUPIED = frozenset(
    {
        ChargingStatus.PREPARING,
        ChargingStatus.CHARGING,
        ChargingStatus.SUSPENDED_EVSE,
        ChargingStatus.SUSPENDED_EV,
        ChargingStatus.FINISHING,
    }
)

# A charger shows the most alive of its connectors' statuses: this order, first found wins.
MOST_ALIVE_FIRST = (
    ChargingStatus.CHARGING,
    ChargingStatus.SUSPENDED_EVSE,
    ChargingStatus.SUSPENDED_EV,
    ChargingStatus.FINISHING,
    ChargingStatus.PREPARING,
    ChargingStatus.RESERVED,
    ChargingStatus.AVAILABLE,
    ChargingStatus.UNAVAILABLE,
    ChargingStatus.FAULTED,
)


class Registration(models.TextChoices):
    """What a station's BootNotification is answered with (OCPP 1.6 §4.2, 2.0.1 B01 to B03)."""

    ACCEPTED = "Accepted", _("Accepted")
    PENDING = "Pending", _("Pending")
    REJECTED = "Rejected", _("Rejected")


class LockStatus(models.TextChoices):
    """What is known of a connector's cable lock."""

    UNKNOWN = "unknown", _("Unknown")
    LOCKED = "locked", _("Locked")
    UNLOCKED = "unlocked", _("Unlocked")


class RunStatus(models.TextChoices):
    """Where a command run is in its life (docs/architecture.md)."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in-progress", _("In progress")
    DONE = "done", _("Done")
    NOT_CONFIRMED = "not-confirmed", _("Accepted, not confirmed")
    REFUSED = "refused", _("Refused")
    UNSUPPORTED = "unsupported", _("Not supported")
    FAILED = "failed", _("Failed")
    TIMED_OUT = "timed-out", _("Timed out")
    NOT_CONNECTED = "not-connected", _("Not connected")
    CONNECTION_LOST = "connection-lost", _("Connection lost")
    CANCELLED = "cancelled", _("Cancelled")
    SUPERSEDED = "superseded", _("Superseded")

    @property
    def is_open(self) -> bool:
        """Whether the run still waits for something."""
        return self in OPEN_STATUSES

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _RUN_LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _RUN_LOOKS[self.value][1]


_RUN_LOOKS = {
    "queued": ("secondary", "hourglass-start"),
    "sent": ("blue", "paper-plane"),
    "accepted": ("blue", "thumbs-up"),
    "scheduled": ("purple", "calendar-check"),
    "in-progress": ("blue", "gears"),
    "done": ("green", "circle-check"),
    "not-confirmed": ("yellow", "circle-question"),
    "refused": ("orange", "hand"),
    "unsupported": ("orange", "circle-xmark"),
    "failed": ("red", "triangle-exclamation"),
    "timed-out": ("red", "clock"),
    "not-connected": ("red", "plug-circle-xmark"),
    "connection-lost": ("red", "link-slash"),
    "cancelled": ("secondary", "circle-xmark"),
    "superseded": ("secondary", "forward"),
}

OPEN_STATUSES = frozenset(
    {
        RunStatus.QUEUED,
        RunStatus.SENT,
        RunStatus.ACCEPTED,
        RunStatus.SCHEDULED,
        RunStatus.IN_PROGRESS,
    }
)

# Waiting for the effect: the station has said yes, or fell silent in a way that may mean yes.
AWAITING_EFFECT = frozenset({RunStatus.ACCEPTED, RunStatus.SCHEDULED, RunStatus.IN_PROGRESS})

# Closed, but later evidence (a late answer, a boot, a status) may still tell the truth.
CORRECTABLE = frozenset({RunStatus.TIMED_OUT, RunStatus.CONNECTION_LOST, RunStatus.NOT_CONFIRMED})


class RunPhase(models.TextChoices):
    """How far an open run is, where stations tell: OCPP's firmware and log upload statuses."""

    DOWNLOAD_SCHEDULED = "DownloadScheduled", _("Download scheduled")
    DOWNLOADING = "Downloading", _("Downloading")
    DOWNLOAD_PAUSED = "DownloadPaused", _("Download paused")
    DOWNLOADED = "Downloaded", _("Downloaded")
    SIGNATURE_VERIFIED = "SignatureVerified", _("Signature verified")
    INSTALL_SCHEDULED = "InstallScheduled", _("Installation scheduled")
    INSTALLING = "Installing", _("Installing")
    INSTALL_REBOOTING = "InstallRebooting", _("Rebooting to install")
    INSTALLED = "Installed", _("Installed")
    DOWNLOAD_FAILED = "DownloadFailed", _("Download failed")
    INVALID_SIGNATURE = "InvalidSignature", _("Invalid signature")
    INSTALL_VERIFICATION_FAILED = "InstallVerificationFailed", _("Verification failed")
    INSTALLATION_FAILED = "InstallationFailed", _("Installation failed")
    UPLOADING = "Uploading", _("Uploading")
    UPLOADED = "Uploaded", _("Uploaded")
    UPLOAD_FAILED = "UploadFailed", _("Upload failed")
    NO_LOGS = "NoLogs", _("No logs available")
    CANCELLED = "AcceptedCanceled", _("Given up for a newer one")


class BatchStatus(models.TextChoices):
    """Where a batch of runs is in its life."""

    WAITING = "waiting", _("Waiting for its time")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")

    @property
    def is_open(self) -> bool:
        """Whether more of its runs may be released."""
        return self in {BatchStatus.WAITING, BatchStatus.RUNNING, BatchStatus.PAUSED}

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _BATCH_LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _BATCH_LOOKS[self.value][1]


_BATCH_LOOKS = {
    "waiting": ("purple", "clock"),
    "running": ("blue", "gears"),
    "paused": ("yellow", "circle-pause"),
    "done": ("green", "circle-check"),
    "stopped": ("red", "triangle-exclamation"),
    "cancelled": ("secondary", "circle-xmark"),
}


class CountsUntil(models.TextChoices):
    """How long a run of a batch takes one of the places that are open at a time."""

    ANSWERED = "answered", _("until the station has answered")
    CLOSED = "closed", _("until its effect is known")


class SessionStatus(models.TextChoices):
    """Whether a charging session runs."""

    RUNNING = "running", _("Running")
    ENDED = "ended", _("Ended")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return {"running": "blue", "ended": "secondary"}[self.value]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return {"running": "bolt", "ended": "flag-checkered"}[self.value]


class FileState(models.TextChoices):
    """Where a file that a station sends is on its way to us."""

    RECEIVING = "receiving", _("Receiving")
    COMPLETE = "complete", _("Complete")
    PARTIAL = "partial", _("Partial")
    REFUSED = "refused", _("Refused")

    @property
    def tone(self) -> str:
        """The badge's colour name."""
        return _FILE_LOOKS[self.value][0]

    @property
    def icon(self) -> str:
        """The badge's Font Awesome icon."""
        return _FILE_LOOKS[self.value][1]


_FILE_LOOKS = {
    "receiving": ("blue", "file-arrow-up"),
    "complete": ("green", "circle-check"),
    "partial": ("yellow", "file-circle-exclamation"),
    "refused": ("orange", "hand"),
}


class Role(models.TextChoices):
    """What a user may do; each role may do all the earlier ones may."""

    VIEWER = "viewer", _("Viewer: sees everything, asks nothing")
    OPERATOR = "operator", _("Operator: asks stations to do things")
    ENGINEER = "engineer", _("Engineer: also settings and custom messages")
    ADMIN = "admin", _("Admin: everything, also users and master data")

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)

    @property
    def word(self) -> str:
        """Its name alone, in the reader's language."""
        return str(self.label).partition(":")[0]
