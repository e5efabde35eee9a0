"""Addresses of the many records of a list: each pattern is looked up once, then filled in."""

from functools import cache

from django.urls import reverse

# Stands for a record's key while a pattern is looked up: no other number of an address is that.
SOMEBODY = 918_273_645_546_372_819


def path(name: str, pk: int, *rest: str) -> str:
    """What `reverse` says for the page of a record; `rest` are the address's further words."""
    before, after = _around(name, rest)
    return f"{before}{pk}{after}"


@cache
def _around(name: str, rest: tuple[str, ...]) -> tuple[str, str]:
    before, _pk, after = reverse(name, args=[SOMEBODY, *rest]).partition(str(SOMEBODY))
    return before, after
