"""Which columns of a list are shown, in which order, how dense: one's own look of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_tables2.utils import OrderByTuple

from operations.models.looks import Density
from operations.tables.base import PortalTable

MOST_SORTS = 3


@dataclass(frozen=True, slots=True)
class Look:
    """Columns by name (none: as the table declares them) and density."""

    columns: tuple[str, ...] = ()
    density: str = Density.COMFORTABLE


@dataclass(frozen=True, slots=True)
class Choice:
    """A column one may show or leave out (components/_columns.html)."""

    name: str
    label: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class SortChoice:
    """A way to sort (components/_columns.html); `-name` is downwards."""

    name: str
    label: str


def put_on(table: PortalTable, names: Sequence[str]) -> None:
    """Show the named columns in their order; tick boxes, expander and buttons stay where they are.

    Names nobody knows, or that this list does not offer here, say nothing.
    """
    offered = [column.name for column in _offered(table)]
    chosen = list(dict.fromkeys(name for name in names if name in offered))
    if not chosen:
        return
    for name in offered:
        column = table.columns[name].column
        column.visible = name in chosen
        column.is_extra = not column.visible  # it may come back
    order = [*chosen, *(name for name in offered if name not in chosen)]
    queue = iter(order)
    table.sequence = [name if name not in order else next(queue) for name in table.sequence]


def sort(table: PortalTable, aliases: Sequence[str]) -> None:
    """By the first named column, then by the next; names nobody knows say nothing."""
    known = {column.name for column in table.columns.iterall() if column.orderable}
    aliases = [alias for alias in aliases if alias.removeprefix("-") in known][:MOST_SORTS]
    for alias in aliases[:-1]:
        # What else settles its ties would leave nothing to the columns that follow.
        column = table.columns[alias.removeprefix("-")].column
        column.order_by = OrderByTuple(column.order_by[:1])
    table.order_by = aliases


def sorted_rows(table: PortalTable, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows in the order the table is sorted by; without one, the newest first."""
    if not table.order_by:
        return rows.order_by("-pk")
    columns = [table.columns[str(alias).removeprefix("-")] for alias in table.order_by or ()]
    return rows.order_by(*(field.for_queryset() for each in columns for field in each.order_by))


def choices(table: PortalTable) -> list[Choice]:
    """The columns of data, shown or not, as they stand now."""
    return [Choice(each.name, str(each.header), each.visible) for each in _offered(table)]


def shown(table: PortalTable) -> tuple[str, ...]:
    """The names of the columns of data one sees, in their order."""
    return tuple(each.name for each in _offered(table) if each.visible)


def sort_choices(table: PortalTable) -> list[SortChoice]:
    """By which columns one may sort, upwards and downwards."""
    return list(_sorts(table))


def _sorts(table: PortalTable) -> Iterator[SortChoice]:
    for column in table.columns.iterall():
        if column.orderable:
            label = {"column": column.header}
            yield SortChoice(column.name, _("%(column)s, upwards") % label)
            yield SortChoice(f"-{column.name}", _("%(column)s, downwards") % label)


def rank_sorts(table: PortalTable) -> None:
    """Tell each of several columns which comes first; the sign in its head shows it."""
    names = [str(alias).lstrip("-") for alias in table.order_by or ()]
    for column in table.columns.iterall():
        is_one_of_several = len(names) > 1 and column.name in names
        column.sort_rank = names.index(column.name) + 1 if is_one_of_several else 0


def _offered(table: PortalTable) -> list[Any]:
    """The columns of data, without those the page itself leaves out."""
    return [
        column
        for column in table.columns.iterall()
        if not column.column.exclude_from_export and (column.visible or column.column.is_extra)
    ]
