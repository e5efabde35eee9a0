"""Reads files that strangers sent: so much of each and no more, packed or not.

Every bound is checked while reading; what a file says of itself is never believed.
"""

import io
import zlib
from typing import BinaryIO, Protocol

MOST_BYTES = 16 * 1024 * 1024  # unpacked, for one look
MOST_PACKED_BYTES = 16 * 1024 * 1024  # read from the file, for one look
LARGEST_READ = 1024 * 1024  # at once: as large may a zip's directory be
# DEFLATE can't do more than 1032:1; logs full of repetition reach some 100:1.
HIGHEST_RATIO = 500
UNSUSPICIOUS_BYTES = 1024 * 1024  # below this no ratio hurts
MOST_MEMBERS = 1_000  # gzip files glued together
CHUNK = 16 * 1024
GZIP = b"\x1f\x8b"


class TooMuch(Exception):  # noqa: N818
    """The archive holds more than is looked at."""


class Broken(Exception):  # noqa: N818
    """The archive is cut short, or none."""


class Stream(Protocol):
    """All that is needed of one."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""


class Guarded(io.RawIOBase):
    """A file of which only so much can be read, at once and in all."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file.seek(0, io.SEEK_END)
        self._left = MOST_PACKED_BYTES
        file.seek(0)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As files do. Raises Broken for a place before the beginning, as a spoilt zip names."""
        if whence == io.SEEK_SET and offset < 0:
            raise Broken
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As files do."""
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        """Raises TooMuch where more is asked for than anybody needs."""
        left_in_file = max(self._end - self.tell(), 0)
        wanted = left_in_file if size < 0 else min(size, left_in_file)
        if wanted > min(LARGEST_READ, self._left):
            raise TooMuch
        data = self._file.read(wanted)
        self._left -= len(data)
        return data

    def skip(self, size: int) -> None:
        """Costs nothing. Raises Broken where the file ends before."""
        if size > self._end - self.tell():
            raise Broken
        self.seek(size, io.SEEK_CUR)


class Unpacked:
    """The content of a gzip file, unpacked as far as it is read."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj(wbits=31)
        self._input = b""
        self._taken = self._given = 0
        self._members = 1

    def read(self, size: int, /) -> bytes:
        """At most so many bytes. Raises TooMuch for bombs, Broken for what is cut short."""
        parts: list[bytes] = []
        while size > 0:
            try:
                part = self._next(size)
            except Broken:
                if not parts:
                    raise
                break  # what came before the damage is worth seeing
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Unpack and forget. Raises as `read` does."""
        while size > 0:
            passed = len(self.read(min(size, CHUNK)))
            if not passed:
                raise Broken
            size -= passed

    def _next(self, size: int) -> bytes:
        while True:
            if self._inflate.eof and not self._begin_next_member():
                return b""
            self._fill()
            try:
                data = self._inflate.decompress(self._input, size)
            except zlib.error as error:
                raise Broken from error
            self._input = self._inflate.unconsumed_tail
            if data:
                self._count(data)
                return data
            if not self._inflate.eof and not self._input and not self._fill():
                raise Broken

    def _fill(self) -> bool:
        if not self._input:
            self._input = self._packed.read(CHUNK)
            self._taken += len(self._input)
        return bool(self._input)

    def _begin_next_member(self) -> bool:
        self._input = self._inflate.unused_data
        if not self._fill() or not self._input.startswith(GZIP[:1]):
            return False  # the end, or padding
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise TooMuch
        self._inflate = zlib.decompressobj(wbits=31)
        return True

    def _count(self, data: bytes) -> None:
        self._given += len(data)
        is_suspicious = self._given > UNSUSPICIOUS_BYTES
        if self._given > MOST_BYTES or (
            is_suspicious and self._given > self._taken * HIGHEST_RATIO
        ):
            raise TooMuch
