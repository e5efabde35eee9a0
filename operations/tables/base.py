"""What all lists have in common: cells with ids for live patches, and one plain text per cell.

A table declares columns, `render_<column>` (HTML) and, where that is more than the record's own
text, `value_<column>(record)`: what CSV, Print and Copy take.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any, ClassVar

import django_tables2 as tables
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import Model
from django.utils.functional import cached_property

from operations.commands.base import Text
from operations.statuses import Role
from operations.tables.audience import Audience
from operations.tables.cells import NOTHING
from operations.tables.rows import CellMaker, PortalRows, maker_of

PAGE_SIZES = (25, 50, 100)
# Buttons stay in reach while the data beside them scrolls.
ACTIONS = "actions stays"
HEADED = frozenset({"amount", "less", "spare"})  # classes that headings have like their cells
TICK = "tick"  # the column of tick boxes (operations.tables.ticking)


class Pages(Paginator):
    """Whatever the address says, there is a page nearest to it; its records are asked for once."""

    def validate_number(self, number: Any) -> int:
        """The first page for what is no number, the last for what is beyond."""
        try:
            return super().validate_number(number)
        except PageNotAnInteger:
            return 1
        except EmptyPage:
            return self.num_pages


def _cell_id(table: "PortalTable", record: Model, bound_column: Any) -> str:
    return f"{table.row_name}-{record.pk}-{bound_column.name.replace('_', '-')}"


def _cell_export(table: "PortalTable", record: Model, bound_column: Any) -> str | None:
    """What Copy takes where the cell shows more than plain text."""
    if not hasattr(table, f"value_{bound_column.name}"):
        return None
    return table.text(record, bound_column.name)


def _row_id(table: "PortalTable", record: Model) -> str:
    return f"{table.row_name}-{record.pk}"


def _row_live(table: "PortalTable", record: Model) -> str:
    return f"{table.row_name}:{record.pk}"


class PortalColumn(tables.Column):
    """A column of data; `by` is what it sorts by, the key settles ties.

    `is_extra`: left out until somebody wants it (operations.tables.looks). `css`: "name" is what
    one looks a row up by, "less" is left out on phones and "spare" on tablets, too, unless
    somebody chose the columns.
    """

    empty_values = ()

    def __init__(
        self,
        verbose_name: Text,
        *,
        by: tuple[str, ...] = (),
        css: str = "",
        is_live: bool = False,
        is_extra: bool = False,
    ) -> None:
        cell: dict[str, Any] = {"data-export": _cell_export}
        if is_live:
            cell["id"] = _cell_id
        if css:
            cell["class"] = css
        self.is_extra = is_extra
        head = " ".join(word for word in css.split() if word in HEADED)
        super().__init__(
            verbose_name=verbose_name,
            visible=not is_extra,
            orderable=bool(by),
            order_by=(*by, "pk") if by else None,
            attrs={"td": cell, "th": {"class": head} if head else {}},
        )

    def render(self, value: Any) -> Any:
        """The value itself, or a dash."""
        return NOTHING if value is None or value == "" else value


class ToolColumn(tables.Column):
    """A column of buttons: no data, so neither sorted nor exported."""

    empty_values = ()

    def __init__(self, verbose_name: Text, *, css: str, is_live: bool = False) -> None:
        marks: dict[str, Any] = {"class": css, "data-no-export": ""}
        super().__init__(
            verbose_name=verbose_name,
            orderable=False,
            exclude_from_export=True,
            accessor="pk",
            attrs={"td": marks | ({"id": _cell_id} if is_live else {}), "th": marks},
        )


class PortalTable(tables.Table):
    """A list whose rows can be rendered again, one cell at a time, for live patches."""

    row_name: ClassVar[str]  # rows have the id "charger-12" and are watched as "charger:12"
    rows_are_watched: ClassVar[bool] = True
    caption: ClassVar[Text]
    page_sizes = PAGE_SIZES
    is_ticked = False  # whether every row's box is ticked from the start

    def __init__(self, *args: Any, audience: Audience, **kwargs: Any) -> None:
        row_attrs = {"id": _row_id} | ({"data-live": _row_live} if self.rows_are_watched else {})
        super().__init__(*args, row_attrs=row_attrs, **kwargs)
        self.rows = PortalRows(data=self.data, table=self)
        self._makers: dict[str, CellMaker] = {}
        self.audience = audience

    @cached_property
    def row_makers(self) -> list[tuple[str, Callable[[Any], Any]]]:
        """How the attributes of a row's tag are made."""
        return [(name, maker_of(value, {"table": self})) for name, value in self.row_attrs.items()]

    def maker(self, name: str) -> CellMaker:
        """How the cells of a column are made."""
        if name not in self._makers:
            self._makers[name] = CellMaker(self, self.columns[name])
        return self._makers[name]

    @property
    def audience(self) -> Audience:
        """Whom the rows are rendered for."""
        return self._audience

    @audience.setter
    def audience(self, audience: Audience) -> None:
        self._audience = audience
        if TICK in self.base_columns:
            # Only who may ask has a use for ticked rows.
            show = self.columns.show if audience.role.includes(Role.OPERATOR) else self.columns.hide
            show(TICK)

    def learn(self, records: Sequence[Any]) -> None:
        """Load what the rows of these records show besides the records themselves."""

    def paginate_within(self, *, page: str, per_page: str) -> None:
        """Show the page asked for, or the nearest there is; only the offered sizes."""
        sizes = {str(size): size for size in self.page_sizes}
        self.paginate(Pages, page=page, per_page=sizes.get(per_page, self.page_sizes[0]))
        self.learn(self.records())

    def records(self) -> list[Any]:
        """The records of the page."""
        return [row.record for row in self.paginated_rows]

    def text(self, record: Any, name: str) -> str:
        """A cell as plain text on one line."""
        write = getattr(self, f"value_{name}", None)
        value = write(record) if write else getattr(record, name)
        # Stations put anything into their texts, line breaks too.
        return " ".join(str("" if value is None else value).split())

    def exported_columns(self) -> list[Any]:
        """The visible columns that hold data."""
        return [column for column in self.columns if not column.column.exclude_from_export]

    def live_cells(self, pks: Container[Any] | None = None) -> Iterator[tuple[Any, str, str]]:
        """Record, id and HTML of every cell that changes while one looks at it."""
        live = [column for column in self.columns if "id" in column.column.attrs["td"]]
        for row in self.rows:
            if pks is not None and row.record.pk not in pks:
                continue
            for column in live:
                maker = self.maker(column.name)
                dom_id = str(maker.attributes(row.record)["id"])
                yield row.record, dom_id, maker.html(row.record)
