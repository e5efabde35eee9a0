"""Where files come from and go to: URLs taken apart, and what can go wrong there."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_S = 30
CHUNK_BYTES = 64 * 1024
PORTS = {"http": 80, "https": 443, "ftp": 21, "ftps": 21, "sftp": 22}


class TransferError(Exception):
    """A transfer failed; `reason` is the status OCPP has for it (2.0.1 UploadLogStatusEnumType)."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """A URL as the transfer clients want it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    path: str  # with the query, as written

    @property
    def file(self) -> str:
        """The path as FTP and SFTP servers know it."""
        return unquote(self.path.partition("?")[0])


def read(url: str) -> Place:
    """Take a URL apart. Raises TransferError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TransferError("BadMessage", str(error)) from error
    scheme = parts.scheme.lower()
    if not parts.hostname:
        raise TransferError("BadMessage", "no host in the URL")
    if scheme not in PORTS:
        raise TransferError("NotSupportedOperation", f"no client for {scheme}")
    return Place(
        scheme,
        parts.hostname,
        port or PORTS[scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        _path(parts),
    )


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def inside(url: str, name: str) -> str:
    """The URL of a file in the folder that `url` names; a query stays behind it."""
    head, mark, query = url.partition("?")
    return f"{head.rstrip('/')}/{name}{mark}{query}"
