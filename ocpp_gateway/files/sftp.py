"""The SFTP server: a thread and a loop of its own, so that ciphers hold up no heartbeat."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh import SFTPAttrs, SFTPName
from django.conf import settings

from ocpp_gateway.files.folders import Arrival, Departure, Folder, NotLetInError, clean, log_in
from ocpp_gateway.files.threads import in_thread
from ocpp_gateway.files.throttle import Throttle
from operations.services import transfers
from operations.services.receiving import RefusedError

logger = logging.getLogger(__name__)

START_S = 30
STOP_S = 5
MOST_SESSIONS = 512
FOLDER = "evcharge.folder"
# Old stations know only RSA.
KEYS = {"ssh-ed25519": {}, "ssh-rsa": {"key_size": 3072}}


class Gate(asyncssh.SSHServer):
    """Lets in who knows a link's secret, for SFTP and nothing else."""

    def __init__(self, throttle: Throttle, open_connections: set[Any]) -> None:
        self._throttle = throttle
        self._open = open_connections
        self._connection: Any = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody knocks."""
        self._connection = conn
        if len(self._open) >= MOST_SESSIONS:
            conn.abort()
        self._open.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """And is gone."""
        self._open.discard(self._connection)
        folder: Folder | None = self._connection.get_extra_info(FOLDER)
        if folder is not None:
            # asyncssh closes what the client left open, as if the client had.
            folder.is_left = True

    def begin_auth(self, username: str) -> bool:
        """Nobody comes in without."""
        return True

    def password_auth_supported(self) -> bool:
        """By password alone."""
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """Give the session its folder, or let it wait for a refusal."""
        address = str(self._connection.get_extra_info("peername")[0])
        try:
            folder = await in_thread(
                log_in, username, password, protocol=transfers.SFTP, remote_address=address
            )
        except NotLetInError:
            logger.warning("wrong SFTP log-in", extra={"from": address})
            await asyncio.sleep(self._throttle.delay_s(address))
            return False
        self._connection.set_extra_info(**{FOLDER: folder})
        return True


class VirtualFiles(asyncssh.SFTPServer):
    """A session's folder, as asyncssh wants folders.

    Whatever is not said here asks `map_path` for a path on the disk, and gets none.
    """

    def __init__(self, chan: Any) -> None:
        super().__init__(chan)
        self._folder: Folder = chan.get_connection().get_extra_info(FOLDER)
        self._order = asyncio.Lock()

    def map_path(self, path: bytes) -> bytes:
        """No path reaches the disk."""
        raise asyncssh.SFTPPermissionDenied("Files are only sent or fetched here.")

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> Arrival | Departure:
        """Begin to take a file, or to give the image."""
        name = _text(path)
        writes = pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND)
        try:
            return await in_thread(self._folder.arrive if writes else self._folder.depart, name)
        except RefusedError as error:
            raise asyncssh.SFTPFailure(error.sentence) from error
        except PermissionError as error:
            raise asyncssh.SFTPPermissionDenied(str(error.strerror)) from error

    async def open56(
        self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs
    ) -> Arrival | Departure:
        """The same, as newer versions of SFTP say it."""
        writes = desired_access & (asyncssh.ACE4_WRITE_DATA | asyncssh.ACE4_APPEND_DATA)
        return await self.open(path, asyncssh.FXF_WRITE if writes else 0, attrs)

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Take a piece; the disk's buffers take it at once."""
        if not isinstance(file_obj, Arrival):
            raise asyncssh.SFTPPermissionDenied("This file is only read.")
        async with self._order:
            try:
                file_obj.write_at(offset, data)
            except RefusedError as error:
                raise asyncssh.SFTPFailure(error.sentence) from error
            if file_obj.reception.is_report_due:
                await in_thread(file_obj.report_if_due)
        return len(data)

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Give a piece."""
        if not isinstance(file_obj, Departure):
            raise asyncssh.SFTPPermissionDenied("This file is only written.")
        async with self._order:
            return await in_thread(_read, file_obj, offset, size)

    async def close(self, file_obj: object) -> None:
        """A client that closes its file has sent all of it, unless it is gone."""
        async with self._order:
            if isinstance(file_obj, Arrival):
                file_obj.is_whole = not self._folder.is_left
            if isinstance(file_obj, Arrival | Departure):
                await in_thread(file_obj.end)

    async def exit(self) -> None:
        """What the session left open is not whole."""
        await in_thread(self._folder.end)

    def stat(self, path: bytes) -> SFTPAttrs:
        """What is known of a path."""
        return _attributes(self._folder, _text(path))

    lstat = stat

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """What is known of an open file."""
        if not isinstance(file_obj, Arrival | Departure):
            raise asyncssh.SFTPFailure("No such file.")
        return _attributes(self._folder, file_obj.name)

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Clients set times and modes of what they sent; nobody looks at them."""

    lsetstat = setstat

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """The same of an open file."""

    def fsync(self, file_obj: object) -> None:
        """It is made durable when it is whole."""

    def realpath(self, path: bytes) -> bytes:
        """The path as it would be, were there any."""
        return _text(path).encode(errors="surrogateescape")

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """Show the image that is to be fetched."""
        for name in self._folder.names():
            yield SFTPName(name.encode(), attrs=_attributes(self._folder, f"/{name}"))

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Pretend to make a folder."""
        self._folder.make(_text(path))

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Call what was sent something else."""
        await in_thread(self._folder.rename, _text(oldpath), _text(newpath))

    posix_rename = rename


