"""The folder an FTP or SFTP session sees: one image to fetch, or a place to send files to.

There is no folder: every path is taken, nothing of anybody else is there.
"""

import errno
import os
import posixpath
import stat
import time
from typing import BinaryIO

from ocpp_gateway.gateway import gateway
from operations.models import FileLink
from operations.services import downloads, files, links, receiving, transfers
from operations.services.downloads import Asked, Progress
from operations.services.links import ExpiredLinkError, UnknownLinkError, WrongPasswordError
from operations.services.receiving import Reception, RefusedError

REPORT_S = 2.0


class NotLetInError(Exception):
    """Who this is, nobody knows; what is known of them is noted."""


def log_in(username: str, password: str, *, protocol: str, remote_address: str) -> "Folder":
    """The folder of who knows a link's secret: queries. Raises NotLetInError."""
    try:
        link = links.by_login(username, password)
    except UnknownLinkError as error:
        raise NotLetInError from error
    except (ExpiredLinkError, WrongPasswordError) as error:
        receiving.note_refusal(
            link=error.link, why=str(error), protocol=protocol, remote_address=remote_address
        )
        raise NotLetInError from error
    return Folder(link, protocol, remote_address)


class Arrival:
    """A file that is being sent to us."""

    def __init__(self, reception: Reception, name: str) -> None:
        self.reception = reception
        self.name = name
        self.is_whole = False  # whether its end came, not only the connection's
        self.refusal: RefusedError | None = None

    @property
    def size_bytes(self) -> int:
        """How much has come."""
        return self.reception.size_bytes

    def write_at(self, offset: int, data: bytes) -> None:
        """Take a piece; raises RefusedError, and takes no more, when it gets too large."""
        if self.refusal is not None:
            raise self.refusal
        try:
            self.reception.write_at(offset, data)
        except RefusedError as error:
            self.refusal = error
            raise

    def report_if_due(self) -> None:
        """Say now and then how far it is: queries."""
        if self.reception.is_report_due and self.reception.is_open:
            self.reception.report()

    def end(self) -> None:
        """Whatever will come of it has come: queries."""
        if not self.reception.is_open:
            return
        if self.refusal is not None:
            self.reception.refuse(self.refusal.sentence)
        elif self.is_whole:
            self.reception.complete()
        else:
            self.reception.break_off()


class Departure:
    """An image that is being fetched."""

    def __init__(self, file: BinaryIO, link_pk: int, asked: Asked, name: str) -> None:
        self._file = file
        self._link_pk = link_pk
        self._progress = Progress()
        self._progress.ask(asked)
        self.name = name
        self._report()

    def go_on_after(self, has_bytes: int) -> None:
        """The client has so much of it already (REST)."""
        self._progress.go_on(min(has_bytes, os.fstat(self._file.fileno()).st_size))

    def read_at(self, offset: int, size: int) -> bytes:
        """A piece of it."""
        self._file.seek(offset)
        data = self._file.read(size)
        self._progress.send(len(data), until=offset + len(data))
        return data

    def seek(self, position: int, whence: int) -> int:
        """Where data begins or ends, for clients that ask for holes first."""
        return self._file.seek(position, whence)

    def report_if_due(self) -> None:
        """Say now and then how far it is: queries."""
        if time.monotonic() - self._reported_at >= REPORT_S:
            self._report()

    def end(self) -> None:
        """The session wants no more of it: queries."""
        self._file.close()
        self._report()

    def _report(self) -> None:
        progress, self._progress = self._progress, Progress()
        self._reported_at = time.monotonic()
        if progress != Progress():
            downloads.note(progress={self._link_pk: progress})


class Folder:
    """What one session may do; remembers what it sent, for clients that look after it."""

    def __init__(self, link: FileLink, protocol: str, remote_address: str) -> None:
        self.link = link
        self.is_left = False  # whether the client is gone
        self._protocol = protocol
        self._remote_address = remote_address
        self._arrivals: dict[str, Arrival] = {}
        self._made: set[str] = {"/"}

    def arrive(self, path: str) -> Arrival:
        """Begin to take a file: queries. Raises RefusedError."""
        reception = receiving.begin(
            link=self.link,
            name=path,
            protocol=self._protocol,
            remote_address=self._remote_address,
            node=gateway.node,
        )
        arrival = Arrival(reception, path)
        self._arrivals[path] = arrival
        return arrival

    def depart(self, path: str) -> Departure:
        """Begin to give the image, whatever it is asked for as: queries."""
        image = self.link.image
        if image is None or not image.is_stored:
            raise PermissionError(errno.EACCES, "Files are only sent here.")
        file = files.opened(image.stored_name)
        asked = Asked(self._protocol, self._remote_address)
        return Departure(file, self.link.pk, asked, path)

    def rename(self, old: str, new: str) -> None:
        """Call what was sent something else: queries. Raises FileNotFoundError."""
        arrival = self._arrivals.pop(old, None)
        if arrival is None:
            raise FileNotFoundError(errno.ENOENT, "No such file.")
        arrival.reception.rename(new)
        self._arrivals[new] = arrival

    def make(self, path: str) -> None:
        """Pretend to make a folder."""
        self._made.add(path)

    def size_of(self, path: str) -> int | None:
        """How large the file at a path is, None where there is none."""
        image = self.link.image
        if image is not None:
            return None if path in self._made else image.size_bytes
        arrival = self._arrivals.get(path)
        return None if arrival is None else arrival.size_bytes

    def stat(self, path: str) -> os.stat_result:
        """What a client is told of a path. Raises FileNotFoundError."""
        size = self.size_of(path)
        if size is not None:
            return _stat(stat.S_IFREG | 0o600, size)
        if path in self._made:
            return _stat(stat.S_IFDIR | 0o700, 0)
        raise FileNotFoundError(errno.ENOENT, "No such file.")

    def names(self) -> list[str]:
        """What a listing shows: the image to fetch; of what was sent, nothing."""
        image = self.link.image
        return [transfers.plain_name(image.file_name)] if image is not None else []

    def end(self) -> None:
        """The session is over; what it left open is not whole: queries."""
        for arrival in self._arrivals.values():
            arrival.end()


def clean(path: str) -> str:
    """An absolute path without `..`, whatever a client makes of its own."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")


def _stat(mode: int, size: int) -> os.stat_result:
    now = int(time.time())
    return os.stat_result((mode, 0, 0, 1, 0, 0, size, now, now, now))
