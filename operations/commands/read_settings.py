"""Read settings: GetConfiguration (1.6), GetBaseReport, GetReport, GetVariables (2.x)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import variables
from operations.commands import groups, reports, setting_items
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    Command,
    CommandForm,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.commands.plain import UNSUPPORTED
from operations.commands.setting_items import READS
from operations.events import ReportPartReceived
from operations.known_settings.authorization import SETTINGS
from operations.models import StationSetting
from operations.statuses import RunStatus
from operations.variables import Variable
from operations.versions import V16

ALL, AUTHORIZATION = "all", "authorization"
# The parts of a 2.x station that hold the seed's settings.
CONTROLLERS = ("AuthCtrlr", "AuthCacheCtrlr", "LocalAuthListCtrlr")
LIST = "NotifyReport"


class ReadSettingsForm(CommandForm):
    """Everything, or what Operations > Authorization shows."""

    follows_choices = False

    what = forms.ChoiceField(
        label=gettext_lazy("Settings"),
        choices=[
            (ALL, gettext_lazy("All")),
            (AUTHORIZATION, gettext_lazy("Those of authorization")),
        ],
        initial=ALL,
        required=False,
    )
    keys = forms.CharField(widget=forms.HiddenInput, required=False)

    def params(self) -> Params:
        """Certain ones, where the link named some."""
        keys = [key for key in self.cleaned_data["keys"].splitlines() if key.strip()]
        return {"keys": keys[:500]} if keys else {"what": self.cleaned_data["what"] or ALL}


class ReadSettings(Command):
    """Asks for settings as they are now; a report of OCPP 2.x comes after the answer, in parts."""

    slug = "read-settings"
    label = gettext_lazy("Read settings")
    icon = "list-check"
    group = groups.SETTINGS
    targets = frozenset({TargetKind.STATION})
    form = ReadSettingsForm
    outcomes = {
        # GetConfiguration's answer has no status.
        "": Outcome(RunStatus.DONE, gettext_lazy("The station told its settings.")),
        "Accepted": ACCEPTED,
        "Rejected": REJECTED,
        "NotSupported": UNSUPPORTED,
        "EmptyResultSet": reports.NOTHING,
    }
    confirmed_by = (ReportPartReceived,)
    effect_timeout_s = 600
    resend = True
    may_wait = True
    supersedes = False

    def title(self, target: Target, params: Params) -> str:
        """Which of them."""
        keys = params.get("keys") or ()
        if isinstance(keys, list) and len(keys) == 1:
            return _("Read %(key)s of %(target)s") % {"key": keys[0], "target": target.name}
        if params.get("what") == AUTHORIZATION:
            return _("Read how %(target)s authorizes") % {"target": target.name}
        return _("Read the settings of %(target)s") % {"target": target.name}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """All in one answer; then, by name, what somebody found that the station hides."""
        if "keys" in params:
            return setting_items.reads(V16, target, _named(params["keys"]), params)
        if params.get("what") == AUTHORIZATION:
            wanted = (setting.variables(V16) for setting in SETTINGS)
            return setting_items.reads(
                V16, target, [name for names in wanted for name in names], params
            )
        hidden = setting_items.reads(V16, target, _hidden(target, params), params)
        return (Request("GetConfiguration", {}), *hidden)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """A report, which alone tells limits (maxLimit); or the values of certain variables."""
        version = target.station.version
        assert version is not None  # noqa: S101
        if "keys" in params:
            return setting_items.reads(version, target, _named(params["keys"]), params)
        if params.get("what") == AUTHORIZATION:
            parts = [{"component": {"name": name}} for name in CONTROLLERS]
            report = {"requestId": params["request_id"], "componentVariable": parts}
            return (Request("GetReport", report),)
        base = {"requestId": params["request_id"], "reportBase": "FullInventory"}
        hidden = setting_items.reads(version, target, _hidden(target, params), params)
        return (*hidden, Request("GetBaseReport", base))

    def answer_status(self, action: str, payload: Payload) -> str:
        """GetConfiguration and GetVariables have told, whatever they told."""
        if action in READS and "status" not in payload:
            return ""
        return super().answer_status(action, payload)

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """Every part of the report came."""
        if "keys" in params:
            return None
        return reports.completeness(target, LIST, params["request_id"])


def _named(keys: Iterable[Any]) -> list[Variable]:
    """The settings meant; what is no key is left out."""
    found = []
    for key in keys:
        try:
            found.append(Variable.of_key(str(key)))
        except ValueError:
            continue
    return found


def _hidden(target: Target, params: Params) -> list[Variable]:
    """What was typed by hand once; not looked up while many stations are judged."""
    if not params.get("request_id"):
        return []
    rows = StationSetting.objects.filter(
        station=target.station, is_by_hand=True, attribute=variables.ACTUAL
    )
    return [row.name for row in rows if not row.is_secret]
