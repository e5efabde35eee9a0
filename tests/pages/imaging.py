"""Firmware images of the library, and stations that were given them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from operations.models import CommandRun, Download, FileLink, FirmwareImage, Station
from operations.services import files
from tests.factories import RunFactory

DATA = b"firmware " * 1000


def image(**fields: Any) -> FirmwareImage:
    """An image of the stations that `StationFactory` makes."""
    fields = {"vendor": "ABB", "model": "Terra 54", "version": "2.0", **fields}
    if "url" not in fields:
        stored = files.store([DATA])
        fields |= {
            "stored_name": stored.name,
            "file_name": "terra.bin",
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "md5": stored.md5,
        }
    return FirmwareImage.objects.create(**{"created_at": timezone.now(), **fields})


def asked(image: FirmwareImage, station: Station, **fields: Any) -> CommandRun:
    """A request that gave the station the image."""
    run: CommandRun = RunFactory(
        station=station, command="firmware-update", params={"image": image.pk}, **fields
    )
    if image.is_stored:
        link = FileLink.objects.create(
            run=run,
            image=image,
            token_digest=f"{run.pk:064}",
            username=f"s{run.pk}",
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=7),
        )
        Download.objects.create(
            link=link,
            image=image,
            station=station,
            protocol="http",
            size_bytes=image.size_bytes,
            sent_bytes=image.size_bytes * 42 // 100 + 1,
            reached_bytes=image.size_bytes * 42 // 100 + 1,
            started_at=timezone.now(),
            last_at=timezone.now(),
        )
    return run
