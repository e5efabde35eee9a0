"""Get event streams: GetPeriodicEventStream (2.1 N12)."""

from django.utils.translation import gettext_lazy

from operations.commands import groups
from operations.commands.base import TargetKind
from operations.commands.plain import PlainCommand, WireForm


class GetEventStreamsForm(WireForm):
    """Nothing to choose."""

    action = "GetPeriodicEventStream"


class GetEventStreams(PlainCommand):
    """Asks which values the station streams; the answer is on the request's page."""

    slug = "get-event-streams"
    label = gettext_lazy("Get event streams")
    icon = "water"
    group = groups.REPORTS
    targets = frozenset({TargetKind.STATION})
    form = GetEventStreamsForm
    shows_answer = True
    sentence = gettext_lazy("Get the event streams of %(target)s")
    outcomes = {}
    resend = True
    request_v21 = PlainCommand.ask
