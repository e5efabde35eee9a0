"""The different values of an indexed column: few words among very many rows."""

from typing import Any

from django.db import connection
from django.db.models import Model

# From one value to the next by the index: DISTINCT would read all rows.
VALUES = """
    WITH RECURSIVE found(value) AS (
        SELECT MIN({column}) FROM {table}
        UNION ALL
        SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > found.value)
        FROM found WHERE found.value IS NOT NULL
    )
    SELECT value FROM found WHERE value IS NOT NULL LIMIT %s
"""
MOST = 500  # more of them are no words any more, but whatever stations make up


def values(model: type[Model], name: str) -> list[str]:
    """All there are, in their order, or the first `MOST` of them."""
    field: Any = model._meta.get_field(name)
    quote = connection.ops.quote_name
    column = quote(field.column)
    with connection.cursor() as cursor:
        cursor.execute(VALUES.format(table=quote(model._meta.db_table), column=column), [MOST])
        return [value for (value,) in cursor.fetchall()]


def containing(model: type[Model], name: str, text: str) -> list[str] | None:
    """Those with this text anywhere in them, upper or lower case; None: too many to tell."""
    known = values(model, name)
    if len(known) == MOST:
        return None
    return [value for value in known if text.casefold() in value.casefold()]
