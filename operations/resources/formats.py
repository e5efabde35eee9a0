"""The file formats master data comes and goes in; spreadsheets get no formulas."""

from typing import Any

from import_export.formats.base_formats import CSV, JSON, XLSX, TablibFormat
from tablib import Dataset

from operations.services.spreadsheets import defuse


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
