"""Which part of a file a request asks for (RFC 9110 §14): one range, or all of it."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)


class UnsatisfiableError(Exception):
    """The range lies outside of the file."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a byte up to, and not with, another."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many they are."""
        return self.end - self.start


def parse(header: str, size_bytes: int) -> Span | None:
    """The part asked for, None for all of it: no range, several, or one that makes no sense."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        span = Span(max(0, size_bytes - int(last)), size_bytes)
    else:
        if last and int(last) < int(first):
            return None
        end = min(int(last) + 1, size_bytes) if last else size_bytes
        span = Span(int(first), end)
    if span.size_bytes <= 0:
        raise UnsatisfiableError
    return span


def goes_on_after(header: str, size_bytes: int) -> int:
    """How many bytes who asks has already: "bytes=500-" comes from somebody with 500 of them."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or not match[1] or match[2] or int(match[1]) > size_bytes:
        return 0
    return int(match[1])
