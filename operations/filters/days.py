"""From a day on, or until one: days of the reader's zone, looked for as times.

An index has the times; the day of each row would have to be worked out first, row by row.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from operations.commands.base import Text

# What is typed may be any day; midnight of the first or last there is lies beyond them elsewhere.
FIRST, LAST = date(1900, 1, 1), date(9000, 1, 1)


class DayFilter(django_filters.DateFilter):
    """By a day, which counts as a whole."""

    def __init__(self, field: str, label: Text, *, is_until: bool) -> None:
        super().__init__(
            field_name=field, label=label, widget=forms.DateInput(attrs={"type": "date"})
        )
        self._is_until = is_until

    def filter(self, qs: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        """Those from its first moment on, or before the next day's."""
        if value is None:
            return qs
        day = min(max(value, FIRST), LAST)
        if self._is_until:
            return qs.filter(**{f"{self.field_name}__lt": _begin(day + timedelta(days=1))})
        return qs.filter(**{f"{self.field_name}__gte": _begin(day)})


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def since(field: str, label: Text) -> DayFilter:
    """From this day on."""
    return DayFilter(field, label, is_until=False)


def until(field: str, label: Text) -> DayFilter:
    """Until this day's end."""
    return DayFilter(field, label, is_until=True)
