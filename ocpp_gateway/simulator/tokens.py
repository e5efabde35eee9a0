"""The local authorization list and the authorization cache of a simulated station."""

from dataclasses import dataclass, field

from ocpp_gateway.simulator.frames import Payload

MAX_ENTRIES = 100


@dataclass(slots=True)
class LocalTokens:
    """Version and entries of the list, by identifier; version 0 is an empty list."""

    version: int = 0
    entries: dict[str, Payload] = field(default_factory=dict)
    cache: dict[str, Payload] = field(default_factory=dict)

    def replace(self, version: int, entries: dict[str, Payload | None]) -> str:
        """A full update; Failed where it does not fit."""
        kept = {token.lower(): info for token, info in entries.items() if info is not None}
        if len(kept) > MAX_ENTRIES:
            return "Failed"
        self.version, self.entries = version, kept
        return "Accepted"

    def amend(self, version: int, entries: dict[str, Payload | None]) -> str:
        """A differential update: an entry without information is deleted (1.6 §5.15)."""
        if version <= self.version:
            return "VersionMismatch"
        amended = dict(self.entries)
        for token, info in entries.items():
            if info is None:
                amended.pop(token.lower(), None)
            else:
                amended[token.lower()] = info
        if len(amended) > MAX_ENTRIES:
            return "Failed"
        self.version, self.entries = version, amended
        return "Accepted"
