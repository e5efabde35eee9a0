"""What is in a file that a station sent, shown so that nobody has to open it to find out.

Text as far as a page takes it, and the names of what is in an archive. Whatever the file holds,
a look costs at most what `unpacking` allows, and what comes out is plain, visible text.
"""

import codecs
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from django.utils.translation import gettext as _

from operations.services import archives
from operations.services.tars import Member
from operations.services.unpacking import Broken, TooMuch

Found = TypeVar("Found")

MOST_TEXT = 64 * 1024
MOST_DUMPED = 256  # bytes of what is no text
DUMPED_PER_ROW = 16
# Where more characters than this share are strange, it is no text.
STRANGEST = 0.1
# Characters of these kinds can't be seen, or change how others look: shown by their number.
HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
PLAIN = frozenset("\n\t")
# How undecodable bytes come out of "surrogateescape".
FIRST_BYTE, LAST_BYTE = 0xDC80, 0xDCFF


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an archive's listing, its name made visible."""

    index: int
    name: str
    member: Member


@dataclass(frozen=True, slots=True)
class Preview:
    """What a page shows: a text, a listing, or how something else begins; and what is amiss."""

    text: str = ""
    dump: str = ""
    entries: tuple[Entry, ...] = ()
    is_archive: bool = False
    notes: tuple[str, ...] = ()


def of_file(path: Path) -> Preview:
    """A look at a whole file."""
    with path.open("rb") as file:
        return _read(
            lambda: _of_archive(file) or _of_start(archives.beginning(file, MOST_TEXT + 1))
        )


def of_entry(path: Path, index: int) -> Preview | None:
    """A look at one entry of an archive; None where it has none of this number to look into."""
    if not 0 <= index < archives.MOST_ENTRIES:
        return None

    def look() -> Preview | None:
        start = archives.entry_beginning(file, index, MOST_TEXT + 1)
        return None if start is None else _of_start(start)

    with path.open("rb") as file:
        return _read(look)


def visible(text: str) -> str:
    """The text with what would hide in it, or turn it around, replaced by its number."""
    return "".join(char if _is_plain(char) else _numbered(char) for char in text)


def visible_name(name: str) -> str:
    """The same on one line."""
    return "".join(_numbered(char) if char in PLAIN else char for char in visible(name))


def _is_plain(char: str) -> bool:
    return char in PLAIN or unicodedata.category(char) not in HIDDEN


def _numbered(char: str) -> str:
    number = ord(char)
    if FIRST_BYTE <= number <= LAST_BYTE:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _read(look: Callable[[], Found]) -> Found | Preview:
    """What was found, or what is wrong with the archive."""
    try:
        return look()
    except TooMuch:
        return Preview(notes=(_too_much(),))
    except Broken:
        return Preview(notes=(_broken(),))


def _of_archive(file: BinaryIO) -> Preview | None:
    """The first thousand entries, as far as they can be read."""
    members = archives.members(file)
    if members is None:
        return None
    entries: list[Entry] = []
    notes: tuple[str, ...] = ()
    try:
        entries.extend(
            Entry(index, visible_name(member.name), member)
            for index, member in enumerate(islice(members, archives.MOST_ENTRIES))
        )
        if next(members, None) is not None:
            words = _("Only the first %(number)d entries are listed.")
            notes = (words % {"number": len(entries)},)
    except TooMuch:
        notes = (_too_much(),)
    except Broken:
        notes = (_broken(),)
    return Preview(entries=tuple(entries), is_archive=True, notes=notes)


def _of_start(start: bytes) -> Preview:
    """What begins so: text, an archive that stays closed, or bytes."""
    if not start:
        return Preview(notes=(_("It is empty."),))
    notes: list[str] = []
    kind = archives.kind(start)
    if kind:
        notes.append(_("It is an archive (%(kind)s): download it to open it.") % {"kind": kind})
    text = "" if kind else _text(start[:MOST_TEXT])
    if len(start) > MOST_TEXT and text:
        notes.append(_("Only the first 64 KiB are shown."))
    if text:
        return Preview(text=text, notes=tuple(notes))
    if not kind:
        notes.append(_("It is no text. Its first bytes:"))
    return Preview(dump=_dump(start[:MOST_DUMPED]), notes=tuple(notes))


def _text(data: bytes) -> str:
    """The data as text, empty where it is none."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    # Not the end of it: a character cut in two is left away.
    text = codecs.getincrementaldecoder(encoding)(errors).decode(data)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    strange = sum(1 for char in text if not _is_plain(char))
    return "" if strange > len(text) * STRANGEST else visible(text)


def _dump(data: bytes) -> str:
    """Bytes in the way of hex editors."""
    rows = (data[at : at + DUMPED_PER_ROW] for at in range(0, len(data), DUMPED_PER_ROW))
    return "\n".join(
        f"{number * DUMPED_PER_ROW:04x}  {row.hex(' '):<{DUMPED_PER_ROW * 3}} "
        + "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        for number, row in enumerate(rows)
    )


def _too_much() -> str:
    return _(
        "There is more in it than is looked at here: at most 16 MiB, and nothing packed so tightly "
        "that it may be meant to fill a disk. Be careful when you open it."
    )


def _broken() -> str:
    return _("It is damaged, or cut short: this is as far as it can be read.")
