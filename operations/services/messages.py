"""The message log: every frame, written in batches."""

from collections.abc import Sequence

from operations import masking
from operations.models import OcppMessage
from operations.services.rows import insert


def log(rows: Sequence[OcppMessage]) -> None:
    """Write finished exchanges; texts are masked and cleaned here, the last place before disk."""
    if not rows:
        return
    for row in rows:
        row.call = clean(masking.raw_frame(row.call))
        row.answer = clean(masking.raw_frame(row.answer))
        row.unique_id = clean(row.unique_id)[:255]
        row.action = clean(row.action)[:50]
        row.error_code = clean(row.error_code)[:50]
    insert(rows)


def clean(text: str) -> str:
    """Without what a database refuses: NUL characters and halves of surrogate pairs."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")
