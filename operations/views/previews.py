"""A received file as its page shows it, and as people take it home."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from operations.models import ReceivedFile
from operations.services import files, previewing
from operations.services.previewing import Preview

CHUNK = 256 * 1024
LONGEST_NAME = 120
# What some system or other takes for more than a part of a name.
_UNSAFE = re.compile(r'[\\/:*?"<>|%]')


def look(file: ReceivedFile, entry: str) -> dict[str, Any]:
    """What the page shows of its content; `entry` is the number of one in an archive, if any."""
    if not file.is_kept:
        return {"preview": Preview(notes=(_("Nothing of it was kept."),))}
    path = files.path_of(file.stored_name)
    try:
        preview = previewing.of_file(path)
        inside = previewing.of_entry(path, int(entry)) if is_number(entry) else None
    except FileNotFoundError:
        return {"preview": Preview(notes=(_("It is no longer in the store."),))}
    if inside is None:
        return {"preview": preview}
    return {"preview": preview, "inside": inside, "opened": name_of(preview, int(entry))}


def is_number(text: str) -> bool:
    """Whether it may be an entry's number."""
    return text.isascii() and text.isdecimal() and len(text) < 6


def name_of(preview: Preview, index: int) -> str:
    """What an archive calls one of its entries."""
    return next((entry.name for entry in preview.entries if entry.index == index), "")


def attachment(file: ReceivedFile) -> HttpResponseBase:
    """The file, in a way that no browser shows, runs or guesses at."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition_header(True, safe_name(file)) or "",  # noqa: FBT003
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    if not file.is_kept:
        raise Http404
    if accelerated := files.accelerated(file.stored_name):
        return HttpResponse(headers={**headers, "X-Accel-Redirect": accelerated})
    try:
        opened = files.opened(file.stored_name)
    except FileNotFoundError as error:
        raise Http404 from error
    headers["Content-Length"] = str(file.size_bytes)
    return StreamingHttpResponse(_chunks(opened, file.size_bytes), headers=headers)


async def _chunks(opened: BinaryIO, size: int) -> AsyncIterator[bytes]:
    """Read in threads and as the browser takes it: Django would put a plain file into memory."""
    with opened:
        # No further read to find the end: who has all the bytes hangs up.
        while size > 0 and (chunk := await asyncio.to_thread(opened.read, min(CHUNK, size))):
            size -= len(chunk)
            yield chunk


def safe_name(file: ReceivedFile) -> str:
    """A name that is only a name, on any system."""
    shown = "".join(
        "_" if unicodedata.category(char).startswith(("C", "Z")) and char != " " else char
        for char in file.original_name
    )
    cleaned = _UNSAFE.sub("_", shown).strip(" .")
    return cleaned[-LONGEST_NAME:].lstrip(" .") or f"log-{file.pk}"
