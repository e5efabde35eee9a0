"""The FTP server, for stations that know nothing else; it may speak TLS (FTPS, RFC 4217).

It lives in a thread of its own, where waiting for the database hurts nobody but its sessions.
"""

import logging
import socket
import threading
from typing import Any, ClassVar

from django.conf import settings
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from ocpp_gateway.files.folders import Folder, NotLetInError, log_in
from ocpp_gateway.files.ftp_folders import FtpArrival, VirtualFS, queries
from ocpp_gateway.files.throttle import Throttle
from operations.services import transfers

logger = logging.getLogger(__name__)

TICK_S = 0.25
MOST_SESSIONS = 512
MOST_PER_ADDRESS = 128  # many stations share an address behind their operator's router


class Authorizer:
    """Lets in who knows a link's secret."""

    def __init__(self) -> None:
        self._throttle = Throttle()

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        """Give the session its folder, or let it wait for a refusal."""
        address = str(handler.remote_ip)
        is_plain = isinstance(handler.socket, socket.socket)
        protocol = transfers.FTP if is_plain else transfers.FTPS
        try:
            handler.folder = queries(
                lambda: log_in(username, password, protocol=protocol, remote_address=address)
            )
        except NotLetInError as error:
            handler.auth_failed_timeout = self._throttle.delay_s(address)
            logger.warning("wrong FTP log-in", extra={"from": address})
            raise AuthenticationFailed("Authentication failed.") from error

    def get_home_dir(self, username: str) -> str:
        return "/"

    def has_user(self, username: str) -> bool:
        return True

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        """The folder itself knows what it lets do."""
        return True

    def get_perms(self, username: str) -> str:
        return "elrafmw"

    def get_msg_login(self, username: str) -> str:
        return "Welcome."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."

    def impersonate_user(self, username: str, password: str) -> None:
        """No user of this machine is meant."""

    def terminate_impersonation(self, username: str) -> None:
        """Nobody was impersonated."""


class Receiving:
    """What our data connections do besides."""

    def handle_read_event(self) -> None:
        """Take a piece, or stop at once what is refused."""
        super().handle_read_event()  # type: ignore[misc]
        file: Any = self.file_obj  # type: ignore[attr-defined]
        refusal = file.arrival.refusal if isinstance(file, FtpArrival) else None
        if refusal is not None and not file.closed:
            self._resp = (f"552 {refusal.sentence}", logger.warning)
            self.close()

    def close(self) -> None:
        """A transfer is whole when the sender ended it and still waits for our word."""
        dtp: Any = self
        if isinstance(dtp.file_obj, FtpArrival) and not dtp.file_obj.closed:
            arrival = dtp.file_obj.arrival
            arrival.is_whole = dtp.transfer_finished and not _has_left(dtp.cmd_channel)
        super().close()  # type: ignore[misc]


def _has_left(session: Any) -> bool:
    """Whether the client ended its command connection too: it was killed, or lost its network."""
    if not isinstance(session.socket, socket.socket):
        return False  # TLS does not let look
    try:
        return not session.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


class Data(Receiving, DTPHandler):
    """A data connection."""


class EncryptedData(Receiving, TLS_DTPHandler):
    """A data connection that may be encrypted."""


class Session:
    """What our sessions do besides."""

    folder: Folder

    banner = "Ready."
    use_sendfile = False  # so that what is read is counted
    abstracted_fs: ClassVar[type] = VirtualFS
    max_login_attempts = 3
    timeout = 120  # of silence

    def on_disconnect(self) -> None:
        """Whatever was on its way is not coming."""
        folder = getattr(self, "folder", None)
        if folder is not None:
            queries(folder.end)


class PlainSession(Session, FTPHandler):
    """A session in the clear."""

    dtp_handler = Data


class TlsSession(Session, TLS_FTPHandler):
    """A session that the client may encrypt (AUTH TLS)."""

    dtp_handler = EncryptedData


class FtpServer:
    """The listening socket, and the thread that serves it."""

    def __init__(self, host: str, port: int) -> None:
        loop = IOLoop()
        self._server = FTPServer((host, port), _handler(), ioloop=loop)
        self._server.max_cons = MOST_SESSIONS
        self._server.max_cons_per_ip = MOST_PER_ADDRESS
        self.port: int = self._server.address[1]
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ftp", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all sessions."""
        self._is_ending.set()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._is_ending.is_set():
            self._server.ioloop.loop(TICK_S, blocking=False)
        self._server.close_all()


def _handler() -> type:
    """A session's class, set up as pyftpdlib wants: by attributes of the class."""
    options: dict[str, Any] = {
        "authorizer": Authorizer(),
        "masquerade_address": settings.EVCHARGE_FTP_ADDRESS or None,
        "passive_ports": settings.EVCHARGE_FTP_PASSIVE_PORTS,
    }
    certificate = settings.EVCHARGE_FTP_CERTIFICATE
    if not certificate:
        return type("ConfiguredSession", (PlainSession,), options)
    return type("ConfiguredSession", (TlsSession,), {**options, "certfile": certificate})
