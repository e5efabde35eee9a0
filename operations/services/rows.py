"""Reads and writes many rows by plain SQL; Django's querysets take longer than the database."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, JSONField, Model

Adapt = Callable[[Any], Any]

CHUNK = 5_000  # keys of a query: few enough for any database


def select(
    model: type[Model], names: Sequence[str], *, by: str, keys: Collection[int]
) -> Iterator[list[Any]]:
    """Values of these fields (`pk` too), of the rows whose `by` is among the keys; in any order."""
    if not keys:
        return
    fields = [_field(model, name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(field)) for field in fields)
    where = f"FROM {quote(model._meta.db_table)} WHERE {quote(_column(_field(model, by)))}"
    times = [place for place, field in enumerate(fields) if isinstance(field, DateTimeField)]
    marks = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} {where} IN ({marks})", list(keys))
        found = cursor.fetchall()
    is_naive = connection.vendor == "sqlite"
    for values in map(list, found):
        for place in times if is_naive else ():
            if values[place] is not None:
                values[place] = values[place].replace(tzinfo=UTC)
        yield values


def update(model: type[Model], objects: Sequence[Any], names: Sequence[str]) -> None:
    """Write these fields of the model's rows; the objects have them as attributes, and `pk`."""
    if not objects:
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
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(_column(field)) for field in fields)
    marks = ", ".join("%s" for _field in fields)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    _execute(sql, fields, objects)


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
    """How a field's values go to the database; None as they are."""
    if isinstance(field, DateTimeField):
        return _sqlite_time if connection.vendor == "sqlite" else None
    if isinstance(field, JSONField):
        if connection.vendor == "sqlite":
            return lambda value: json.dumps(value, cls=field.encoder)
        return lambda value: field.get_db_prep_save(value, connection)
    return None


def _sqlite_time(at: datetime) -> str:
    """As Django writes it, in UTC."""
    if at.tzinfo is UTC:
        return at.isoformat(" ")[: -len("+00:00")]
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
