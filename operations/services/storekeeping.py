"""Keeps the store of files tidy: what is too old goes, and what nobody knows any more."""

import time
from datetime import datetime

from django.utils import timezone

from operations.models import FirmwareImage, ReceivedFile, TokenImport
from operations.services import files, receiving

CHUNK = 100
FOLDERS = 256


def tidy(ends_at: float) -> bool:
    """Let go of what nobody needs; whether more is left when the time is over."""
    receiving.close_silent()
    files.delete_abandoned()
    _delete_unknown(timezone.now())
    expired = ReceivedFile.objects.filter(expires_at__lt=timezone.now()).order_by("expires_at")
    while found := list(expired[:CHUNK]):
        for file in found:
            if time.monotonic() > ends_at:
                return True
            receiving.delete(file=file)
    return False


def _delete_unknown(now: datetime) -> None:
    """Forget files whose rows went with their station: each minute one of the store's folders."""
    number = int(now.timestamp() // 60) % FOLDERS
    names = files.names_in(f"{number:02x}", before=now.timestamp() - files.ABANDONED_S)
    known: set[str] = set()
    for model in (FirmwareImage, ReceivedFile, TokenImport):
        known |= set(
            model.objects.filter(stored_name__in=names).values_list("stored_name", flat=True)
        )
    for name in names - known:
        files.delete(name)
