"""The firmware library: which stations an image is for, which are behind, and what becomes of it.

An image is for the stations that call themselves by its vendor and model. The newest is the one
added last: version numbers are the vendors' own, and not to be compared.
"""

from collections.abc import Collection

from django.core.files import File
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone

from operations.models import CommandRun, Download, FirmwareImage, Station, User
from operations.models.audit import Deed
from operations.models.runs import CommandRunQuerySet
from operations.services import auditing, files

COMMAND = "firmware-update"


# --- Which stations ----------------------------------------------------------------------------


def stations_of(image: FirmwareImage, stations: QuerySet[Station]) -> QuerySet[Station]:
    """Those of these stations that the image is for."""
    fitting = stations.filter(vendor=image.vendor, model=image.model)
    if image.organisation_id is None:
        return fitting
    return fitting.filter(organisation=image.organisation_id)


def with_last_download(stations: QuerySet[Station], image: FirmwareImage) -> QuerySet[Station]:
    """Each with the key of its latest download of the image."""
    last = Download.objects.filter(image=image, station=OuterRef("pk")).order_by("-pk")
    return stations.annotate(last_download=Subquery(last.values("pk")[:1]))


def outdated(stations: QuerySet[Station]) -> QuerySet[Station]:
    """Those that told a version other than the library's newest for them."""
    compared = _known(stations).annotate(newest_version=_newest("version"))
    behind = compared.filter(newest_version__isnull=False).exclude(firmware_version="")
    return behind.exclude(firmware_version=F("newest_version"))


def up_to_date(stations: QuerySet[Station]) -> QuerySet[Station]:
    """Those that have the library's newest."""
    compared = _known(stations).annotate(newest_version=_newest("version"))
    return compared.filter(firmware_version=F("newest_version"))


def _known(stations: QuerySet[Station]) -> QuerySet[Station]:
    """Without those for which the library can have nothing: an index leaves them out."""
    images = FirmwareImage.objects.in_use().order_by()
    return stations.filter(vendor__in=images.values("vendor"), model__in=images.values("model"))


def newest_versions(station_pks: Collection[int]) -> dict[int, str]:
    """What the library has for each of these stations, where it has anything."""
    stations = Station.objects.filter(pk__in=station_pks).annotate(newest=_newest("version"))
    return dict(stations.filter(newest__isnull=False).values_list("pk", "newest"))


def _newest(field: str) -> Subquery:
    """What the outer row's newest image says: that of a station, or of another image like it."""
    fitting = FirmwareImage.objects.in_use().filter(
        Q(organisation=None) | Q(organisation=OuterRef("organisation_id")),
        vendor=OuterRef("vendor"),
        model=OuterRef("model"),
    )
    return Subquery(fitting.order_by("-created_at", "-pk").values(field)[:1])


def newer_for(station: Station) -> FirmwareImage | None:
    """The library's newest for this station, unless it has that or never told what it has."""
    fitting = FirmwareImage.objects.in_use().filter(
        Q(organisation=None) | Q(organisation=station.organisation_id),
        vendor=station.vendor,
        model=station.model,
    )
    newest = fitting.order_by("-created_at", "-pk").first() if station.firmware_version else None
    is_newer = newest is not None and newest.version != station.firmware_version
    return newest if is_newer else None


def with_tallies(
    images: QuerySet[FirmwareImage], stations: QuerySet[Station]
) -> QuerySet[FirmwareImage]:
    """Each with how it stands to these stations, and to the library's other images.

    `matching` of them it is for, `behind` have another version; `newest_image` is the one to have.
    """
    fitting = stations.order_by().filter(
        Q(IsNull(OuterRef("organisation_id"), rhs=True))
        | Q(organisation=OuterRef("organisation_id")),
        vendor=OuterRef("vendor"),
        model=OuterRef("model"),
    )
    behind = fitting.exclude(firmware_version="").exclude(firmware_version=OuterRef("version"))
    return images.annotate(
        matching=_count(fitting),
        behind=_count(behind),
        newest_image=_newest("pk"),
        newest_version=_newest("version"),
    )


def _count(rows: QuerySet[Station]) -> Coalesce:
    """How many, inside of another query."""
    counted = rows.values("vendor").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def models_told(stations: QuerySet[Station]) -> list[tuple[str, str]]:
    """The vendors and models these stations call themselves by."""
    pairs = stations.order_by("vendor", "model").values_list("vendor", "model").distinct()
    return [pair for pair in pairs if all(pair)]


# --- What becomes of an image ------------------------------------------------------------------


def add(*, image: FirmwareImage, upload: "File[bytes] | None", user: User) -> FirmwareImage:
    """Put an image into the library, with its file where it has one: read, hashed and kept."""
    image.uploaded_by, image.created_at = user, timezone.now()
    stored = files.store(upload.chunks(files.CHUNK)) if upload is not None else None
    if stored is not None:
        image.stored_name, image.size_bytes = stored.name, stored.size_bytes
        image.sha256, image.md5 = stored.sha256, stored.md5
    try:
        with transaction.atomic():
            image.save()
            auditing.note(Deed.UPLOADED if stored else Deed.CREATED, image)
    except BaseException:
        if stored is not None:
            files.delete(stored.name)
        raise
    return image


def runs_with(image: FirmwareImage, runs: CommandRunQuerySet) -> CommandRunQuerySet:
    """Those of these requests that gave stations this image, the newest first."""
    asked = runs.filter(command=COMMAND, created_at__gte=image.created_at)
    if image.is_stored:
        return asked.filter(file_links__image=image).order_by("-pk")
    return asked.filter(params__image=image.pk).order_by("-pk")


def is_used(image: FirmwareImage) -> bool:
    """Whether some request speaks of it, so that it must stay to be read about."""
    return runs_with(image, CommandRun.objects.all()).exists() or _is_asked_for(image)


def _is_asked_for(image: FirmwareImage) -> bool:
    """By a request that has not begun yet, or never did."""
    asked = CommandRun.objects.filter(command=COMMAND, created_at__gte=image.created_at)
    return asked.filter(params__image=image.pk).exists()


def retire(*, image: FirmwareImage) -> None:
    """Offer it no more; what was asked for goes on."""
    _set_retired(image, Deed.RETIRED, is_retired=True)


def bring_back(*, image: FirmwareImage) -> None:
    """Offer it again."""
    _set_retired(image, Deed.CHANGED, is_retired=False)


@transaction.atomic
def _set_retired(image: FirmwareImage, deed: Deed, *, is_retired: bool) -> None:
    before = auditing.stored(image)
    image.is_retired = is_retired
    image.save(update_fields=["is_retired"])
    auditing.note(deed, image, changes=auditing.difference(before, image))


def delete(*, image: FirmwareImage) -> None:
    """Forget an image and its file. Raises ValueError where a request speaks of it."""
    with transaction.atomic():
        if is_used(image):
            raise ValueError("in use")
        auditing.note(Deed.DELETED, image)
        name = image.stored_name
        image.delete()
        transaction.on_commit(lambda: files.delete(name))
