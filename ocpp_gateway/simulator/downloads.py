"""Fetches firmware from any URL; keeps its size, its digest and the version it names, no more."""

import base64
import ftplib
import hashlib
import http.client
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ocpp_gateway.simulator import places
from ocpp_gateway.simulator.errands import AbandonedError, in_thread
from ocpp_gateway.simulator.places import CHUNK_BYTES, TIMEOUT_S, Place, TransferError

MOST_REDIRECTS = 5
FAILED = "DownloadFailed"
# A version is told by a header of the server's, or read from the file's name.
VERSION_HEADER = "X-Firmware-Version"
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:-\d+)?")
_FILE_NAME = re.compile(r'filename="?([^";]+)')


@dataclass(frozen=True, slots=True)
class Image:
    """What was fetched; `digest` is its SHA-256, `version` empty where nothing names one."""

    size_bytes: int
    digest: bytes
    version: str


class Source(Protocol):
    """An open download."""

    @property
    def expected_bytes(self) -> int | None:
        """How long the file should be, where the server says so."""

    @property
    def version(self) -> str:
        """What the server, or the file's name, says it is."""

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""


async def fetch(url: str) -> Image:
    """Download it. Raises TransferError."""
    place = places.read(url)
    if place.scheme == "sftp":
        return await _fetch_by_sftp(place)
    open_ = _from_http if place.scheme in ("http", "https") else _FtpSource
    return await in_thread(partial(_fetch, open_, place))


def version_in(name: str) -> str:
    """The version a file's name holds: "image-2.1.0.bin" is 2.1.0."""
    found = _VERSION.findall(name.rpartition("/")[2])
    return found[-1] if found else ""


class _Digester:
    """Counts and hashes what comes, and checks that it was all."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._size = 0

    def take(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._size += len(chunk)

    def image(self, expected_bytes: int | None, version: str) -> Image:
        if expected_bytes is not None and expected_bytes != self._size:
            raise TransferError(FAILED, f"{self._size} of {expected_bytes} bytes came")
        return Image(self._size, self._hash.digest(), version)


def _fetch(open_: Callable[[Place], Source], place: Place, abandoned: threading.Event) -> Image:
    digester = _Digester()
    try:
        source = open_(place)
        for chunk in source.chunks():
            if abandoned.is_set():
                raise AbandonedError
            digester.take(chunk)
    except (OSError, EOFError, http.client.HTTPException, ftplib.Error) as error:
        raise TransferError(FAILED, str(error)) from error
    return digester.image(source.expected_bytes, source.version)


class _HttpSource:
    def __init__(self, place: Place, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        connection.request("GET", place.path, headers=authorization(place))
        self._response = connection.getresponse()
        length = self._response.getheader("Content-Length")
        self.expected_bytes = int(length) if length and length.isdecimal() else None
        name = _FILE_NAME.search(self._response.getheader("Content-Disposition") or "")
        named = version_in(name[1]) if name else version_in(place.file)
        self.version = (self._response.getheader(VERSION_HEADER) or named)[:50]

    @property
    def moved_to(self) -> str | None:
        return self._response.getheader("Location") if self._response.status // 100 == 3 else None

    @property
    def refusal(self) -> str:
        """Why there is no file to read; empty where there is one."""
        status = self._response.status
        return "" if status == 200 else f"{status} {self._response.reason}"

    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._response.read(CHUNK_BYTES):
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def _from_http(place: Place) -> _HttpSource:
    for _ in range(MOST_REDIRECTS):
        source = _HttpSource(place, http_connection(place))
        if not source.refusal:
            return source
        source.close()
        if source.moved_to is None:
            raise TransferError(FAILED, source.refusal)
        place = places.read(source.moved_to)
    raise TransferError(FAILED, "too many redirects")


def http_connection(place: Place) -> http.client.HTTPConnection:
    """A connection to the place's server, not opened yet."""
    if place.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            place.host, place.port, timeout=TIMEOUT_S, context=context
        )
    return http.client.HTTPConnection(place.host, place.port, timeout=TIMEOUT_S)


def authorization(place: Place) -> dict[str, str]:
    """The header for the place's credentials, where it has some."""
    if not place.user:
        return {}
    credentials = base64.b64encode(f"{place.user}:{place.password}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


class _FtpSource:
    def __init__(self, place: Place) -> None:
        self._ftp = ftp_session(place)
        self._path = place.file
        try:
            self._ftp.voidcmd("TYPE I")
            self.expected_bytes = self._ftp.size(self._path)
        except (OSError, EOFError, ftplib.Error):
            self._ftp.close()
            raise
        self.version = version_in(self._path)

    def chunks(self) -> Iterator[bytes]:
        try:
            with self._ftp.transfercmd(f"RETR {self._path}") as data:
                while chunk := data.recv(CHUNK_BYTES):
                    yield chunk
            self._ftp.voidresp()
        finally:
            self._ftp.close()


def ftp_session(place: Place) -> ftplib.FTP:
    """Connected and logged in, over TLS where the scheme asks for it; passive."""
    ftp = (ftplib.FTP_TLS if place.scheme == "ftps" else ftplib.FTP)(timeout=TIMEOUT_S)
    try:
        ftp.connect(place.host, place.port)
        ftp.login(place.user, place.password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
    except (OSError, EOFError, ftplib.Error):
        ftp.close()
        raise
    return ftp


async def _fetch_by_sftp(place: Place) -> Image:
    from ocpp_gateway.simulator import sftp

    digester = _Digester()
    async for chunk in sftp.chunks(place, failed=FAILED):
        digester.take(chunk)
    return digester.image(None, version_in(place.file))
