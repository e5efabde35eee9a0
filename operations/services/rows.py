"""Reads and writes many rows with one plain statement; Django's ways cost milliseconds more."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
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
    columns, names, converted = _columns(model, connection.vendor)
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(_column(model._meta.get_field(by)))
    lock = " FOR UPDATE" if is_locked and connection.features.has_select_for_update else ""
    sql = (
        f"SELECT {columns} FROM {table} WHERE {where} "  # noqa: S608
        f"AND {column} {_one_of(values)} ORDER BY {quote('id')}{lock}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, _given(values))
        found = cursor.fetchall()
    # The proxy's way to it, for each value of each row, costs more than all the rest.
    database = connections[DEFAULT_DB_ALIAS]
    return [_instance(model, names, _converted(row, converted, database)) for row in found]


def select(
    model: type[Model],
    names: Sequence[str],
    *,
    by: str,
    keys: Collection[int],
    where: str = "TRUE",
) -> Iterator[list[Any]]:
    """Values of these fields (`pk` too), of the rows whose `by` is among the keys; in any order.

    `where` as `load` takes it.
    """
    if not keys:
        return
    fields = [_field(model, name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(field)) for field in fields)
    table, column = quote(model._meta.db_table), quote(_column(_field(model, by)))
    rest = f"FROM {table} WHERE {where} AND {column} {_one_of(keys)}"
    times = [place for place, field in enumerate(fields) if isinstance(field, DateTimeField)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {rest}", _given(keys))
        found = cursor.fetchall()
    is_naive = connection.vendor == "sqlite"
    for values in map(list, found):
        for place in times if is_naive else ():
            if values[place] is not None:
                values[place] = values[place].replace(tzinfo=UTC)
        yield values


def _one_of(values: Collection[Any]) -> str:
    """PostgreSQL takes a list as one value: the statement stays the same."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)"
    return f"IN ({', '.join(['%s'] * len(values))})"


def _given(values: Collection[Any]) -> list[Any]:
    return [list(values)] if connection.vendor == "postgresql" else list(values)


Converted = list[tuple[int, list[Convert], Any]]


@cache
def _columns(model: type[Model], _vendor: str) -> tuple[str, tuple[str, ...], Converted]:
    """What is read of each row, under which names, and which columns Django reads in its way."""
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    converted = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        ways = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
        if ways:
            converted.append((place, ways, column))
    columns = ", ".join(quote(_column(field)) for field in fields)
    return columns, tuple(field.attname for field in fields), converted


def _converted(row: Sequence[Any], converted: Converted, database: Any) -> Sequence[Any]:
    values = list(row)
    for place, ways, column in converted:
        if values[place] is not None:
            for convert in ways:
                values[place] = convert(values[place], column, database)
    return values


def _instance(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """As Model.from_db makes it, without setting each attribute by itself."""
    instance = model.__new__(model)
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    instance.__dict__.update(zip(names, values, strict=True), _state=state)
    return instance


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
    """As Django writes it, in UTC."""
    if at.tzinfo is UTC:
        return at.isoformat(" ")[: -len("+00:00")]
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
