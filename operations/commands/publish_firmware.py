"""Publish firmware: PublishFirmware (2.0.1 L03): a station that hands firmware on to others."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import ACCEPTED, REJECTED, TargetKind
from operations.commands.following import Progress, Step
from operations.commands.locations import LocationField
from operations.commands.plain import PlainCommand, WireForm
from operations.events import Evidence, MessageHeard
from operations.statuses import Role, RunPhase, RunStatus

STATUS = "PublishFirmwareStatusNotification"

UNDER_WAY = RunStatus.IN_PROGRESS
STEPS = {
    "DownloadScheduled": Step(
        UNDER_WAY,
        RunPhase.DOWNLOAD_SCHEDULED,
        gettext_lazy("The station will fetch the firmware later."),
    ),
    "Downloading": Step(
        UNDER_WAY, RunPhase.DOWNLOADING, gettext_lazy("The station is fetching the firmware.")
    ),
    "DownloadPaused": Step(
        UNDER_WAY, RunPhase.DOWNLOAD_PAUSED, gettext_lazy("The station paused the download.")
    ),
    "Downloaded": Step(
        UNDER_WAY, RunPhase.DOWNLOADED, gettext_lazy("The station has fetched the firmware.")
    ),
    "ChecksumVerified": Step(
        UNDER_WAY, RunPhase.DOWNLOADED, gettext_lazy("The firmware's checksum is right.")
    ),
    "Published": Step(RunStatus.DONE, "", gettext_lazy("The station has published the firmware.")),
    "DownloadFailed": Step(
        RunStatus.FAILED,
        RunPhase.DOWNLOAD_FAILED,
        gettext_lazy("The station could not fetch the firmware."),
    ),
    "InvalidChecksum": Step(
        RunStatus.FAILED, "", gettext_lazy("The firmware's checksum is wrong.")
    ),
    "PublishFailed": Step(
        RunStatus.FAILED, "", gettext_lazy("The station could not publish the firmware.")
    ),
}
MD5 = r"^[0-9a-fA-F]{32}$"


class PublishFirmwareForm(WireForm):
    """Which file, and how often to try."""

    action = "PublishFirmware"
    request_id_at = "requestId"
    wire = {
        "location": "location",
        "checksum": "checksum",
        "retries": "retries",
        "retry_interval_s": "retryInterval",
    }
    more = ("retries", "retry_interval_s")

    location = LocationField(label=gettext_lazy("Location"))
    checksum = forms.RegexField(
        MD5,
        label=gettext_lazy("MD5 checksum"),
        error_messages={"invalid": gettext_lazy("An MD5 checksum has 32 hexadecimal digits.")},
    )
    retries = forms.IntegerField(
        label=gettext_lazy("Retries"), min_value=0, max_value=100, required=False
    )
    retry_interval_s = forms.IntegerField(
        label=gettext_lazy("Retry interval (seconds)"),
        min_value=0,
        max_value=86_400,
        required=False,
    )


class PublishFirmware(PlainCommand):
    """Has a local controller fetch firmware, and offer it on its own network."""

    slug = "publish-firmware"
    label = gettext_lazy("Publish firmware")
    icon = "tower-broadcast"
    group = groups.NETWORK
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = PublishFirmwareForm
    sentence = gettext_lazy("Publish firmware through %(target)s")
    outcomes = {"Accepted": ACCEPTED, "Rejected": REJECTED}
    follows = (MessageHeard,)
    effect_timeout_s = 3600
    request_v201 = PlainCommand.ask

    def step(self, event: Evidence, progress: Progress) -> Step | None:
        """What the station says of it (L03.FR.04 to FR.09); Idle says nothing."""
        if not isinstance(event, MessageHeard) or event.action != STATUS:
            return None
        return STEPS.get(str(event.payload.get("status")))
