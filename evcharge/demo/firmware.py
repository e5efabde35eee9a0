"""The demo's firmware library, and logs that some stations bring a moment after it began."""

import random
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import FirmwareImage, Station, User
from operations.services import firmware, schedules
from operations.services.schedules import Plan
from operations.services.selections import Selection
from operations.services.terms import Terms

KIB = 1024
# Vendor, model, version, size, notes. Simulated stations read the version in the file's name.
IMAGES = (
    ("Alfen", "Eve Double Pro-line", "6.5.2-4289", 700 * KIB, "Keeps its clock without a network."),
    ("Wallbox", "Copper SB", "6.0.15", 400 * KIB, "Answers triggers for meter values."),
    ("ABB", "Terra 54 CJG", "1.8.0.2", 3000 * KIB, "Cools less loudly at night."),
)
LOGS_OF = "harbour-east"
LOGS_AFTER = timedelta(seconds=45)  # by then its stations are connected


def create() -> None:
    """Images that some stations have and others lack, and a schedule that asks for logs."""
    engineer = User.objects.get(username="engineer")
    noise = random.Random(5)  # noqa: S311  the same images each time
    for vendor, model, version, size_bytes, notes in IMAGES:
        name = f"{model.split()[0].lower()}-{version}.bin"
        image = FirmwareImage(
            vendor=vendor, model=model, version=version, release_notes=notes, file_name=name
        )
        upload = ContentFile(noise.randbytes(size_bytes), name=name)
        firmware.add(image=image, upload=upload, user=engineer)
    _ask_for_logs(engineer)


def _ask_for_logs(user: User) -> None:
    """Each day, and for the first time at once."""
    command = BY_SLUG["diagnostic-request"]
    stations = Station.objects.filter(site__code=LOGS_OF)
    schedules.create(
        command=command,
        selection=Selection(TargetKind.STATION, stations),
        params={"kind": "diagnostics", "receiver": "http"},
        user=user,
        plan=Plan(at=(timezone.now() + LOGS_AFTER).time()),
        terms=Terms(reason="Logs of the day"),
    )
