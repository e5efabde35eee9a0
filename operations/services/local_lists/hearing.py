"""What stations' answers and reports say of their lists: versions, limits, pieces taken."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from operations.commands.base import UNSUPPORTED_CODES
from operations.commands.local_lists import COMPONENT, version_in
from operations.models import ListRevision, OcppMessage, StationList
from operations.services.local_lists import states
from operations.services.local_lists.jobs import Job, copy_of

# A setting's name → the copy's field. Older EVerest says what it limits (libocpp 399).
FIELDS: Mapping[str, str] = {
    "LocalAuthListEnabled": "is_enabled",
    "LocalAuthListMaxLength": "most_entries",
    "SendLocalListMaxLength": "most_per_message",
    f"{COMPONENT}.Enabled": "is_enabled",
    f"{COMPONENT}.Available": "is_supported",
    f"{COMPONENT}.ItemsPerMessage": "most_per_message",
    f"{COMPONENT}.ItemsPerMessageSendLocalList": "most_per_message",
    f"{COMPONENT}.BytesPerMessage": "most_bytes",
    f"{COMPONENT}.BytesPerMessageSendLocalList": "most_bytes",
}
ENTRIES = f"{COMPONENT}.Entries"
SWITCHES = frozenset({"is_enabled", "is_supported"})
MOST = 2**31 - 1

Facts = dict[str, Any]


def take_answer(
    *, station_pk: int, message: OcppMessage, answer: Mapping[str, Any], at: datetime
) -> None:
    """Keep what an answer to a call of ours tells; most answers tell nothing, and cost nothing."""
    action, payload = message.action, answer.get("payload") or {}
    if action == "GetLocalListVersion":
        _take_version(copy_of(station_pk), answer, at)
    elif action == "SendLocalList":
        _take_piece(copy_of(station_pk), message, answer, at)
    elif action in {"GetConfiguration", "GetVariables"}:
        facts = dict(_settings(action, payload))
        if facts:
            _learn(station_pk, facts)


def take_report(*, station_pk: int, data: Any) -> None:
    """The same from a part of a NotifyReport: only here is how many entries there may be."""
    facts: Facts = {}
    for item in _dicts(data):
        name = _named(item)
        limit = (item.get("variableCharacteristics") or {}).get("maxLimit")
        if name == ENTRIES and (most := _number(limit)) is not None:
            facts["most_entries"] = most
        for attribute in _dicts(item.get("variableAttribute")):
            if attribute.get("type", "Actual") == "Actual":
                facts |= _fact(name, attribute.get("value"))
    if facts:
        _learn(station_pk, facts)


def _learn(station_pk: int, facts: Facts) -> None:
    copy = copy_of(station_pk)
    if all(getattr(copy, name) == value for name, value in facts.items()):
        return
    if facts.get("most_per_message", copy.most_per_message) != copy.most_per_message:
        copy.most_taken = None  # another firmware, perhaps: what it took before says nothing
    for name, value in facts.items():
        setattr(copy, name, value)
    _save(copy)


def _settings(action: str, payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if action == "GetConfiguration":
        for item in _dicts(payload.get("configurationKey")):
            yield from _fact(str(item.get("key")), item.get("value")).items()
    else:
        for item in _dicts(payload.get("getVariableResult")):
            if item.get("attributeStatus") == "Accepted":
                yield from _fact(_named(item), item.get("attributeValue")).items()


def _fact(name: str, value: Any) -> Facts:
    """What a setting says; stations write numbers and switches in their own ways."""
    field = FIELDS.get(name)
    if field is None or value is None:
        return {}
    if field in SWITCHES:
        word = str(value).strip().lower()
        return {field: word in {"true", "1"}} if word in {"true", "1", "false", "0"} else {}
    number = _number(value)
    return {} if number is None else {field: number}


def _number(value: Any) -> int | None:
    """A limit; none says nothing, and 0 would let nothing through that may be sent."""
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text) <= MOST else None


def _named(item: Mapping[str, Any]) -> str:
    component, variable = item.get("component"), item.get("variable")
    if not isinstance(component, dict) or not isinstance(variable, dict):
        return ""
    return f"{component.get('name')}.{variable.get('name')}"


def _dicts(items: Any) -> Iterator[dict[str, Any]]:
    if isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


def _take_version(copy: StationList, answer: Mapping[str, Any], at: datetime) -> None:
    if "error" in answer:
        if answer["error"] in UNSUPPORTED_CODES:
            copy.is_supported = False
            _save(copy)
        return
    number = version_in(answer.get("payload") or {})
    if number is None:
        return
    copy.reported_version, copy.reported_at = number, at
    if number >= 0 and copy.is_supported is False:
        copy.is_supported = None
    _resolve_doubt(copy, at)
    _save(copy)


def _resolve_doubt(copy: StationList, at: datetime) -> None:
    """A message that was not answered: its version says whether it was applied."""
    job = Job.of(copy)
    if not copy.is_in_doubt or job is None:
        return
    if copy.reported_version == job.version:
        _confirm(copy, job, at)
    copy.is_in_doubt = False


def _take_piece(
    copy: StationList, message: OcppMessage, answer: Mapping[str, Any], at: datetime
) -> None:
    """Only what was accepted is what the station holds."""
    payload = answer.get("payload") or {}
    status = str(payload.get("status", ""))
    is_ours = message.run_id is not None and message.run_id == copy.run_id
    if status == "NotSupported" or answer.get("error") in UNSUPPORTED_CODES:
        copy.is_supported = False
    elif not is_ours and status == "Accepted":
        _take_foreign(copy, message, at)
    job = Job.of(copy)
    if is_ours and job is not None:
        copy.is_in_doubt = False
        if status == "Accepted":
            copy.is_supported = True
            _confirm(copy, job, at)
    _save(copy)


def _take_foreign(copy: StationList, message: OcppMessage, at: datetime) -> None:
    """A list sent by hand: what the station holds now is in none of ours."""
    try:
        payload = json.loads(message.call)[3]
        number = int(payload.get("listVersion", payload.get("versionNumber")))
    except (ValueError, TypeError, LookupError, AttributeError):
        return
    copy.is_in_doubt = False
    copy.reported_version, copy.reported_at = number, at
    if copy.version == number:
        copy.version = None


def _confirm(copy: StationList, job: Job, at: datetime) -> None:
    revision = ListRevision.objects.filter(pk=job.revision).first()
    if revision is None:
        return  # so late that nobody knows any more what it was
    if job.is_first and job.most is not None:
        copy.most_taken = job.most
    job = replace(job, accepted=job.asked, messages=job.messages + 1)
    copy.job = asdict(job)
    copy.revision = revision
    copy.base_id = job.base
    copy.applied = None if job.accepted >= job.changes.size else job.accepted
    if copy.applied is None:
        copy.base_id = None
    copy.protocol = job.protocol
    copy.version = copy.reported_version = job.version
    copy.confirmed_at = copy.reported_at = at


def _save(copy: StationList) -> None:
    states.settle(copy, timezone.now())
    copy.save()
