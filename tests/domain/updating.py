"""A firmware update that was asked of a station, and what the station says of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.events import FirmwareStatusReported, StationBooted
from operations.models import CommandRun, FirmwareImage, Station
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.following import begun, hears

update = BY_SLUG["firmware-update"]
LOCATION = "ftp://files.example.org/firmware.bin"
VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)


def asked(station: Station, version: OcppVersion = V16, **more: Any) -> CommandRun:
    return begun(station, "firmware-update", version=version, location=LOCATION, **more)


def says(station: Station, status: str, request_id: int | None = None, **more: Any) -> None:
    hears(station, FirmwareStatusReported(status, request_id), **more)


def boots(station: Station, firmware: str) -> None:
    hears(station, StationBooted("Alfen", "Eve", firmware_version=firmware))


def later(**span: float) -> Any:
    return timezone.now() + timedelta(**span)


def image(**more: Any) -> FirmwareImage:
    facts = {
        "vendor": "Alfen",
        "model": "Eve",
        "version": "6.5.0",
        "url": "https://files.example.org/6.5.0",
        "created_at": timezone.now(),
    }
    return FirmwareImage.objects.create(**(facts | more))
