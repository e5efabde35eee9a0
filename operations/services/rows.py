"""Reads and writes many rows with one plain statement; Django's ways cost milliseconds more."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import DateTimeField, JSONField, Model
from django.db.models.base import ModelState

from operations.services import arrays

Adapt = Callable[[Any], Any]
Convert = Callable[[Any, Any, Any], Any]
M = TypeVar("M", bound=Model)

CHUNK = 5_000  # keys of a query: few enough for any database


def load(
    model: type[M],
    values: Collection[Any],
    *,
    by: str = "id",
    where: str = "TRUE",
    is_locked: bool = False,
) -> list[M]:
    """The model's rows whose field is one of these values, in the order of their keys.

    Without the words that Django finds for each query anew, and the signals of each instance.
    `where` is a condition in SQL, such as a partial index has.
    """
    if not values:
        return []
    read = _read(model, connection.vendor)
    quote = connection.ops.quote_name
    field = model._meta.get_field(by)
    table, column = quote(model._meta.db_table), quote(_column(field))
    lock = " FOR UPDATE" if is_locked and connection.features.has_select_for_update else ""
    sql = (
        f"SELECT {read.columns} FROM {table} WHERE {where} "  # noqa: S608
        f"AND {column} {_one_of(field, values)} ORDER BY {quote('id')}{lock}"
    )
    found = _fetched(sql, values)
    # The proxy's way to it, for each value of each row, costs more than all the rest.
    database = connections[DEFAULT_DB_ALIAS]
    return [read.instance(row, database) for row in found]


def load_with(
    model: type[M], keys: Collection[int], parts: Mapping[str, type[Model]], *, is_locked: bool
) -> list[M]:
    """The model's rows by key, with what these foreign keys of theirs point to: one statement.

    Rows that share a part share its instance. Only the model's own rows are locked.
    """
    if not keys:
        return []
    found = _fetched(_joined(model, tuple(parts.items()), keys, is_locked=is_locked), keys)
    database = connections[DEFAULT_DB_ALIAS]
    read = _read(model, database.vendor)
    width = len(read.names)
    loaded: list[M] = [read.instance(row[:width], database) for row in found]
    for name, part in parts.items():
        read, start = _read(part, database.vendor), width
        width += len(read.names)
        field: Any = model._meta.get_field(name)
        known: dict[int | None, Model | None] = {None: None}
        for instance, row in zip(loaded, found, strict=True):
            key = vars(instance)[field.attname]
            if key not in known:
                known[key] = read.instance(row[start:width], database)
            field.set_cached_value(instance, known[key])
    return loaded


def _joined(
    model: type[Model],
    parts: tuple[tuple[str, type[Model]], ...],
    keys: Collection[int],
    *,
    is_locked: bool,
) -> str:
    quote, vendor = connection.ops.quote_name, connection.vendor
    table = quote(model._meta.db_table)
    columns, joins = [_read(model, vendor).columns], []
    for name, part in parts:
        other, column = quote(part._meta.db_table), quote(_column(model._meta.get_field(name)))
        columns.append(_read(part, vendor).columns)
        joins.append(f"LEFT JOIN {other} ON {other}.{quote('id')} = {table}.{column}")
    can_lock = is_locked and connection.features.has_select_for_update_of
    return (
        f"SELECT {', '.join(columns)} FROM {table} {' '.join(joins)} "  # noqa: S608
        f"WHERE {table}.{quote('id')} {_one_of(model._meta.pk, keys)} "
        f"ORDER BY {table}.{quote('id')}{f' FOR UPDATE OF {table}' if can_lock else ''}"
    )


def select(
    model: type[Model],
    names: Sequence[str],
    *,
    by: str,
    keys: Collection[int],
    where: str = "TRUE",
) -> Iterator[list[Any]]:
    """Values of these fields (`pk` too), of the rows whose `by` is among the keys; in any order.

    As the database has them: not for times, which SQLite gives without their zone. `where` as
    `load` takes it.
    """
    if not keys:
        return
    fields = [_field(model, name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(field)) for field in fields)
    key = _field(model, by)
    table, column = quote(model._meta.db_table), quote(_column(key))
    rest = f"FROM {table} WHERE {where} AND {column} {_one_of(key, keys)}"
    yield from map(list, _fetched(f"SELECT {columns} {rest}", keys))


def _fetched(sql: str, keys: Collection[Any]) -> list[Sequence[Any]]:
    is_postgresql = connection.vendor == "postgresql"
    with arrays.cursor() if is_postgresql else connection.cursor() as cursor:
        cursor.execute(sql, [arrays.text(keys)] if is_postgresql else list(keys))
        found: list[Sequence[Any]] = cursor.fetchall()
    return found


def _one_of(field: Any, values: Collection[Any]) -> str:
    """PostgreSQL takes a list as one value: the statement stays the same."""
    if connection.vendor == "postgresql":
        return f"= ANY(%s::{arrays.kind(field)}[])"
    return f"IN ({', '.join(['%s'] * len(values))})"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a model's rows are read: their columns, and which of them Django reads in its way."""

    model: type[Model]
    columns: str
    names: tuple[str, ...]
    converted: tuple[tuple[int, list[Convert], Any], ...]

    def instance(self, row: Sequence[Any], database: Any) -> Any:
        """As Model.from_db makes it, without setting each attribute by itself."""
        values = list(row)
        for place, ways, column in self.converted:
            if values[place] is not None:
                for convert in ways:
                    values[place] = convert(values[place], column, database)
        instance = self.model.__new__(self.model)
        state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        instance.__dict__.update(zip(self.names, values, strict=True), _state=state)
        return instance