def _attributes(folder: Folder, path: str) -> SFTPAttrs:
    found = folder.stat(path)
    return SFTPAttrs(
        size=found.st_size,
        uid=0,
        gid=0,
        permissions=found.st_mode,
        atime=int(found.st_atime),
        mtime=int(found.st_mtime),
    )


def _read(departure: Departure, offset: int, size: int) -> bytes:
    departure.report_if_due()
    return departure.read_at(offset, size)


def _text(path: bytes) -> str:
    return clean(path.decode(errors="surrogateescape"))


class SftpServer:
    """The listening socket, and the thread with the loop that serves it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._open: set[Any] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(START_S)
        except BaseException:
            self._end_thread()
            raise

    def stop(self) -> None:
        """End all sessions."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(START_S)
        self._end_thread()

    async def _start(self) -> None:
        throttle = Throttle()
        self._acceptor = await asyncssh.create_server(
            lambda: Gate(throttle, self._open),
            self._host,
            self.port,
            server_host_keys=await in_thread(host_keys),
            sftp_factory=VirtualFiles,
            allow_scp=False,
            agent_forwarding=False,
            compression_algs=["none"],
            login_timeout=30,
            keepalive_interval=60,
        )
        self.port = self._acceptor.get_port()

    async def _stop(self) -> None:
        self._acceptor.close()
        connections = list(self._open)
        for connection in connections:
            connection.abort()
        closing = asyncio.gather(*(each.wait_closed() for each in connections))
        with suppress(TimeoutError):
            await asyncio.wait_for(closing, STOP_S)
        await self._acceptor.wait_closed()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()


def host_keys() -> list[Any]:
    """What stations know the server by: made once, the same for all who share the files."""
    return [_host_key(kind, options) for kind, options in KEYS.items()]


def _host_key(kind: str, options: dict[str, Any]) -> Any:
    path = Path(settings.EVCHARGE_FILES_ROOT) / f"sftp_{kind}_key"
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not path.exists():
        made = asyncssh.generate_private_key(kind, **options).export_private_key()
        passing = path.with_suffix(f".{threading.get_ident()}")
        passing.touch(mode=0o600)
        passing.write_bytes(made)
        try:
            # Two processes that start at once shall have the same.
            path.hardlink_to(passing)
        except FileExistsError:
            logger.info("another process made the key first")
        finally:
            passing.unlink()
    return asyncssh.read_private_key(path)
