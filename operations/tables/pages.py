"""The records of a page, found by their keys first.

What is skipped or does not match then costs an index entry, not a whole row with its joins.
"""

from typing import Any

from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP


def page(rows: QuerySet[Any], part: slice) -> QuerySet[Any] | list[Any]:
    """These of the rows, in their order."""
    path = _sorted_by_another(rows)
    return _found(rows, part) if path is None else _in_two(rows, path, part.start or 0, part.stop)


def _found(rows: QuerySet[Any], part: slice) -> QuerySet[Any]:
    return rows.filter(pk__in=rows.values("pk")[part])


def _sorted_by_another(rows: QuerySet[Any]) -> str | None:
    """What they are sorted by first, where that is of another record, which they may not have."""
    first = next(iter(rows.query.order_by), None)
    if not isinstance(first, str) or rows.query.combinator or rows.query.distinct:
        return None
    path = first.lstrip("-")
    name, is_path, _rest = path.partition(LOOKUP_SEP)
    if not is_path:
        return None
    relation = rows.model._meta.get_field(name)
    return path if relation.auto_created or getattr(relation, "null", False) else None


def _in_two(rows: QuerySet[Any], path: str, start: int, stop: int | None) -> list[Any]:
    """Those that have it first, so that the other's index gives the order; then those that don't.

    In one query a database would have to put all of them in order, as any may have none.
    """
    having = rows.filter(**{f"{path}__isnull": False})
    found = list(_found(having, slice(start, stop)))
    if stop is not None and len(found) == stop - start:
        return found
    before = having.count() if start and not found else start + len(found)
    rest = slice(max(start - before, 0), None if stop is None else stop - before)
    lacking = rows.filter(**{f"{path}__isnull": True}).order_by(*rows.query.order_by[1:])
    return [*found, *_found(lacking, rest)]
