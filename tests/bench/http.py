"""As much of an HTTP client as a click takes: one connection, one request at a time."""

import asyncio
import re
from collections.abc import Mapping

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class Browser:
    """A signed-in person's connection; opened anew where the server closes it."""

    def __init__(self, port: int, cookies: Mapping[str, str]) -> None:
        self._port = port
        pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._head = f"Host: 127.0.0.1:{port}\r\nCookie: {pairs}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._csrf = cookies.get("csrftoken", "")

    async def get(self, path: str) -> int:
        """The status of a page that was read to its end."""
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, path: str, form: str = "") -> int:
        head = (
            f"POST {path} HTTP/1.1\r\n{self._head}HX-Request: true\r\n"
            f"X-CSRFToken: {self._csrf}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}\r\n\r\n"
        )
        return await self._ask((head + form).encode())

    async def _ask(self, request: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await _body(reader, head)
        if b"\r\nconnection: close" in head.lower():
            writer.close()
            self._streams = None
        return int(head.split(b" ", 2)[1])


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    if (length := LENGTH.search(head)) is not None:
        await reader.readexactly(int(length[1]))
    elif CHUNKED.search(head):
        while (size := int(await reader.readline(), 16)) > 0:
            await reader.readexactly(size + 2)
        await reader.readline()
