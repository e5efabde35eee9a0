"""Change settings: ChangeConfiguration (1.6), SetVariables (2.x), and reading them back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from operations import variables
from operations.commands import groups, setting_items
from operations.commands.base import (
    ACCEPTED,
    REJECTED,
    UNSUPPORTED_CODES,
    Command,
    Further,
    Outcome,
    Params,
    Payload,
    Request,
    Target,
    TargetKind,
)
from operations.commands.change_settings_form import ChangeSettingsForm
from operations.commands.results import worst_status
from operations.commands.setting_items import CHANGES, READS, TAKEN, Item
from operations.events import ReportPartReceived, StationBooted
from operations.models import StationSetting
from operations.statuses import Role, RunStatus
from operations.versions import V16, V201, OcppVersion

UNKNOWN = Outcome(RunStatus.UNSUPPORTED, gettext_lazy("The station does not have such a setting."))
MOST_NAMED = 3  # in a sentence


class ChangeSettings(Command):
    """Writes settings one after the other, then reads them back: done is what reads as asked.

    Stations accept and ignore (domain: so do simulators), so Accepted alone proves nothing. What
    takes effect after a reboot is read again then (`services.rereading`).
    """

    slug = "change-settings"
    label = gettext_lazy("Change settings")
    icon = "sliders"
    group = groups.SETTINGS
    permission = Role.ENGINEER
    targets = frozenset({TargetKind.STATION})
    form = ChangeSettingsForm
    outcomes = {
        "Accepted": ACCEPTED,
        "RebootRequired": Outcome(
            RunStatus.ACCEPTED,
            gettext_lazy("The station stored it; it takes effect after a reboot."),
        ),
        "Rejected": REJECTED,
        "NotSupported": UNKNOWN,
        "UnknownComponent": UNKNOWN,
        "UnknownVariable": UNKNOWN,
        "NotSupportedAttributeType": UNKNOWN,
    }
    confirmed_by = (StationBooted, ReportPartReceived)
    resend = True
    may_wait = True
    supersedes = False  # another run may be about other settings

    def items(self, version: OcppVersion, params: Params) -> list[Item]:
        """What is to be set, in the version's names."""
        return setting_items.items_of(version, params)

    def all_items(self, params: Params) -> list[Item]:
        """The same in the names of all versions."""
        return [*self.items(V16, params), *self.items(V201, params)]

    def title(self, target: Target, params: Params) -> str:
        """Name the setting where it is one."""
        items = params.get("settings") or []
        if len(items) == 1:
            words = {"key": items[0]["key"], "target": target.name}
            return _("Change %(key)s of %(target)s") % words
        if items:
            words = {"count": len(items), "target": target.name}
            return _("Change %(count)d settings of %(target)s") % words
        return _("Change settings of %(target)s") % {"target": target.name}

    def warnings(self, target: Target, params: Params) -> tuple[str, ...]:
        """What it is and what it will be, of what stands in the form."""
        return ChangeSettingsForm.differences(target, params)

    def objection(self, target: Target, params: Params) -> str | None:
        """None of the settings is of the station's version."""
        version = target.station.version
        if version is None or self.items(version, params):
            return None
        return _("OCPP %(version)s has none of these settings.") % {"version": version}

    def request_v16(self, target: Target, params: Params) -> tuple[Request, ...]:
        """A call for each key."""
        return setting_items.writes(V16, target, self.items(V16, params), params)

    def request_v201(self, target: Target, params: Params) -> tuple[Request, ...]:
        """As many in a call as the station takes."""
        return setting_items.writes(V201, target, self.items(V201, params), params)

    def answer_status(self, action: str, payload: Payload) -> str:
        """Of several results the one that is not good."""
        if action in READS:
            return "Accepted"  # what it reads, `conclusion` judges
        if action == "SetVariables":
            return worst_status(payload, "setVariableResult", name="attributeStatus")
        return super().answer_status(action, payload)

    def further(
        self,
        version: OcppVersion,
        target: Target,
        params: Params,
        answers: Sequence[Payload],
    ) -> Further | None:
        """Once all is written: read back what was taken."""
        if any(answer["action"] in READS for answer in answers):
            return None
        items = self.items(version, params)
        statuses = setting_items.written(items, answers)
        taken = [
            item.variable
            for item in items
            if statuses.get(item.variable.key) in TAKEN and not item.is_secret
        ]
        if not taken:
            return None
        sentence = _("The station answered; reading back what it has now.")
        return Further(setting_items.reads(version, target, taken, params), sentence)

    def conclusion(self, params: Params, answers: Sequence[Payload]) -> Outcome | None:
        """What was refused, else what does not read as asked, else done."""
        writes = [answer for answer in answers if answer["action"] in CHANGES]
        if not writes:
            return None
        version = V16 if writes[0]["action"] == "ChangeConfiguration" else V201
        items = self.items(version, params)
        statuses = setting_items.written(items, writes)
        refused = {key: status for key, status in statuses.items() if status not in TAKEN}
        if refused:
            return _refusal(refused, len(items))
        told = setting_items.read_back(answers)
        other = [item for item in items if not item.is_secret and not _reads_as_asked(item, told)]
        if not other:
            return Outcome(RunStatus.DONE, _done(items, statuses))
        if all(statuses[item.variable.key] == "RebootRequired" for item in other):
            sentence = _("The station stored it, and will use it when it has rebooted.")
            return Outcome(RunStatus.SCHEDULED, sentence)
        return Outcome(RunStatus.NOT_CONFIRMED, _ignored(other, told))

    def confirmation(self, target: Target, params: Params, since: datetime | None) -> str | None:
        """All of them were read since, as asked."""
        version = target.station.version
        items = self.items(version, params) if version else []
        seen = [item for item in items if not item.is_secret]
        if not seen:
            return None
        keys = [item.variable.key for item in seen]
        told = StationSetting.objects.reported().filter(station=target.station, key__in=keys)
        if since is not None:
            told = told.filter(read_at__gte=since)
        values = dict(told.values_list("key", "value"))
        return _now(seen) if all(_reads_as_asked(item, values) for item in seen) else None

    def refutation(self, target: Target, params: Params, since: datetime) -> str | None:
        """The station has booted, and was read again, and still has another value."""
        station = target.station
        if station.version is None or station.booted_at is None or station.booted_at < since:
            return None
        seen = [item for item in self.items(station.version, params) if not item.is_secret]
        keys = [item.variable.key for item in seen]
        told = StationSetting.objects.reported().filter(
            station=station, key__in=keys, read_at__gt=station.booted_at, reboot_required_at=None
        )
        values = dict(told.values_list("key", "value"))
        other = [item.variable.key for item in seen if not _reads_as_asked(item, values)]
        if values.keys() != set(keys) or not other:
            return None
        words = {"key": other[0], "value": values[other[0]][:100] or "—"}
        return _("It has booted, but %(key)s is still %(value)s.") % words


