"""Filters of the lists on a station's pages: whose rows they are is given."""

from operations.filters.messages import MessageFilterSet
from operations.filters.runs import RunFilterSet
from operations.filters.sessions import SessionFilterSet


class StationSessionFilterSet(SessionFilterSet):
    """By all but the station."""

    station = None  # type: ignore[assignment]  # as django-filter takes one away


class StationRunFilterSet(RunFilterSet):
    """By all but the station and its site."""

    station = None  # type: ignore[assignment]  # as django-filter takes one away
    site = None  # type: ignore[assignment]


class StationMessageFilterSet(MessageFilterSet):
    """By all but the station."""

    station = None  # type: ignore[assignment]  # as django-filter takes one away
    suggests_among = None  # an index has the station's latest
