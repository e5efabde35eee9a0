"""Lists zip and tar files that strangers sent, packed with gzip or not, and looks into them.

What is found in an archive is not opened in turn.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from operations.services import tars
from operations.services.tars import LONGEST_NAME, Member, Tar
from operations.services.unpacking import GZIP, Broken, Guarded, Unpacked

MOST_ENTRIES = 1_000
SNIFFED = 1024  # bytes that tell what a file is
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What zipfile raises about archives that lie about themselves.
ZIP_LIES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
# Archives by their first bytes; these are named, not opened.
OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def kind(start: bytes) -> str:
    """What a file that begins so is: "zip", "gzip", "tar", another archive's name, or ""."""
    if start.startswith(ZIP):
        return "zip"
    if start.startswith(GZIP):
        return "gzip"
    if start.startswith(tars.MAGIC, tars.MAGIC_AT):
        return "tar"
    return next((name for magic, name in OTHERS.items() if start.startswith(magic)), "")


def members(file: BinaryIO) -> Iterator[Member] | None:
    """The entries of an archive, None for what is none. Raises TooMuch, or Broken, also later."""
    if _kind(file) == "zip":
        return _zip_members(_open_zip(file))
    tar = _tar(file)
    return None if tar is None else iter(tar)


def beginning(file: BinaryIO, size: int) -> bytes:
    """How the file begins, unpacked where it is a gzip file. Raises TooMuch, or Broken."""
    if _kind(file) == "gzip":
        return Unpacked(Guarded(file)).read(size)
    return Guarded(file).read(size)


def entry_beginning(file: BinaryIO, index: int, size: int) -> bytes | None:
    """How an archive's entry begins; None where none of this number can be looked into."""
    if _kind(file) == "zip":
        return _zip_beginning(_open_zip(file), index, size)
    tar = _tar(file)
    if tar is None:
        return None
    member = next(islice(tar, index, None), None)
    return tar.beginning(size) if member is not None and member.is_readable else None


def _kind(file: BinaryIO) -> str:
    return kind(Guarded(file).read(SNIFFED))


def _tar(file: BinaryIO) -> Tar | None:
    """A tar file, packed or not."""
    if _kind(file) == "tar":
        return Tar(Guarded(file))
    if _kind(file) == "gzip" and kind(Unpacked(Guarded(file)).read(SNIFFED)) == "tar":
        return Tar(Unpacked(Guarded(file)))
    return None


def _open_zip(file: BinaryIO) -> zipfile.ZipFile:
    try:
        # The directory is read in one go: a larger one than LARGEST_READ is refused by the guard.
        return zipfile.ZipFile(Guarded(file))
    except ZIP_LIES as error:
        raise Broken from error


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    """In the order of the directory; nothing is unpacked."""
    for entry in archive.infolist():
        yield Member(
            name=entry.filename[:LONGEST_NAME],
            size_bytes=entry.file_size,
            is_folder=entry.is_dir(),
            is_readable=not entry.is_dir() and _is_plain(entry),
        )


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    """Not encrypted, and packed by a method that unpacks in small steps."""
    is_encrypted = bool(entry.flag_bits & 0x1)
    return not is_encrypted and entry.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def _zip_beginning(archive: zipfile.ZipFile, index: int, size: int) -> bytes | None:
    entry = next(islice(archive.infolist(), index, None), None)
    if entry is None or entry.is_dir() or not _is_plain(entry):
        return None
    try:
        with archive.open(entry) as content:
            return content.read(size)
    except ZIP_LIES as error:
        raise Broken from error
