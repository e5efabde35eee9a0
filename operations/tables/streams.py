"""CSV of all rows that match, however many: a chunk at a time, in the order of the list."""

import csv
import io
from array import array
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation

from operations.tables.base import PortalTable
from operations.tables.exports import safe

CHUNK = 500
# So many keys are held to keep the order; of more the newest come first, and nothing is held.
MOST_SORTED = 100_000

Keep = Callable[[list[Any]], list[Any]]  # which of a chunk's records are given away


def everything(records: list[Any]) -> list[Any]:
    """No record is held back."""
    return records


def csv_response(
    request: HttpRequest,
    table: PortalTable,
    rows: QuerySet[Any],
    *,
    name: str,
    keep: Keep = everything,
) -> StreamingHttpResponse:
    """The rows as the (empty) table shows them, as a file."""
    chunks = lines(table, rows, keep=keep)
    return StreamingHttpResponse(
        _off_the_loop(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


async def _off_the_loop(chunks: Iterator[str]) -> AsyncIterator[str]:
    """Each chunk is made in a thread, when the browser has taken the one before.

    Whoever leaves takes no more chunks, and none is made.
    """
    following = database_sync_to_async(_next, thread_sensitive=False)
    while (text := await following(chunks)) is not None:
        yield text


def _next(chunks: Iterator[str]) -> str | None:
    return next(chunks, None)


def lines(table: PortalTable, rows: QuerySet[Any], *, keep: Keep = everything) -> Iterator[str]:
    """The header, then the rows, chunk by chunk."""
    columns = table.exported_columns()
    with translation.override(table.audience.language):
        yield _text([[str(column.header) for column in columns]])
    for chunk in _chunks(rows):
        records = keep(chunk)
        # The request's own zone and language are over by now.
        with (
            timezone.override(table.audience.time_zone),
            translation.override(table.audience.language),
        ):
            table.learn(records)
            cells = [[table.text(each, column.name) for column in columns] for each in records]
        yield _text(cells)


def _chunks(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """In their order where they can be held to it; what is gone meanwhile is left out."""
    keys = array("q", rows.values_list("pk", flat=True)[: MOST_SORTED + 1])
    if len(keys) > MOST_SORTED:
        yield from _newest_first(rows)
        return
    for start in range(0, len(keys), CHUNK):
        pks = keys[start : start + CHUNK]
        found = {record.pk: record for record in rows.order_by().filter(pk__in=list(pks))}
        yield [found[pk] for pk in pks if pk in found]


def _newest_first(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """By key rather than by page number: page 10,000 costs no more than page 1."""
    rows, last = rows.order_by("-pk"), None
    while records := list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK]):
        yield records
        last = records[-1].pk


def _text(cells: list[list[str]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows([safe(cell) for cell in line] for line in cells)
    return page.getvalue()
