"""Many rows written as one array a column: PostgreSQL reads and plans one statement for them all.

A statement for each row costs it more than what the statement does.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import JSONField, Model

MOST = 5_000  # rows of one statement
KEY = "id"


def insert(model: type[Model], objects: Sequence[Any]) -> None:
    """Write new rows; the objects have all the model's columns as attributes, but no key."""
    names = tuple(field.name for field in model._meta.concrete_fields if not field.primary_key)
    sql = _insertion(model, names)
    for some in _chunks(objects):
        _run(sql, model, names, some)


def update(model: type[Model], objects: Sequence[Any], names: Sequence[str]) -> None:
    """Write these fields of rows by their `pk`; of a row that comes twice, the last."""
    all_names = (KEY, *names)
    sql = _correction(model, all_names)
    for some in _chunks(list({each.pk: each for each in objects}.values())):
        _run(sql, model, all_names, some)


def _chunks(objects: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(objects), MOST):
        yield objects[start : start + MOST]


def _run(sql: str, model: type[Model], names: tuple[str, ...], objects: Sequence[Any]) -> None:
    arrays = [_array(field, objects) for field in _fields(model, names)]
    with cursor() as asking:
        asking.execute(sql, arrays)


def cursor() -> Any:
    """For statements of these: they stay the same, and are planned once."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    return database.cursor_that_stays()


# --- The statements, made once -----------------------------------------------------------------


@cache
def _fields(model: type[Model], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(model._meta.get_field(name) for name in names)


@cache
def _insertion(model: type[Model], names: tuple[str, ...]) -> str:
    columns, given = _columns(model, names), _given(model, names)
    return f"INSERT INTO {_table(model)} ({columns}) SELECT * FROM {given}"  # noqa: S608


@cache
def _correction(model: type[Model], names: tuple[str, ...]) -> str:
    table = _table(model)
    key, *columns = _columns(model, names).split(", ")
    sets = ", ".join(f"{column} = given.{column}" for column in columns)
    given = f"{_given(model, names)} AS given({_columns(model, names)})"
    return f"UPDATE {table} SET {sets} FROM {given} WHERE {table}.{key} = given.{key}"  # noqa: S608


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _columns(model: type[Model], names: tuple[str, ...]) -> str:
    return ", ".join(connection.ops.quote_name(field.column) for field in _fields(model, names))


def _given(model: type[Model], names: tuple[str, ...]) -> str:
    return f"unnest({', '.join(f'%s::{kind(field)}[]' for field in _fields(model, names))})"


def kind(field: Any) -> str:
    """The field's type in the database.

    Without lengths: to cast to varchar(50) would cut what is too long, and say nothing.
    """
    name: str = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return name.partition("(")[0]


# --- The arrays, as PostgreSQL reads them ------------------------------------------------------


def _array(field: Any, objects: Sequence[Any]) -> str:
    value_of = attrgetter("pk" if field.primary_key else field.attname)
    values = list(map(value_of, objects))
    first, count = values[0], len(values)
    # Many rows of one click differ in little: what is the same in all is put into words once.
    is_same = all(each is first for each in values)
    if is_same:
        values = [first]
    if isinstance(field, JSONField):
        values = [each if each is None else json.dumps(each, cls=field.encoder) for each in values]
    return _array_of([_element(each) for each in values] * (count if is_same else 1))


def text(values: Iterable[Any]) -> str:
    """The values as one array."""
    return _array_of(map(_element, values))


def _array_of(elements: Iterable[str]) -> str:
    return f"{{{','.join(elements)}}}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if type(value) is int:
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
