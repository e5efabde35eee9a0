"""Unpublish firmware: UnpublishFirmware (2.0.1 L04)."""

from django import forms
from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import Outcome, TargetKind
from operations.commands.plain import PlainCommand, WireForm
from operations.commands.publish_firmware import MD5
from operations.statuses import Role, RunStatus


class UnpublishFirmwareForm(WireForm):
    """Which file."""

    action = "UnpublishFirmware"
    wire = {"checksum": "checksum"}

    checksum = forms.RegexField(
        MD5,
        label=gettext_lazy("MD5 checksum"),
        error_messages={"invalid": gettext_lazy("An MD5 checksum has 32 hexadecimal digits.")},
    )


class UnpublishFirmware(PlainCommand):
    """Has a local controller stop offering firmware."""

    slug = "unpublish-firmware"
    label = gettext_lazy("Unpublish firmware")
    icon = "link-slash"
    group = groups.NETWORK
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = UnpublishFirmwareForm
    sentence = gettext_lazy("Stop publishing firmware through %(target)s")
    outcomes = {
        "Unpublished": Outcome(RunStatus.DONE, gettext_lazy("It is not offered any more.")),
        "NoFirmware": Outcome(RunStatus.DONE, gettext_lazy("The station offers no such file.")),
        "DownloadOngoing": Outcome(
            RunStatus.REFUSED, gettext_lazy("The station refused: somebody is fetching the file.")
        ),
    }
    resend = True
    request_v201 = PlainCommand.ask
