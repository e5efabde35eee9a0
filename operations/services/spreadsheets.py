"""Reads tables people upload, CSV or XLSX, row by row; what is wrong with one is said in words.

What spreadsheets take for formulas is written with a quote in front of it, and read without.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, BinaryIO

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

# What spreadsheets take for a formula when a cell begins with it, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff0b", "\uff0d", "\uff1d", "\uff20")
QUOTE = "'"

DELIMITERS = ",;\t"
LONGEST_CELL = 5_000
# An XLSX is a ZIP: a small one may hold gigabytes of nothing.
MOST_UNPACKED = 200 * 2**20

Cells = list[str]


class UnreadableError(ValueError):
    """The file is no table; the message says why, for people."""


def defuse(value: Any) -> Any:
    """The value as text that no spreadsheet runs."""
    return QUOTE + value if isinstance(value, str) and value.startswith(FORMULA) else value


def restore(value: Any) -> Any:
    """What `defuse` made safe, as it was: exported files can be imported again."""
    is_defused = isinstance(value, str) and value[:1] == QUOTE and value[1:].startswith(FORMULA)
    return value[1:] if is_defused else value


@contextmanager
def rows(file: BinaryIO) -> Iterator[Iterator[Cells]]:
    """All rows of a file, the header first, each cell as text; raises UnreadableError any time."""
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04":
        yield _xlsx_rows(file)
        return
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield _csv_rows(text)
    finally:
        text.detach()


def _csv_rows(text: io.TextIOWrapper) -> Iterator[Cells]:
    try:
        header = text.readline(100_000)
        text.seek(0)
        delimiter = max(DELIMITERS, key=header.count)
        for cells in csv.reader(text, delimiter=delimiter, strict=True):
            if any("\x00" in cell or len(cell) > LONGEST_CELL for cell in cells):
                raise UnreadableError(_no_table())
            yield cells
    except UnicodeDecodeError as error:
        raise UnreadableError(
            _("The file is not UTF-8 text. Save it as UTF-8 (in Excel: CSV UTF-8), or as XLSX.")
        ) from error
    except csv.Error as error:
        raise UnreadableError(_no_table()) from error


def _xlsx_rows(file: BinaryIO) -> Iterator[Cells]:
    """The first sheet's; formulas stay formulas, for nobody calculated them here."""
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableError(_("The spreadsheet is too large: save it as CSV UTF-8."))
        book = openpyxl.load_workbook(file, read_only=True)
        try:
            width = 0
            for row in book.worksheets[0].iter_rows(values_only=True):
                width = width or len(row)
                # A row ends with its last cell that holds anything.
                yield [as_text(value) for value in row] + [""] * (width - len(row))
        finally:
            book.close()
    except UnreadableError:
        raise
    # Whatever else is in a ZIP that is no workbook.
    except (zipfile.BadZipFile, InvalidFileException, SyntaxError, *_BROKEN) as error:
        raise UnreadableError(_no_table()) from error


_BROKEN = (KeyError, ValueError, IndexError, TypeError, AttributeError, OSError, EOFError)


def _no_table() -> str:
    return _("This is no table: give a CSV file in UTF-8, or an XLSX file.")


def as_text(value: Any) -> str:
    """A spreadsheet's cell as CSV would have it; a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
