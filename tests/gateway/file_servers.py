"""Small servers that simulated stations fetch files from and bring files to."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

USER, PASSWORD = "station", "pa/ss"
LOGIN = "station:pa%2Fss"


@dataclass
class HttpFiles:
    """What an HTTP server gives and got; statuses are used up one after the other."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    cuts_short: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_files() -> Iterator[HttpFiles]:
    """A server in a thread, until the test is over."""
    state = HttpFiles()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            state.got.append((self.command, self.path, dict(self.headers), body))
            status = state.statuses.pop(0) if state.statuses else 200
            answer = state.files.get(self.path, b"") if self.command == "GET" else b""
            if self.command == "GET" and self.path not in state.files and status == 200:
                status = 404
            self.send_response(status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer[:-1] if state.cuts_short else answer)

        do_GET = _take  # noqa: N815 - as http.server wants them
        do_PUT = _take  # noqa: N815
        do_POST = _take  # noqa: N815

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def ftp_files(folder: Path) -> Iterator[str]:
    """A server over a folder, in a thread; the address to log in at."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(folder), perm="elrw")

    class Handler(FTPHandler):
        auth_failed_timeout = 0.05

    Handler.authorizer = authorizer
    server = FTPServer(("127.0.0.1", 0), Handler)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            server.serve_forever(timeout=0.02, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{server.address[1]}"
    finally:
        stopping.set()
        thread.join()


class _Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@asynccontextmanager
async def sftp_files(folder: Path) -> AsyncIterator[str]:
    """A server over a folder, on the test's loop; the address to log in at."""
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Login,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
    )
    try:
        yield f"127.0.0.1:{server.get_port()}"
    finally:
        server.close()
        await server.wait_closed()
