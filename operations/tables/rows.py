"""Rows of a list as HTML: what is the same for every row is found out once for a table.

django-tables2 inspects each function it calls and computes all of a column's attributes for every
single cell; a page of 25 rows would spend most of its time on that.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import django_tables2 as tables
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.template.base import render_value_in_context
from django.template.context import Context
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData
from django_tables2.rows import BoundRow, BoundRows
from django_tables2.utils import A, AttributeDict, signature

from operations.tables import pages
from operations.tables.patterns import escaped

# Cells are written as {{ cell }} would be.
PLAIN = Context()


@cache
def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    names, _rest = signature(function)
    return tuple(name for name in names if name != "self")


def _parameters(function: Any) -> tuple[str, ...]:
    """The names of what it takes; methods of all instances share one inspection."""
    return _names(getattr(function, "__func__", function))


def maker_of(value: Any, given: dict[str, Any]) -> Callable[[Any], Any]:
    """How an attribute's value comes of a record, where it may have to be made of what is given."""
    if not callable(value):
        return lambda _record: value
    names = _parameters(value)
    make = partial(value, **{name: given[name] for name in names if name != "record"})
    return (lambda record: make(record=record)) if "record" in names else lambda _record: make()


@cache
def _display(model: type[Model], name: str) -> str:
    """The method with the words for a field of choices; "" where there are none."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    return f"get_{name}_display" if getattr(field, "choices", None) else ""


class CellMaker:
    """How the cells of one column of one table are made."""

    def __init__(self, table: tables.Table, column: Any) -> None:
        given = {"table": table, "column": column.column, "bound_column": column}
        self._takes = _parameters(column.render)
        self._accessor = A(column.accessor)
        fixed = {name: given[name] for name in self._takes if name in given}
        self._render = partial(column.render, **fixed)
        self._attributes = [
            (name, maker_of(value, given)) for name, value in column.column.attrs["td"].items()
        ]

    def content(self, record: Any) -> Any:
        """What stands in the cell, not yet escaped."""
        given = {"record": record} if "record" in self._takes else {}
        if "value" in self._takes:
            given["value"] = self._value(record)
        return self._render(**given)

    def _value(self, record: Any) -> Any:
        """The record's own, in words where it is one of several choices."""
        display = _display(type(record), self._accessor) if isinstance(record, Model) else ""
        return getattr(record, display)() if display else self._accessor.resolve(record, quiet=True)

    def attributes(self, record: Any) -> dict[str, str]:
        """What stands in the cell's tag."""
        made = ((name, make(record)) for name, make in self._attributes)
        return {name: value for name, value in made if value is not None}

    def html(self, record: Any) -> SafeString:
        """The whole cell."""
        content = self.content(record)
        content = (
            escaped(content)
            if isinstance(content, str)
            else render_value_in_context(content, PLAIN)
        )
        attributes = self.attributes(record).items()
        inside = "".join(f' {name}="{escaped(str(value))}"' for name, value in attributes)
        return SafeString(f"<td{inside}>{content}</td>")


class PortalRow(BoundRow):
    """A row that knows its table's way of making cells."""

    def get_cell(self, name: str) -> Any:
        """What stands in one cell."""
        return self._table.maker(name).content(self.record)

    def cells_html(self) -> SafeString:
        """All cells one sees."""
        makers = (self._table.maker(column.name) for column in self._table.columns)
        return SafeString("".join(maker.html(self.record) for maker in makers))

    @cached_property
    def attrs(self) -> AttributeDict:
        """What stands in the row's tag."""
        made = {name: make(self.record) for name, make in self._table.row_makers}
        return AttributeDict(made | {"class": self.get_even_odd_css_class()})


def _page(data: Any, part: slice) -> Any:
    if not isinstance(data, TableQuerysetData) or data.data.query.is_sliced:
        return data[part]
    return pages.page(data.data, part)


class PortalRows(BoundRows):
    """The rows of a table, or of a page of it."""

    def __iter__(self) -> Iterator[PortalRow]:
        return (PortalRow(record, table=self.table) for record in self.data)

    def __getitem__(self, key: Any) -> Any:
        """A page of rows, or one of them."""
        if isinstance(key, slice):
            return PortalRows(data=_page(self.data, key), table=self.table)
        return PortalRow(self.data[key], table=self.table)