def _reads_as_asked(item: Item, told: Mapping[str, str]) -> bool:
    value = told.get(item.variable.key)
    return value is not None and variables.is_same(value, item.value)


def _refusal(refused: Mapping[str, str], asked: int) -> Outcome:
    """The worst of them, and how the others fared."""
    named = ", ".join(
        f"{key}: {status or '—'}" for key, status in list(refused.items())[:MOST_NAMED]
    )
    statuses = {
        ChangeSettings.outcomes[status].status if status in ChangeSettings.outcomes else _of(status)
        for status in refused.values()
    }
    order = (RunStatus.FAILED, RunStatus.REFUSED, RunStatus.UNSUPPORTED)
    status = next(each for each in order if each in statuses)
    if asked == len(refused):
        return Outcome(status, _("The station did not take it. %(named)s.") % {"named": named})
    words = {"named": named, "count": len(refused), "asked": asked}
    sentence = _("The station did not take %(count)d of %(asked)d settings. %(named)s.")
    return Outcome(status, sentence % words)


def _of(code: str) -> RunStatus:
    """What an error, or a status OCPP does not define, means."""
    return RunStatus.UNSUPPORTED if code in UNSUPPORTED_CODES else RunStatus.FAILED


def _ignored(other: Sequence[Item], told: Mapping[str, str]) -> str:
    item = other[0]
    key = item.variable.key
    if key not in told:
        sentence = _("The station said Accepted, but does not report %(key)s.")
        return sentence % {"key": key}
    sentence = _("The station said Accepted, but %(key)s is still %(value)s.")
    return sentence % {"key": key, "value": told[key][:100] or "—"}


def _done(items: Sequence[Item], statuses: Mapping[str, str]) -> str:
    seen = [item for item in items if not item.is_secret]
    sentences = [_now(seen)] if seen else []
    if len(seen) < len(items):
        sentences.append(_("The station took the password; it can't be read back."))
    if "RebootRequired" in statuses.values():
        sentences.append(_("It takes effect after a reboot."))
    return " ".join(sentences)


def _now(items: Sequence[Item]) -> str:
    if len(items) == 1:
        words = {"key": items[0].variable.key, "value": items[0].value[:100] or "—"}
        return _("%(key)s is now %(value)s.") % words
    count = len(items)
    sentence = ngettext(
        "%(count)d setting is now as asked.", "%(count)d settings are now as asked.", count
    )
    return sentence % {"count": count}
