"""The settings a simulated station keeps: what they take, and what of it counts now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

BOOLEANS = ("true", "false")


@dataclass(slots=True)
class Setting:
    """One key, or one component's variable; `charger` and `connector` say whose."""

    name: str
    value: str
    kind: str = "string"
    is_readonly: bool = False
    is_writeonly: bool = False
    needs_reboot: bool = False
    component: str = ""
    instance: str | None = None
    charger: int | None = None
    connector: int | None = None
    max_limit: int | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    # What the station goes by: the value, but for one that waits for a reboot.
    in_use: str = ""

    def __post_init__(self) -> None:
        self.in_use = self.value

    def write(self, text: str) -> str:
        """Take a new value; the answer is the status both protocol families use."""
        if self.is_readonly or not self._accepts(text):
            return "Rejected"
        self.value = text
        if self.needs_reboot:
            return "RebootRequired"
        self.in_use = text
        return "Accepted"

    def note(self, value: str) -> None:
        """Keep what the station itself measures."""
        self.value = self.in_use = value

    def _accepts(self, text: str) -> bool:
        if self.kind == "boolean":
            return text.lower() in BOOLEANS
        if self.choices:
            return text in self.choices
        if self.kind == "integer":
            return text.isdecimal() and (self.max_limit is None or int(text) <= self.max_limit)
        return len(text) <= (self.max_limit or 500)


class Rule(Enum):
    """What a setting steers, whatever a version calls it (domain: authorization settings)."""

    AUTHORIZE = auto()
    OFFLINE = auto()
    PRE_AUTHORIZE = auto()
    UNKNOWN_OFFLINE = auto()
    REMOTE_START = auto()
    STOP_ON_INVALID = auto()
    LIST = auto()
    LIST_MAX = auto()
    LIST_ENTRIES = auto()
    LIST_ITEMS = auto()
    LIST_BYTES = auto()
    LIST_EXPIRY = auto()
    LIST_IS_FINAL = auto()
    CACHE = auto()
    CACHE_LIFETIME_S = auto()
    CACHE_POLICY = auto()
    CACHE_STORAGE = auto()
    CACHE_IS_FINAL = auto()


# By component (none in OCPP 1.6) and name.
Rules = Mapping[Rule, tuple[str, str]]


class Settings:
    """All settings of one station; they outlive its reboots."""

    def __init__(self, settings: Iterable[Setting], rules: Rules) -> None:
        self.all = list(settings)
        named = {(setting.component, setting.name): setting for setting in self.all}
        self._known = frozenset(rules)
        self._steering = {rule: named[name] for rule, name in rules.items() if name in named}

    @property
    def awaits_reboot(self) -> bool:
        """Whether something was written that counts only after a reboot."""
        return any(setting.value != setting.in_use for setting in self.all)

    def reboot(self) -> None:
        """From now on all that was written counts."""
        for setting in self.all:
            setting.in_use = setting.value

    def knows(self, rule: Rule) -> bool:
        """Whether the station's version has a setting for this, be it there or not."""
        return rule in self._known

    def is_on(self, rule: Rule) -> bool:
        """Whether it is switched on; a switch that the station does not have is off."""
        return self.text(rule).lower() == "true"

    def text(self, rule: Rule) -> str:
        """The value that counts; empty where the station has no such setting."""
        setting = self._steering.get(rule)
        return setting.in_use if setting else ""

    def most(self, rule: Rule) -> int | None:
        """The limit that a setting tells: as its characteristic, or else as its value."""
        setting = self._steering.get(rule)
        if setting is None:
            return None
        return int(setting.in_use) if setting.max_limit is None else setting.max_limit

    def note(self, rule: Rule, value: int) -> None:
        """Keep what the station measures, where it has a setting for it."""
        if setting := self._steering.get(rule):
            setting.note(str(value))
