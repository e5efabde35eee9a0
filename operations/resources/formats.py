"""The file formats master data comes and goes in; spreadsheets get no formulas."""

from typing import Any

from import_export.formats.base_formats import CSV, JSON, XLSX, TablibFormat
from tablib import Dataset

# What spreadsheets take for a formula when a cell begins with it, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff0b", "\uff0d", "\uff1d", "\uff20")
QUOTE = "'"


def defuse(value: Any) -> Any:
    """The value as text that no spreadsheet runs."""
    return QUOTE + value if isinstance(value, str) and value.startswith(FORMULA) else value


def restore(value: Any) -> Any:
    """What `defuse` made safe, as it was: exported files can be imported again."""
    is_defused = isinstance(value, str) and value[:1] == QUOTE and value[1:].startswith(FORMULA)
    return value[1:] if is_defused else value


def _safe(dataset: Dataset) -> Dataset:
    rows = [[defuse(cell) for cell in row] for row in dataset]
    return Dataset(*rows, headers=dataset.headers, title=dataset.title)


class SafeCSV(CSV):
    """Comma separated values."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> Any:
        """With formulas defused."""
        return super().export_data(_safe(dataset), **kwargs)


class SafeXLSX(XLSX):
    """A spreadsheet."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> Any:
        """With formulas defused."""
        return super().export_data(_safe(dataset), **kwargs)


class PlainJSON(JSON):
    """JSON, which no spreadsheet opens: values stay as they are."""

    def export_data(self, dataset: Dataset, **kwargs: Any) -> Any:
        """Without the escaping meant for spreadsheets."""
        return dataset.export(self.get_title(), **kwargs)


FORMATS: list[type[TablibFormat]] = [SafeCSV, SafeXLSX, PlainJSON]
