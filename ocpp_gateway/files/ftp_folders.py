"""A session's files and folders, as pyftpdlib wants them: no path reaches the disk."""

import errno
import logging
import os
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import close_old_connections
from pyftpdlib.filesystems import AbstractedFS

from ocpp_gateway.files.folders import Arrival, Departure, Folder, clean

logger = logging.getLogger(__name__)

R = TypeVar("R")


def queries(function: Callable[[], R]) -> R:
    """Call what does queries, in a thread that is not Django's."""
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()


class FtpArrival:
    """A file that comes, as pyftpdlib wants files."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.name = arrival.name
        self.closed = False

    def write(self, chunk: bytes) -> None:
        """Take a piece. What is refused is told by `refusal`: pyftpdlib has no words for it."""
        if self.arrival.refusal is None:
            try:
                self.arrival.write_at(self.arrival.size_bytes, chunk)
            except OSError:
                logger.info("an upload was refused", extra={"file": self.arrival.reception.row.pk})
                return
            queries(self.arrival.report_if_due)

    def close(self) -> None:
        """It has come to an end, of one kind or another."""
        self.closed = True
        queries(self.arrival.end)


class FtpDeparture:
    """A file that goes, as pyftpdlib wants files."""

    def __init__(self, departure: Departure) -> None:
        self._departure = departure
        self._position = 0
        self.name = departure.name
        self.closed = False

    def seek(self, position: int) -> None:
        """Go on from there (REST)."""
        self._position = position
        self._departure.go_on_after(position)

    def read(self, size: int) -> bytes:
        """The next piece."""
        data = self._departure.read_at(self._position, size)
        self._position += len(data)
        queries(self._departure.report_if_due)
        return data

    def close(self) -> None:
        """The session wants no more of it."""
        self.closed = True
        queries(self._departure.end)


class VirtualFS(AbstractedFS):
    """A session's folder, as pyftpdlib wants folders: no path reaches the disk."""

    def __init__(self, root: str, cmd_channel: Any) -> None:
        super().__init__(root, cmd_channel)
        self.folder: Folder = cmd_channel.folder

    def ftp2fs(self, ftppath: str) -> str:
        return clean(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        return clean(fspath)

    def validpath(self, path: str) -> bool:
        return True

    def realpath(self, path: str) -> str:
        return path

    def open(self, filename: str, mode: str) -> FtpArrival | FtpDeparture:
        if mode.startswith("r") and "+" not in mode:
            return FtpDeparture(queries(lambda: self.folder.depart(filename)))
        if mode.startswith("r"):
            raise OSError(errno.EOPNOTSUPP, "Send the file as a whole.")
        return FtpArrival(queries(lambda: self.folder.arrive(filename)))

    def mkstemp(self, suffix: str = "", prefix: str = "", dir: Any = None, mode: str = "wb") -> Any:  # noqa: A002
        return self.open(f"/{prefix}{suffix}", "wb")

    def chdir(self, path: str) -> None:
        self.cwd = path

    def mkdir(self, path: str) -> None:
        self.folder.make(path)

    def rmdir(self, path: str) -> None:
        raise PermissionError(errno.EPERM, "Nothing is deleted here.")

    remove = rmdir

    def chmod(self, path: str, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Nothing is changed here.")

    def utime(self, path: str, timeval: float) -> None:
        raise PermissionError(errno.EPERM, "Nothing is changed here.")

    def rename(self, src: str, dst: str) -> None:
        queries(lambda: self.folder.rename(src, dst))

    def listdir(self, path: str) -> list[str]:
        return self.folder.names()

    def listdirinfo(self, path: str) -> list[str]:
        return self.folder.names()

    def stat(self, path: str) -> os.stat_result:
        return self.folder.stat(path)

    lstat = stat

    def readlink(self, path: str) -> str:
        raise OSError(errno.EINVAL, "There are no links.")

    def isfile(self, path: str) -> bool:
        return self.folder.size_of(path) is not None

    def islink(self, path: str) -> bool:
        return False

    def isdir(self, path: str) -> bool:
        return not self.isfile(path)

    def lexists(self, path: str) -> bool:
        return self.isfile(path)

    def getsize(self, path: str) -> int:
        return self.folder.stat(path).st_size

    def getmtime(self, path: str) -> float:
        return self.folder.stat(path).st_mtime
