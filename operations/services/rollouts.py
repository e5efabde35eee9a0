"""What a rollout is beside a batch of firmware updates: whom an image is for, how far all are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from operations.commands.base import Command, Params
from operations.models import CommandBatch, CommandRun, Download, FirmwareImage, Station, User
from operations.services import firmware
from operations.statuses import OPEN_STATUSES, RunPhase, RunStatus


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a request gives to stations, as far as it is known."""

    version: str
    image: FirmwareImage | None = None

    def wrong_for(self, station: Station) -> str | None:
        """Why the image is not for the station; one that never told what it is may have it."""
        image = self.image
        if image is None:
            return None
        if image.organisation_id not in {None, station.organisation_id}:
            return _("%(image)s belongs to another organisation.") % {"image": image}
        if not station.vendor or not station.model:
            return None
        made_for = (image.vendor.casefold(), image.model.casefold())
        if (station.vendor.casefold(), station.model.casefold()) == made_for:
            return None
        return _("It is a %(station)s, and %(image)s is not for it.") % {
            "station": f"{station.vendor} {station.model}",
            "image": image,
        }

    def is_on(self, station: Station) -> bool:
        """Whether the station has told that it has this version already."""
        return bool(self.version) and station.firmware_version == self.version


def firmware_of(command: Command, params: Params) -> Firmware | None:
    """What the request gives to stations, None where it is about something else; one query."""
    if command.slug != firmware.COMMAND:
        return None
    pk = params.get("image")
    image = FirmwareImage.objects.filter(pk=pk).first() if pk else None
    return Firmware(version=str(params.get("version", "")), image=image)


@dataclass(frozen=True, slots=True)
class Tally:
    """How the stations an image is for stand to it."""

    total: int
    current: int
    offline: int


def tally(image: FirmwareImage, stations: QuerySet[Station]) -> Tally:
    """Of these stations; one query."""
    counted = firmware.stations_of(image, stations).aggregate(
        total=Count("pk"),
        current=Count("pk", Q(firmware_version=image.version)),
        offline=Count("pk", Q(connected_at=None)),
    )
    return Tally(**counted)


def of_image(image: FirmwareImage, user: User) -> list[CommandBatch]:
    """The rollouts of an image that this user sees, the newest first."""
    rollouts = CommandBatch.objects.visible_to(user).filter(
        command=firmware.COMMAND, created_at__gte=image.created_at, params__image=image.pk
    )
    return list(rollouts.select_related("created_by").order_by("-pk")[:20])


def phases(batch: CommandBatch) -> list[tuple[RunPhase, int]]:
    """How many of a batch's open runs are in which phase, in the order of the phases."""
    counted = (
        CommandRun.objects.filter(batch=batch, status__in=OPEN_STATUSES)
        .exclude(phase="")
        .order_by()
        .values_list("phase")
        .annotate(Count("pk"))
    )
    found = dict(counted)
    return [(phase, found[phase]) for phase in RunPhase if phase in found]


def fetched(runs: Iterable[CommandRun]) -> dict[int, int]:
    """How many percent those of these runs that download have been sent, by run.

    Not of those whose file a web server in front sends: it does not say.
    """
    return _percents([run.pk for run in runs if is_downloading(run)])


def is_downloading(run: CommandRun) -> bool:
    """Whether the station says that it fetches its firmware now."""
    return run.status == RunStatus.IN_PROGRESS and run.phase == RunPhase.DOWNLOADING


def _percents(run_pks: Collection[int]) -> dict[int, int]:
    if not run_pks:
        return {}
    downloads = Download.objects.filter(link__run__in=run_pks, is_handed_over=False)
    found = downloads.select_related("link").order_by("pk")
    return {download.link.run_id: download.percent for download in found}
