"""Send local list: GetLocalListVersion, then SendLocalList piece by piece (1.6 §5.15, 2.0.1 D01).

What goes into the pieces is services/local_lists/jobs.py's; here is how a piece is asked for.
"""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.commands import groups, local_lists
from operations.commands.base import (
    Command,
    CommandForm,
    Further,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.commands.plain import ANSWERED, DONE, UNSUPPORTED
from operations.statuses import RunStatus
from operations.versions import OcppVersion

# What may be asked for; NEEDED is differential where that can be, else full.
NEEDED, FULL, DIFFERENTIAL = "needed", "full", "differential"


UNTOLD = Outcome(RunStatus.FAILED, gettext_lazy("The station did not say which version it holds."))


class SendLocalListForm(CommandForm):
    """How much of it."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Send"),
        choices=[
            (NEEDED, gettext_lazy("What is needed: only changes where that can be")),
            (FULL, gettext_lazy("Full: the whole list, in place of what is there")),
            (DIFFERENTIAL, gettext_lazy("Differential: only what has changed")),
        ],
        help_text=gettext_lazy(
            "The station is first asked for its version and limits. A list longer than one "
            "message goes in several, each after the answer to the one before. A differential "
            "that the station does not take is followed by the whole list, once."
        ),
    )


class SendLocalList(Command):
    """Brings the station's local list to what its list in the portal holds now."""

    slug = "send-local-list"
    label = gettext_lazy("Send local list")
    icon = "list-check"
    group = groups.AUTHORIZATION
    targets = frozenset({TargetKind.STATION})
    form = SendLocalListForm
    outcomes = {
        "Accepted": DONE,
        "Failed": Outcome(RunStatus.FAILED, gettext_lazy("The station could not take the list.")),
        "NotSupported": UNSUPPORTED,
        "VersionMismatch": Outcome(
            RunStatus.FAILED, gettext_lazy("The station holds another version.")
        ),
    }
    may_wait = True

    def title(self, target: Target, params: Params) -> str:
        """How much, and where to."""
        words = {
            FULL: _("Send the full local list to %(target)s"),
            DIFFERENTIAL: _("Send the local list's changes to %(target)s"),
        }
        otherwise = _("Send the local list to %(target)s")
        return words.get(params.get("mode", ""), otherwise) % {"target": target.name}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """First what is there: some stations that advertise lists have none (§5.10)."""
        return local_lists.look_v16()

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """The same in 2.x (D02)."""
        return local_lists.look_v201()

    def further(
        self, version: OcppVersion, target: Target, params: Params, answers: Sequence[Payload]
    ) -> Further | None:
        """The next piece."""
        piece = params.get("piece")
        if piece is None:
            return None
        request = local_lists.send(version, piece["version"], piece["update"], piece["entries"])
        return Further((request,), piece["sentence"])

    def outcome(self, action: str, payload: Payload) -> Outcome:
        """Only SendLocalList's answer says whether it worked."""
        if action == "SendLocalList":
            return super().outcome(action, payload)
        is_told = local_lists.version_in(payload) is not None
        return UNTOLD if action == "GetLocalListVersion" and not is_told else ANSWERED
