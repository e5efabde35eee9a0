"""The entries of a tar file, from a stream and in its order.

Python's own reader takes extensions of any size into memory and follows them in circles; a list
of names needs none of that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from operations.services.unpacking import Broken, Stream, TooMuch

MAGIC, MAGIC_AT = b"ustar", 257
BLOCK = 512
LONGEST_NAME = 4_096
LARGEST_EXTENSION = 64 * 1024  # a name, or facts about an entry
# Entries that no content follows, whatever size they say.
LINKS_AND_FOLDERS = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive, as the archive describes it: nothing of it may be believed."""

    name: str
    size_bytes: int
    is_folder: bool = False
    is_readable: bool = True  # plain data, packed in a way that is understood


class Tar:
    """Iterate for the entries; what the last one holds can be read before the next."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._left = self._padding = 0  # of the current entry, not read yet

    def __iter__(self) -> Iterator[Member]:
        long_name, long_size = "", None
        while block := self._header():
            size = _number(block[124:136])
            type_flag = block[156:157]
            self._expect(0 if type_flag in LINKS_AND_FOLDERS else size)
            if type_flag == b"L":  # GNU: the next entry's name
                long_name = _text(self._extension(size))
            elif type_flag == b"x":  # POSIX: facts about the next entry
                facts = _pax(self._extension(size))
                long_name = facts.get("path", long_name)
                long_size = facts.get("size")
            elif type_flag not in {b"g", b"K"}:
                if long_size is not None and long_size.isascii() and long_size.isdecimal():
                    size = int(long_size[:20])
                    self._expect(size)
                name = long_name or _name(block)
                yield Member(
                    name=name[:LONGEST_NAME],
                    size_bytes=size,
                    is_folder=type_flag == b"5",
                    is_readable=type_flag in {b"0", b"\0", b"7"},
                )
                long_name, long_size = "", None

    def beginning(self, size: int) -> bytes:
        """How the current entry's content begins: at most `size` bytes of it."""
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data

    def _extension(self, size: int) -> bytes:
        if size > LARGEST_EXTENSION:
            raise TooMuch
        return self.beginning(size)

    def _expect(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK

    def _header(self) -> bytes:
        self._stream.skip(self._left + self._padding)
        block = self._stream.read(BLOCK)
        if not block.strip(b"\0"):
            return b""
        if len(block) < BLOCK or not _is_header(block):
            raise Broken
        return block


def _is_header(block: bytes) -> bool:
    """Whether the block's checksum is right, with its own field taken for spaces."""
    return _number(block[148:156]) == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _number(field: bytes) -> int:
    """Octal, or base 256 where the first bit is set."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:])
    digits = field.strip(b"\0 ").split(b"\0")[0].strip()
    try:
        number = int(digits or b"0", 8)
    except ValueError as error:
        raise Broken from error
    if number < 0:
        raise Broken
    return number


def _name(block: bytes) -> str:
    name, prefix = _text(block[:100]), _text(block[345:500])
    return f"{prefix}/{name}" if prefix and block[MAGIC_AT : MAGIC_AT + 6] == b"ustar\0" else name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="backslashreplace")


def _pax(data: bytes) -> dict[str, str]:
    """Records of the form "27 path=some/name"; the first that makes no sense ends them."""
    facts: dict[str, str] = {}
    while data:
        length, space, _rest = data[:24].partition(b" ")
        if not space or not length.isdigit() or not len(length) + 1 < int(length) <= len(data):
            break
        record = data[len(length) + 1 : int(length)].rstrip(b"\n")
        name, _equals, value = record.partition(b"=")
        facts[_text(name)] = value.decode(errors="backslashreplace")
        data = data[int(length) :]
    return facts