@cache
def _read(model: type[Model], _vendor: str) -> _Reading:
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    converted = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        ways = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        if ways:
            converted.append((place, ways, column))
    columns = ", ".join(f"{table}.{quote(_column(field))}" for field in fields)
    names = tuple(field.attname for field in fields)
    return _Reading(model, columns, names, tuple(converted))


def give(instance: Model, name: str, parent: Model | None) -> None:
    """Have the instance's foreign key find what was loaded beside it."""
    field: Any = instance._meta.get_field(name)
    field.set_cached_value(instance, parent)


def update(model: type[Model], objects: Sequence[Any], names: Sequence[str]) -> None:
    """Write these fields of the model's rows; the objects have them as attributes, and `pk`."""
    if not objects:
        return
    if connection.vendor == "postgresql":
        arrays.update(model, objects, names)
        return
    fields = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(_column(field))} = %s" for field in fields)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote('id')} = %s"  # noqa: S608
    _execute(sql, [*fields, model._meta.pk], objects)


def insert(model: type[Model], objects: Sequence[Any]) -> None:
    """Write new rows; the objects have all the model's columns as attributes, but no key."""
    if not objects:
        return
    if connection.vendor == "postgresql":
        arrays.insert(model, objects)
        return
    sql, fields = _new_row(model)
    _execute(sql, fields, objects)


def add(instance: Model) -> None:
    """Write one new row, and give the instance its key: what `save` does, but for its signals."""
    sql, fields = _new_row(type(instance))
    is_told = connection.vendor == "postgresql"
    back = f" RETURNING {connection.ops.quote_name('id')}" if is_told else ""
    values = [
        field.get_db_prep_save(getattr(instance, field.attname), connection) for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql}{back}", values)
        instance.pk = cursor.fetchone()[0] if is_told else cursor.lastrowid
    state: ModelState = vars(instance)["_state"]
    state.adding, state.db = False, DEFAULT_DB_ALIAS


@cache
def _new_row(model: type[Model]) -> tuple[str, list[Any]]:
    """The statement that writes one, and the fields it takes: all but the key."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(field)) for field in fields)
    marks = ", ".join("%s" for _field in fields)
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})", fields  # noqa: S608


def _field(model: type[Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _column(field: Any) -> str:
    return str(field.column)


def _execute(sql: str, fields: Sequence[Any], objects: Sequence[Any]) -> None:
    values = attrgetter(*("pk" if field.primary_key else field.attname for field in fields))
    adapted = [(place, adapt) for place, field in enumerate(fields) if (adapt := _adapter(field))]
    params = []
    for each in objects:
        row = list(values(each))
        for place, adapt in adapted:
            if row[place] is not None:
                row[place] = adapt(row[place])
        params.append(row)
    with connection.cursor() as cursor:
        cursor.executemany(sql, params)


def _adapter(field: Any) -> Adapt | None:
    """How a field's values go to SQLite; None as they are."""
    if isinstance(field, DateTimeField):
        return _sqlite_time
    if isinstance(field, JSONField):
        return lambda value: json.dumps(value, cls=field.encoder)
    return None


def _sqlite_time(at: datetime) -> str:
    """As Django writes it, in UTC; a minute has thousands of them, so its words are kept."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    if not at.microsecond:
        return at.replace(tzinfo=None).isoformat(" ")
    minute = _minute(at.year, at.month, at.day, at.hour, at.minute)
    return "%s%02d.%06d" % (minute, at.second, at.microsecond)  # noqa: UP031  the quickest way


@lru_cache(maxsize=64)
def _minute(year: int, month: int, day: int, hour: int, minute: int) -> str:
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:"
