"""The local authorization list and the authorization cache of a simulated station."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ocpp_gateway.simulator.frames import Payload
from ocpp_gateway.simulator.settings import Rule, Settings

ENTRY_BYTES, CACHE_BYTES = 128, 128 * 50
POLICIES = ("LRU", "LFU", "FIFO", "CUSTOM")
# What somebody else's change of the list leaves there.
STRANGER = "PUTBYOTHERS"


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What the central system said of an identifier."""

    status: str
    expires_at: datetime | None = None
    group: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether it may charge."""
        return self.status == "Accepted"

    def at(self, now: datetime) -> "TokenInfo":
        """The same at a later moment: what has expired says so (1.6 §3.5.1, 2.0.1 C10)."""
        if self.is_accepted and self.expires_at is not None and self.expires_at <= now:
            return replace(self, status="Expired")
        return self


def info_v16(told: Payload) -> TokenInfo:
    """An IdTagInfo."""
    return TokenInfo(told["status"], _moment(told.get("expiryDate")), told.get("parentIdTag", ""))


def info_v2(told: Payload) -> TokenInfo:
    """An IdTokenInfo."""
    group = told.get("groupIdToken", {}).get("idToken", "")
    return TokenInfo(told["status"], _moment(told.get("cacheExpiryDateTime")), group)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Listed(NamedTuple):
    """An entry of an update; without information it is a deletion."""

    token: str
    info: TokenInfo | None


class LocalList:
    """Version and entries, by identifier in lower case; version 0 is an empty list."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.version = 0
        self.entries: dict[str, TokenInfo] = {}

    def replace(self, version: int, listed: Sequence[Listed]) -> str:
        """A full update: every entry has its information (1.6 §5.15, 2.0.1 D01)."""
        kept = {each.token.lower(): each.info for each in listed if each.info is not None}
        if len(kept) < len(listed):
            return "Failed"
        return self._take(version, kept)

    def amend(self, version: int, listed: Sequence[Listed]) -> str:
        """A differential update: it adds, changes and deletes."""
        if version <= self.version:
            return "VersionMismatch"
        amended = dict(self.entries)
        for token, info in listed:
            if info is None:
                amended.pop(token.lower(), None)
            else:
                amended[token.lower()] = info
        return self._take(version, amended)

    def change_unasked(self) -> None:
        """Somebody else, another central system or a technician, writes to the list."""
        self._take(self.version + 1, self.entries | {STRANGER.lower(): TokenInfo("Accepted")})

    def find(self, token: str, now: datetime) -> TokenInfo | None:
        """What the list says, where it is switched on."""
        info = self.entries.get(token.lower()) if self._settings.is_on(Rule.LIST) else None
        if info is None or not self._minds_dates:
            return info
        return info.at(now)

    @property
    def _minds_dates(self) -> bool:
        """2.x minds the dates of lists only where it says so; 1.6 always."""
        settings = self._settings
        return settings.is_on(Rule.LIST_EXPIRY) or not settings.knows(Rule.LIST_EXPIRY)

    def _take(self, version: int, entries: dict[str, TokenInfo]) -> str:
        most = self._settings.most(Rule.LIST_MAX)
        if most is not None and len(entries) > most:
            return "Failed"
        self.version, self.entries = version, entries
        self._settings.note(Rule.LIST_ENTRIES, len(entries))
        return "Accepted"


@dataclass(slots=True)
class Cached:
    """One identifier in the cache."""

    info: TokenInfo
    kept_at: datetime
    used_at: datetime
    uses: int = 0


class Cache:
    """What the central system said of identifiers lately, good or bad (1.6 §3.5.1, 2.0.1 C10)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.entries: dict[str, Cached] = {}

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def is_on(self) -> bool:
        """Off, it neither learns nor helps; it forgets nothing by that."""
        return self._settings.is_on(Rule.CACHE)

    def keep(self, token: str, info: TokenInfo, now: datetime) -> None:
        """Remember the latest."""
        if not self.is_on:
            return
        key = token.lower()
        if key not in self.entries:
            self._make_room(now)
        self.entries[key] = Cached(info, now, now)
        self._note_size()

    def find(self, token: str, now: datetime) -> TokenInfo | None:
        """What it says of an identifier, where it is switched on."""
        cached = self.entries.get(token.lower()) if self.is_on else None
        if cached is None:
            return None
        info = self._as_of(cached, now)
        cached.used_at = now
        cached.uses += 1
        cached.info = info
        return info

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self._note_size()

    def _as_of(self, cached: Cached, now: datetime) -> TokenInfo:
        """Its own date counts; without one the cache's lifetime does, from the last use."""
        info = cached.info
        life_s = int(self._settings.text(Rule.CACHE_LIFETIME_S) or 0)
        if info.expires_at is None and life_s:
            info = replace(info, expires_at=cached.used_at + timedelta(seconds=life_s))
            return replace(info.at(now), expires_at=None)
        return info.at(now)

    def _make_room(self, now: datetime) -> None:
        """First the invalid go, then by the policy (1.6: the oldest)."""
        most = (self._settings.most(Rule.CACHE_STORAGE) or CACHE_BYTES) // ENTRY_BYTES
        policy = self._settings.text(Rule.CACHE_POLICY)

        def worth(key: str) -> tuple[bool, float]:
            cached = self.entries[key]
            by_policy = {"LRU": cached.used_at.timestamp(), "LFU": float(cached.uses)}
            value = by_policy.get(policy, cached.kept_at.timestamp())
            return self._as_of(cached, now).is_accepted, value

        while len(self.entries) >= most:
            del self.entries[min(self.entries, key=worth)]

    def _note_size(self) -> None:
        self._settings.note(Rule.CACHE_STORAGE, len(self.entries) * ENTRY_BYTES)
