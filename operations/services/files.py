"""The store: images and received files, under random names, outside of all a web server gives.

A name in the store is 32 hexadecimal digits that nobody outside chose or sees; what a file is
called, and whose it is, the database knows.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

CHUNK = 256 * 1024
ABANDONED_S = 24 * 3600  # no file is on its way for longer

_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is whole and in its place."""

    name: str
    size_bytes: int
    sha256: str
    md5: str


def path_of(name: str) -> Path:
    """Where a stored file is. Raises ValueError for what is no name of the store."""
    if not _NAME.fullmatch(name):
        raise ValueError("no such file")
    return Path(settings.EVCHARGE_FILES_ROOT) / name[:2] / name


def accelerated(name: str) -> str:
    """What nginx is told to send in our place, empty where it is not set up to (X-Accel)."""
    if not settings.EVCHARGE_FILES_ACCEL or not _NAME.fullmatch(name):
        return ""
    return f"{settings.EVCHARGE_FILES_ACCEL.rstrip('/')}/{name[:2]}/{name}"


def opened(name: str) -> BinaryIO:
    """A stored file, to be read; raises FileNotFoundError where it was deleted."""
    return path_of(name).open("rb")


def delete(name: str) -> None:
    """Let go of a stored file, if there is one."""
    if name:
        path_of(name).unlink(missing_ok=True)


def store(chunks: Iterable[bytes]) -> Stored:
    """Keep what comes in chunks: an uploaded image, for example."""
    with arriving() as incoming:
        for chunk in chunks:
            incoming.write(chunk)
        return incoming.keep()


class Incoming:
    """A file that is being written: hidden until it is kept."""

    def __init__(self) -> None:
        self._name = secrets.token_hex(16)
        self._path = _incoming_folder() / self._name
        self._file = self._path.open("xb+")
        self._path.chmod(0o640)
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._is_in_order = True
        self.size_bytes = 0

    @property
    def is_open(self) -> bool:
        """Whether it was neither kept nor discarded yet."""
        return not self._file.closed

    def write(self, chunk: bytes) -> None:
        """Add to its end."""
        self.write_at(self.size_bytes, chunk)

    def write_at(self, offset: int, chunk: bytes) -> None:
        """Put a piece where it belongs; SFTP clients send several at once."""
        if offset == self.size_bytes:
            self._sha256.update(chunk)
            self._md5.update(chunk)
        else:
            self._is_in_order = False
        self._file.seek(offset)
        self._file.write(chunk)
        self.size_bytes = max(self.size_bytes, offset + len(chunk))

    def keep(self) -> Stored:
        """Make it durable, then give it its name: who finds the name finds the whole file."""
        self._file.flush()
        if not self._is_in_order:
            self._read_again()
        os.fsync(self._file.fileno())
        self._file.close()
        place = path_of(self._name)
        place.parent.mkdir(mode=0o750, exist_ok=True)
        self._path.rename(place)
        _sync_folder(place.parent)
        return Stored(self._name, self.size_bytes, self._sha256.hexdigest(), self._md5.hexdigest())

    def discard(self) -> None:
        """Forget it."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _read_again(self) -> None:
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            self._sha256.update(chunk)
            self._md5.update(chunk)


@contextmanager
def arriving() -> Iterator[Incoming]:
    """A file to write, gone again unless it was kept."""
    incoming = Incoming()
    try:
        yield incoming
    finally:
        if incoming.is_open:
            incoming.discard()


def delete_abandoned() -> None:
    """Forget what a process left half written when it died."""
    before = time.time() - ABANDONED_S
    for path in _incoming_folder().iterdir():
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def names_in(folder: str, *, before: float) -> set[str]:
    """The stored files of one of the store's folders that were there at a time."""
    place = Path(settings.EVCHARGE_FILES_ROOT) / folder
    if not place.is_dir():
        return set()
    found = (path for path in place.iterdir() if _NAME.fullmatch(path.name))
    return {path.name for path in found if path.stat().st_mtime < before}


def _incoming_folder() -> Path:
    """On the same file system as the rest, so that keeping is a rename."""
    folder = Path(settings.EVCHARGE_FILES_ROOT) / "incoming"
    folder.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
