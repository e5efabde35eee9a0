"""CSV of the page one sees: its rows, their order, its visible columns."""

import csv
from collections.abc import Iterator

from django.http import HttpResponse

from operations.tables.base import PortalTable

# A spreadsheet takes a cell that starts like this for a formula; also the full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(text: str) -> str:
    """The text such that no spreadsheet runs it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def lines(table: PortalTable) -> Iterator[list[str]]:
    """The header's labels, then the page's rows, as plain text."""
    columns = table.exported_columns()
    yield [str(column.header) for column in columns]
    for record in table.records():
        yield [table.text(record, column.name) for column in columns]


def csv_response(table: PortalTable, *, name: str) -> HttpResponse:
    """The page as a file called after the list and the page's number."""
    filename = f"{name}-page-{table.page.number}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
    writer = csv.writer(response)
    for cells in lines(table):
        writer.writerow([safe(cell) for cell in cells])
    return response
