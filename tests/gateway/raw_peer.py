"""The probe served by a process of its own, and a TCP client that talks to it byte by byte."""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

DEADLINE_S = 30
ROOT = Path(__file__).parents[2]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Server:
    """The probe application, served by a process of its own."""

    def __init__(
        self, folder: Path, *, lifespan: str = "ok", port: int = 0, **options: Any
    ) -> None:
        self.journal_file = folder / "journal"
        arguments = ["--lifespan", lifespan, "--port", str(port), "--options", json.dumps(options)]
        self.log_file = folder / "log"
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own probe
                [sys.executable, "-m", "tests.gateway.asgi_probe", self.journal_file, *arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline() or 0)

    def journal(self) -> list[str]:
        return self.journal_file.read_text().splitlines() if self.journal_file.exists() else []

    def log(self) -> str:
        return self.log_file.read_text()

    def resident_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self, signum: int = signal.SIGTERM) -> int:
        self.process.send_signal(signum)
        return self.process.wait(DEADLINE_S)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Peer:
    """A TCP client that speaks just enough HTTP and WebSocket, rightly or wrongly."""

    def __init__(self, server: Server, path: str, method: str = "GET", **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), DEADLINE_S)
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        request = [f"{method} {path} HTTP/1.1", "Host: test", *lines, "", ""]
        self.socket.sendall("\r\n".join(request).encode("latin1"))
        self.buffer = b""

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def more(self) -> bool:
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, size: int) -> bytes:
        while len(self.buffer) < size:
            if not self.more():
                raise EOFError
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def head(self) -> str:
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                raise EOFError
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode("latin1")

    def rest(self) -> bytes:
        while self.more():
            pass
        return self.buffer

    def send(self, payload: bytes, opcode: int = TEXT, *, masked: bool = True) -> None:
        self.socket.sendall(frame(payload, opcode, masked=masked))

    def frame(self) -> tuple[int, bytes]:
        first, second = self.take(2)
        size = second
        if second == 126:
            (size,) = struct.unpack("!H", self.take(2))
        elif second == 127:
            (size,) = struct.unpack("!Q", self.take(8))
        return first & 15, self.take(size)

    def closing(self) -> tuple[int, str]:
        opcode, payload = self.frame()
        assert opcode == CLOSE
        return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    def wait_until_dropped(self) -> None:
        with suppress(ConnectionResetError):
            self.rest()


def frame(payload: bytes, opcode: int = TEXT, *, masked: bool = True) -> bytes:
    size, bit = len(payload), 128 * masked
    head = bytes([128 | opcode])
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    # A mask of zeros leaves the payload as it is.
    return head + bytes(4 * masked) + payload


def upgrade(server: Server, path: str, **headers: str) -> Peer:
    return Peer(
        server,
        path,
        Upgrade="websocket",
        Connection="Upgrade",
        Sec_WebSocket_Version="13",
        **{"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers},
    )


def opened(server: Server, path: str = "/echo", **headers: str) -> Peer:
    peer = upgrade(server, path, **headers)
    assert peer.head().startswith("HTTP/1.1 101 ")
    return peer


def get(server: Server, path: str, **headers: str) -> tuple[str, bytes]:
    with Peer(server, path, Connection="close", **headers) as peer:
        return peer.head(), peer.rest()


def until(condition: Callable[[], object], what: str) -> None:
    """Poll with a deadline: processes have no events to wait for."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, what
        select.select([], [], [], 0.02)


@contextmanager
def starting(folder: Path) -> Iterator[Callable[..., Server]]:
    """Give what starts servers; ends them all."""
    running: list[Server] = []

    def start_one(**options: Any) -> Server:
        own_folder = folder / str(len(running))
        own_folder.mkdir()
        running.append(Server(own_folder, **options))
        return running[-1]

    yield start_one
    for each in running:
        each.end()
