"""From two contents of a list to the messages that make one of the other. Pure: no database."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from operations.commands import local_lists
from operations.commands.local_lists import ENVELOPE_BYTES, Entry


@dataclass(frozen=True)
class Limits:
    """What a station takes in one message; none: it never told."""

    most_entries: int | None = None
    most_bytes: int | None = None


@dataclass(frozen=True)
class Changes:
    """What to send, in the order it is sent: what is taken off first, so that there is room."""

    protocol: str
    removed: tuple[Entry, ...]
    changed: tuple[Entry, ...]
    added: tuple[Entry, ...]

    @cached_property
    def items(self) -> tuple[Entry, ...]:
        """All of them; the removed ones without a status."""
        gone = tuple(Entry(entry.identifier, entry.kind, "", "", "") for entry in self.removed)
        return (*gone, *self.changed, *self.added)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.removed) + len(self.changed) + len(self.added)

    @cached_property
    def _bytes(self) -> "array[int]":
        """How many bytes the first n take."""
        sizes = (local_lists.bytes_of(self.protocol, entry) for entry in self.items)
        return array("Q", accumulate(sizes, initial=0))

    def next_end(self, start: int, limits: Limits) -> int:
        """Where the message ends that begins with this item; it has at least one, if any is left.

        One that is longer than a message may be goes alone: the station shall say what it thinks.
        """
        end = len(self.items)
        if limits.most_entries:
            end = min(end, start + limits.most_entries)
        if limits.most_bytes:
            room = self._bytes[start] + limits.most_bytes - ENVELOPE_BYTES
            end = min(end, bisect_right(self._bytes, room) - 1)
        return min(max(end, start + 1), len(self.items))

    def ends(self, limits: Limits) -> list[int]:
        """Where each message ends; an empty list still takes one to say so."""
        found = [self.next_end(0, limits)]
        while found[-1] < len(self.items):
            found.append(self.next_end(found[-1], limits))
        return found


def carried(protocol: str, entries: Sequence[Entry]) -> list[Entry]:
    """Those this version of OCPP can carry."""
    return [entry for entry in entries if local_lists.carries(protocol, entry)]


def skipped(protocol: str, entries: Sequence[Entry]) -> list[Entry]:
    """The others."""
    return [entry for entry in entries if not local_lists.carries(protocol, entry)]


def whole(protocol: str, after: Sequence[Entry]) -> Changes:
    """A list from nothing, as a full update sends it."""
    return Changes(protocol, (), (), tuple(carried(protocol, after)))


def changes(protocol: str, before: Sequence[Entry], after: Sequence[Entry]) -> Changes:
    """What a differential update sends; identifiers are compared without case (1.6 §7.28)."""
    had = {entry.identifier.lower(): entry for entry in carried(protocol, before)}
    changed, added = [], []
    for entry in carried(protocol, after):
        old = had.pop(entry.identifier.lower(), None)
        if old is None:
            added.append(entry)
        elif old != entry:
            changed.append(entry)
    return Changes(protocol, tuple(had.values()), tuple(changed), tuple(added))
