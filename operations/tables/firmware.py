"""The firmware library, and the stations an image is for."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.filters.stations import OUTDATED
from operations.models import Download, FirmwareImage, Station
from operations.services import firmware
from operations.tables import buttons, cells
from operations.tables.base import ACTIONS, PortalColumn, PortalTable, ToolColumn
from operations.tables.buttons import Button
from operations.tables.links import path
from operations.tables.stations import StationTable


class FirmwareTable(PortalTable):
    """Operations > Firmware; its rows come from `firmware.with_tallies`."""

    row_name = "firmware"
    rows_are_watched = False
    caption = gettext_lazy("Firmware")
    empty_icon = "microchip"

    vendor = PortalColumn(gettext_lazy("Vendor"), by=("vendor", "model"))
    model = PortalColumn(gettext_lazy("Model"), by=("model", "vendor"))
    version = PortalColumn(gettext_lazy("Version"), by=("version", "vendor", "model"))
    size = PortalColumn(gettext_lazy("Size"), by=("size_bytes",), css="amount")
    matching = PortalColumn(gettext_lazy("Stations"), css="amount")
    behind = PortalColumn(gettext_lazy("Outdated"), css="amount")
    created_at = PortalColumn(gettext_lazy("Added"), by=("created_at",))
    uploaded_by = PortalColumn(gettext_lazy("By"), by=("uploaded_by__username",))

    def render_version(self, record: FirmwareImage) -> SafeString:
        """Leads to the image's page; says whether it is still the one to have."""
        link = format_html(
            '<a href="{}">{}</a>', path("firmware-detail", record.pk), record.version
        )
        return format_html("{} {}", link, standing(record))

    def value_version(self, record: FirmwareImage) -> str:
        """The same in words."""
        return f"{record.version} ({standing_text(record)})"

    def render_size(self, record: FirmwareImage) -> str | SafeString:
        """As people say it; nobody knows it of a URL."""
        return size(record.size_bytes) or cells.NOTHING

    def value_size(self, record: FirmwareImage) -> int | None:
        """In bytes."""
        return record.size_bytes

    def render_matching(self, record: FirmwareImage) -> SafeString:
        """How many stations it is for, leading to them."""
        return _count(record, self.value_matching(record))

    def value_matching(self, record: FirmwareImage) -> int:
        """Their number."""
        return int(getattr(record, "matching", 0))

    def render_behind(self, record: FirmwareImage) -> SafeString:
        """How many of them have another version, leading to them."""
        number = self.value_behind(record)
        return cells.NOTHING if number is None else _count(record, number, library=OUTDATED)

    def value_behind(self, record: FirmwareImage) -> int | None:
        """Their number; of the newest alone, others have nobody to catch up with them."""
        return int(getattr(record, "behind", 0)) if is_newest(record) else None

    def render_created_at(self, record: FirmwareImage) -> SafeString:
        """When."""
        return cells.moment(record.created_at)

    def value_created_at(self, record: FirmwareImage) -> str:
        """The exact time."""
        return cells.moment_text(record.created_at)

    def render_uploaded_by(self, record: FirmwareImage) -> str | SafeString:
        """Who."""
        return self.value_uploaded_by(record) or cells.NOTHING

    def value_uploaded_by(self, record: FirmwareImage) -> str:
        """The same as text."""
        return record.uploaded_by.get_username() if record.uploaded_by else ""


def is_newest(image: FirmwareImage) -> bool:
    """Whether the library has nothing newer for the same stations."""
    return getattr(image, "newest_image", None) == image.pk


def standing(image: FirmwareImage) -> SafeString:
    """Whether an image is the one to have, as a badge."""
    if image.is_retired:
        return cells.badge(word=_("Retired"), tone="secondary", icon="box-archive")
    if is_newest(image):
        return cells.badge(word=_("Newest"), tone="green", icon="circle-check")
    title = _("%(version)s was added later.") % {"version": getattr(image, "newest_version", "")}
    return cells.badge(word=_("Older"), tone="secondary", icon="clock-rotate-left", title=title)


def standing_text(image: FirmwareImage) -> str:
    """The same in words."""
    if image.is_retired:
        return _("retired")
    return _("newest") if is_newest(image) else _("older")


def size(number: int | None) -> str:
    """Bytes as people say them: "20.0 MB"."""
    return "" if number is None else filesizeformat(number)


def stations_url(image: FirmwareImage, **more: str) -> str:
    """The list of the stations an image is for: where one ticks those that are to get it."""
    return f"{reverse('station-list')}?{urlencode({'image': image.pk, **more})}"


def _count(image: FirmwareImage, number: int, **more: str) -> SafeString:
    if not number:
        return format_html("{}", number)
    return format_html('<a href="{}">{}</a>', stations_url(image, **more), number)


class ImageStationTable(StationTable):
    """The stations an image is for, on its page; rows are live as in the list of stations.

    They come from `firmware.with_last_download`.
    """

    image: FirmwareImage  # set by the page

    caption = gettext_lazy("Stations this firmware is for")

    fetched = PortalColumn(gettext_lazy("Fetched"))
    update = ToolColumn(gettext_lazy("Update"), css=ACTIONS)

    class Meta:
        sequence = (
            "name",
            "connection",
            "firmware_version",
            "fetched",
            "last_request",
            "update",
        )
        exclude = (
            "tick",
            "identity",
            "serial_number",
            "model",
            "vendor",
            "operational_status",
            "protocol",
            "site",
            "actions",
        )

    def learn(self, records: Sequence[Station]) -> None:
        """Also how far each has come with fetching the image."""
        super().learn(records)
        pks = [getattr(station, "last_download", None) for station in records]
        found = Download.objects.filter(pk__in=[pk for pk in pks if pk])
        self.downloads = {download.station_id: download for download in found}

    def render_fetched(self, record: Station) -> SafeString:
        """How much of the image it was sent, live."""
        context = fetched_context(record.pk, self.downloads.get(record.pk))
        return render_to_string("operations/firmware/_fetched.html", context)

    def value_fetched(self, record: Station) -> str:
        """The same in words."""
        download = self.downloads.get(record.pk)
        return "" if download is None else fetched(download)

    def render_update(self, record: Station) -> SafeString:
        """The firmware's form, filled in with this image."""
        command = BY_SLUG.get(firmware.COMMAND)
        if command is None or self.image.is_retired:
            return cells.NOTHING
        ask = path("ask-station", record.pk, command.slug)
        button = Button(
            id=f"firmware-station-{record.pk}",
            label=command.label,
            icon=command.icon,
            url=f"{ask}?{urlencode({'image': self.image.pk})}",
            tone="",
            reason=buttons.why_not(command, Target(station=record), self.audience.role),
        )
        return buttons.render(iter([button]))


def fetched_context(station_pk: int, download: Download | None) -> dict[str, Any]:
    """What operations/firmware/_fetched.html takes."""
    words = "" if download is None else fetched(download)
    return {"station_pk": station_pk, "download": download, "words": words}


def fetched(download: Download) -> str:
    """How far a download is: "42 % fetched"."""
    if download.finished_at is not None:
        return _("Fetched")
    if download.is_handed_over:
        return _("Being fetched")  # the web server in front does not say how far it is
    return _("%(percent)d %% fetched") % {"percent": download.percent}
