"""Ways to misbehave, by name; what the field has shown stations to do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one station departs from the well-behaved one."""

    # connection
    connects: bool = True
    second_socket_after_s: float | None = None
    drops_every_s: float | None = None
    # boot
    boots: bool = True
    boots_once: bool = False
    status_before_boot: bool = False
    silent_to_boot_trigger: bool = False
    # answers
    answers: bool = True
    answer_delay_s: float = 0.0
    answers_twice: bool = False
    error_code: str | None = None
    rejects: bool = False
    ignores: bool = False
    drops_on_call: bool = False
    answers_reset: bool = True
    effect_first: bool = False
    # status
    reports_changes: bool = True
    station_status_only: bool = False
    flickers: bool = False
    notifies_events: bool = False
    # files
    downloads_fail: bool = False
    ignores_retries: bool = False
    never_installed: bool = False
    idle_only: bool = False
    wrong_order: bool = False
    floods: bool = False
    no_logs: bool = False
    uploads_nothing: bool = False
    upload_style: str = "put"
    has_security_extension: bool = False
    # settings
    ignores_settings: bool = False
    shows_old_until_reboot: bool = False
    stuck_until_reboot: bool = False
    drops_unknown_keys: bool = False
    hides_keys: bool = False
    wrong_readonly: bool = False
    types_values: bool = False
    # the local list
    no_lists: bool = False
    denies_disabled_list: bool = False
    tells_list_limits: bool = True
    has_old_list_names: bool = False
    list_items_taken: float | None = None
    list_changes_after_s: float | None = None
    # payloads
    time_style: str = "utc"
    id_style: str = "uuid"
    floats: bool = False
    numbers_as_text: bool = False
    extra_keys: bool = False
    unwraps_lists: bool = False
    # the scene
    faulted: bool = False
    charging: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A named change to the quirks; `argument` names the field a value after `=` goes to."""

    name: str
    about: str
    sets: dict[str, Any]
    argument: str | None = None


BEHAVIOURS = (
    Behaviour("normal", "as the specification says", {}),
    Behaviour(
        "late-answers",
        "answers calls so many seconds late",
        {"answer_delay_s": 65.0},
        "answer_delay_s",
    ),
    Behaviour("silent", "never answers a call", {"answers": False}),
    Behaviour(
        "callerror",
        "answers every call with this error code",
        {"error_code": "InternalError"},
        "error_code",
    ),
    Behaviour("answers-twice", "sends every answer twice", {"answers_twice": True}),
    Behaviour("rejects", "answers calls, but refuses what they ask", {"rejects": True}),
    Behaviour("ignores", "accepts what is asked and does nothing", {"ignores": True}),
    Behaviour("drops-on-call", "drops the socket instead of answering", {"drops_on_call": True}),
    Behaviour(
        "reset-without-answer", "reboots without answering the Reset", {"answers_reset": False}
    ),
    Behaviour(
        "status-before-answer",
        "reports the new status, then answers",
        {"effect_first": True},
    ),
    Behaviour("no-status", "never reports a status change", {"reports_changes": False}),
    Behaviour(
        "station-status-only", "reports connector 0 alone (1.6)", {"station_status_only": True}
    ),
    Behaviour("flickers", "reports Available for a moment before Unavailable", {"flickers": True}),
    Behaviour("notify-event", "reports status by NotifyEvent (2.x)", {"notifies_events": True}),
    Behaviour(
        "second-socket",
        "opens a second socket without closing the first",
        {"second_socket_after_s": 5.0},
        "second_socket_after_s",
    ),
    Behaviour(
        "flapping",
        "drops the socket every so many seconds",
        {"drops_every_s": 15.0},
        "drops_every_s",
    ),
    Behaviour("offline", "never connects", {"connects": False}),
    Behaviour("no-boot", "never sends BootNotification", {"boots": False}),
    Behaviour("boots-once", "sends no BootNotification on reconnect", {"boots_once": True}),
    Behaviour(
        "status-before-boot", "reports its status before it boots", {"status_before_boot": True}
    ),
    Behaviour(
        "silent-to-boot-trigger",
        "never answers a TriggerMessage for BootNotification",
        {"silent_to_boot_trigger": True},
    ),
    Behaviour(
        "security-extension",
        "speaks OCPP 1.6's security extension: signed updates, GetLog",
        {"has_security_extension": True},
    ),
    Behaviour(
        "download-fails-twice",
        "fails its first two downloads, and says so each time",
        {"downloads_fail": True},
    ),
    Behaviour("never-installed", "installs firmware but never says so", {"never_installed": True}),
    Behaviour("wrong-order", "says Downloading after Downloaded, and so on", {"wrong_order": True}),
    Behaviour("idle-only", "says Idle whatever an update or upload is at", {"idle_only": True}),
    Behaviour("floods-uploading", "says Uploading 25 times over", {"floods": True}),
    Behaviour("ignores-retries", "tries a transfer once", {"ignores_retries": True}),
    Behaviour("no-logs", "has no logs to bring", {"no_logs": True}),
    Behaviour("uploads-nothing", "says Uploaded but brings nothing", {"uploads_nothing": True}),
    Behaviour("uploads-by-post", "brings logs by HTTP POST", {"upload_style": "post"}),
    Behaviour(
        "uploads-by-form", "brings logs as a form's file, by HTTP POST", {"upload_style": "form"}
    ),
    Behaviour(
        "ignores-settings",
        "accepts a setting's new value and keeps the old one",
        {"ignores_settings": True},
    ),
    Behaviour(
        "old-until-reboot",
        "reads back a setting that needs a reboot as it was, until then",
        {"shows_old_until_reboot": True},
    ),
    Behaviour(
        "stuck-until-reboot",
        "refuses everything after a setting that needs a reboot, until then",
        {"stuck_until_reboot": True},
    ),
    Behaviour(
        "drops-unknown-keys", "says nothing of keys it does not know", {"drops_unknown_keys": True}
    ),
    Behaviour("hides-keys", "leaves keys that it has out of the list of all", {"hides_keys": True}),
    Behaviour(
        "wrong-readonly",
        "says read-only of what can be written, and back",
        {"wrong_readonly": True},
    ),
    Behaviour(
        "typed-values", "values of keys as numbers and booleans (1.6)", {"types_values": True}
    ),
    Behaviour("no-lists", "advertises local lists, but does not support them", {"no_lists": True}),
    Behaviour(
        "denies-disabled-list",
        "says version -1 of a local list that is off (1.6)",
        {"denies_disabled_list": True},
    ),
    Behaviour(
        "no-list-limits", "does not say how long a local list may be", {"tells_list_limits": False}
    ),
    Behaviour(
        "old-list-names",
        "names the limits of local lists as older EVerest does (2.x)",
        {"has_old_list_names": True},
    ),
    Behaviour(
        "small-lists",
        "fails a message of more identifiers than this, whatever it says",
        {"list_items_taken": 5.0},
        "list_items_taken",
    ),
    Behaviour(
        "list-changes",
        "somebody else changes its local list so many seconds after each update",
        {"list_changes_after_s": 5.0},
        "list_changes_after_s",
    ),
    Behaviour("naive-times", "timestamps without a zone", {"time_style": "naive"}),
    Behaviour("offset-times", "timestamps like 12:00:00+03", {"time_style": "offset"}),
    Behaviour("epoch-clock", "a clock that stands in 1970", {"time_style": "epoch"}),
    Behaviour("float-ints", "whole numbers as floats", {"floats": True}),
    Behaviour("text-numbers", "numbers as strings", {"numbers_as_text": True}),
    Behaviour("extra-keys", "keys no schema knows", {"extra_keys": True}),
    Behaviour("bare-items", "an object where a list of one belongs", {"unwraps_lists": True}),
    Behaviour("numeric-ids", "message ids that are numbers", {"id_style": "number"}),
    Behaviour("short-ids", "message ids counted from 1", {"id_style": "short"}),
    Behaviour("faulted", "its first connector is faulted", {"faulted": True}),
    Behaviour("charging", "a session runs on its first connector", {"charging": True}),
)

_BY_NAME = {behaviour.name: behaviour for behaviour in BEHAVIOURS}


def quirks_of(names: Iterable[str]) -> Quirks:
    """The quirks of behaviours like "late-answers=65"; ValueError says what is wrong."""
    quirks = Quirks()
    for name in names:
        quirks = replace(quirks, **_changes(name))
    return quirks


def _changes(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    behaviour = _BY_NAME.get(name)
    if behaviour is None:
        raise ValueError(f"There is no behaviour “{name}”. Choose from: {', '.join(_BY_NAME)}.")
    if not equals:
        return behaviour.sets
    if behaviour.argument is None:
        raise ValueError(f"The behaviour “{name}” takes no value.")
    return {behaviour.argument: _like(behaviour.sets[behaviour.argument], name, value)}


def _like(default: object, name: str, value: str) -> object:
    if not isinstance(default, float):
        return value
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ValueError(f"The behaviour “{name}” takes a number, not “{value}”.")
    return seconds


def garble(quirks: Quirks, payload: Any) -> Any:
    """The payload as this station would write it."""
    if quirks.floats or quirks.numbers_as_text or quirks.unwraps_lists:
        payload = _rewrite(quirks, payload)
    if quirks.extra_keys:
        payload = {**payload, "vendorNote": "x"}
    return payload


def _rewrite(quirks: Quirks, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rewrite(quirks, item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_rewrite(quirks, item) for item in value]
        return items[0] if quirks.unwraps_lists and len(items) == 1 else items
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if quirks.numbers_as_text:
        return str(value)
    return float(value) if quirks.floats else value
