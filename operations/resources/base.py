"""What imports of stations, chargers and connectors have in common.

A file is imported whole or not at all; whatever is wrong with it is said in a sentence.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from import_export import widgets
from import_export.fields import Field
from import_export.resources import ModelResource
from tablib import Dataset

from operations.models import Organisation, Site, Station
from operations.models.audit import Deed
from operations.services import auditing, components
from operations.services.live import publishing
from operations.services.spreadsheets import restore
from operations.statuses import OperationalStatus, Registration

Row = Mapping[str, Any]


class TextWidget(widgets.CharWidget):
    """Text; spreadsheets make numbers of serial numbers, and databases refuse NUL."""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> str:
        """The text without blanks around it."""
        text = str(plain(value)).strip()
        if "\x00" in text:
            raise ValueError(_("The text holds a NUL character."))
        return text


class NumberWidget(widgets.IntegerWidget):
    """A whole number from 1; 3.7 is a mistake, not a 3."""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> int:
        """The number."""
        return number(value)


class PowerWidget(widgets.FloatWidget):
    """Kilowatts, or nothing."""

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> float | None:
        """The number, with a decimal point."""
        text = str(plain(value)).strip()
        if not text:
            return None
        try:
            kilowatts = float(text)
        except ValueError:
            kilowatts = -1
        if not 0 <= kilowatts < 100_000:
            raise ValueError(
                _("%(text)s is not a power in kW, such as 22 or 7.4.") % {"text": text}
            )
        return kilowatts


class CodeWidget(widgets.Widget):
    """An organisation or a site, by its code; empty is none."""

    def __init__(self, model: type[Organisation] | type[Site], missing: Any) -> None:
        super().__init__()
        self.model = model
        self.missing = missing

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> Model | None:
        """The one with this code."""
        code = str(plain(value)).strip()
        if not code:
            return None
        found = self.model._default_manager.filter(code=code).first()
        if found is None:
            raise ValueError(self.missing % {"code": code})
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The code."""
        return value.code if value else ""


class ChoiceWidget(widgets.CharWidget):
    """One of a fixed list of words."""

    def __init__(self, words: type[OperationalStatus] | type[Registration]) -> None:
        super().__init__()
        self.words = words

    def clean(self, value: Any, row: Row | None = None, **kwargs: Any) -> str | None:
        """The word as we spell it; nothing changes nothing."""
        text = str(plain(value)).strip()
        if not text:
            return None
        by_lower = {word.value.lower(): word.value for word in self.words}
        if text.lower() not in by_lower:
            known = ", ".join(word.value for word in self.words)
            raise ValueError(_("%(text)s is none of: %(known)s.") % {"text": text, "known": known})
        return by_lower[text.lower()]


class StatusField(Field):
    """Closed and open again are set by hand; what is open follows its station's reports."""

    def save(self, instance: Any, row: Row, is_m2m: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002
        """Close, or reopen what is closed."""
        wanted = self.clean(row, **kwargs)
        if wanted == OperationalStatus.CLOSED:
            instance.operational_status = OperationalStatus.CLOSED
        elif wanted is not None and instance.is_closed:
            instance.operational_status = OperationalStatus.INOPERATIVE


class NetworkResource(ModelResource):
    """The rules all three share."""

    # The columns that name a row; their values together occur once in a file.
    keys: ClassVar[tuple[str, ...]]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seen: dict[tuple[Any, ...], int] = {}
        self._touched: set[int] = set()

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Look at the file as a whole first: wrong columns make every row wrong."""
        self._seen, self._touched = {}, set()
        problem = self._problem(dataset)
        if problem is not None:
            dataset.wipe()
            raise ValueError(problem)
        rows = [row for row in dataset if any(plain(cell) != "" for cell in row)]
        headers = [str(header).strip() for header in dataset.headers]
        dataset.wipe()
        dataset.headers = headers
        for row in rows:
            dataset.append(row)

    def _problem(self, dataset: Dataset) -> str | None:
        headers = [str(plain(header)).strip() for header in dataset.headers or ()]
        if not any(any(plain(cell) != "" for cell in row) for row in dataset):
            return _("The file has no rows.")
        known = {field.column_name for field in self.fields.values()}
        unknown = [header or _("(no name)") for header in headers if header not in known]
        if unknown:
            return _(
                "The file has columns that are not known here: %(unknown)s. Known: %(known)s."
            ) % {
                "unknown": ", ".join(unknown),
                "known": ", ".join(sorted(known)),
            }
        missing = [key for key in self.keys if key not in headers]
        if missing:
            return _("The file has no column %(missing)s.") % {"missing": ", ".join(missing)}
        if len(set(headers)) < len(headers):
            return _("The file has a column twice.")
        return None

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        """A row must say what it is about, once in a file."""
        for name, value in row.items():
            row[name] = restore(plain(value))
        key = self.check_key(row)
        first = self._seen.setdefault(key, kwargs["row_number"])
        if first != kwargs["row_number"]:
            raise ValidationError(_("It is also in row %(row)d.") % {"row": first})

    def check_key(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """The row's key; raises ValidationError when it names nothing."""
        raise NotImplementedError

    def get_import_fields(self) -> list[Field]:
        """Columns the file lacks leave values as they are."""
        return [field for field in super().get_import_fields() if not field.readonly]

    def import_field(
        self, field: Field, instance: Any, row: Row, *args: Any, **kwargs: Any
    ) -> None:
        """Only what the file says."""
        if field.column_name in row:
            super().import_field(field, instance, row, *args, **kwargs)

    def save_instance(self, instance: Any, is_create: Any, row: Row, **kwargs: Any) -> None:
        """What the file changed goes into the audit log; a preview is rolled back with all else."""
        before = auditing.stored(instance)
        super().save_instance(instance, is_create, row, **kwargs)
        changes = auditing.difference(before, instance)
        if changes:
            auditing.note(Deed.IMPORTED, instance, changes=changes)

    def after_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        """Note whose statuses may follow from this."""
        self._touched.add(instance.pk if isinstance(instance, Station) else instance.station_id)

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        """Derive what the imported rows show."""
        for station in Station.objects.filter(pk__in=self._touched):
            with publishing() as changes:
                components.refresh_statuses(station, changes)


def plain(value: Any) -> Any:
    """A cell's value: an empty cell is an empty text, a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def number(value: Any) -> int:
    """A whole number from 1; raises ValueError with a sentence."""
    text = str(plain(value)).strip()
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise ValueError(
            _("%(text)s is not a number from 1.") % {"text": text or _("An empty cell")}
        )
    return int(text)


def find_station(row: Row) -> Station:
    """The station a row names; raises ValidationError with a sentence."""
    identity = str(plain(row.get("station"))).strip()
    station = Station.objects.filter(identity=identity).first()
    if station is None:
        sentence = _("No station has the identity %(identity)s.") % {"identity": identity or "''"}
        raise ValidationError({"station": sentence})
    return station


def find_number(row: Row, column: str) -> int:
    """A number of the key; raises ValidationError with a sentence."""
    try:
        return number(row.get(column))
    except ValueError as problem:
        raise ValidationError({column: str(problem)}) from problem
