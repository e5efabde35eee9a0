"""Counts that a page shows side by side: one query, each by an index of its own."""

from typing import Any

from django.db import models


def counted_apart(**rows: models.QuerySet[Any]) -> dict[str, int]:
    """How many rows each has; one query, in which each is counted by an index of its own.

    One pass over the table with a condition for each reads all of a million rows. They may be of
    several models.
    """
    first, *others = [
        found.order_by().values_list(models.Value(name)).annotate(number=models.Count("*"))
        for name, found in rows.items()
    ]
    return dict.fromkeys(rows, 0) | dict(first.union(*others, all=True))


def counted(
    rows: models.QuerySet[Any], total: int | None, **some: models.QuerySet[Any]
) -> dict[str, int]:
    """The same of some of the rows, and of all where nobody has counted them."""
    if total is not None:
        return {"total": total, **counted_apart(**some)}
    return counted_apart(total=rows, **some)
