"""What a list's filter finds now, for a schedule that asks all that match each time."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from operations.commands.base import Command, TargetKind
from operations.models import BatchSchedule, User
from operations.services.selections import Selection
from operations.views.requests import PortalRequest
from operations.views.selecting import SOURCES
from operations.views.selections import Chosen


def choose(*, source: str, query: str, user: User, command: Command) -> Selection:
    """All that match, as this user would see them on the page."""
    page = SOURCES.get(source)
    if page is None:
        return Selection.of_pks(TargetKind.STATION, ())
    return _all_of(query).selection(request=_as_if_asked_by(user), page=page, command=command)


def in_words(schedule: BatchSchedule, user: User) -> str:
    """Whom a schedule asks: "Stations: all with Vendor: ABB, chosen each time"."""
    page = SOURCES.get(schedule.source)
    if page is None:
        return _("A list that is no longer there")
    chosen = _all_of(schedule.filter).in_words(page, _as_if_asked_by(user))
    return _("%(chosen)s, chosen each time") % {"chosen": chosen}


def _all_of(query: str) -> Chosen:
    return Chosen(picked=(), connectors=(), is_all=True, filter=query)


def _as_if_asked_by(user: User) -> PortalRequest:
    """Filters ask their request alone who looks."""
    request = PortalRequest()
    request.user = user
    request.GET = QueryDict()
    return request
