"""Get local list version: GetLocalListVersion (1.6 §5.10, 2.0.1 D02), and what lists it takes."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups, local_lists
from operations.commands.base import Command, Outcome, Params, Payload, Request, Target, TargetKind
from operations.commands.plain import ANSWERED


class GetLocalListVersion(Command):
    """Asks which list the station holds, and how long a list it takes."""

    slug = "get-local-list-version"
    label = gettext_lazy("Get local list version")
    icon = "list-ol"
    group = groups.AUTHORIZATION
    targets = frozenset({TargetKind.STATION})
    outcomes = {}
    resend = True
    may_wait = True

    def title(self, target: Target, params: Params) -> str:
        """Whose."""
        return _("Get the local list's version from %(target)s") % {"target": target.name}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The version, and the keys that limit lists."""
        return local_lists.look_v16()

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The same, and a report: only that says how many entries there may be."""
        component = {"component": {"name": local_lists.COMPONENT}}
        report = {"requestId": params["request_id"], "componentVariable": [component]}
        return (*local_lists.look_v201(), Request("GetReport", report))

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """Whatever it says; services/local_lists/jobs.py finds the words."""
        return ANSWERED
