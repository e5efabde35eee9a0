"""Downloads many files at once and keeps nothing: `python -m tests.bench.fetching PORT < paths`."""

import asyncio
import json
import re
import sys
from time import perf_counter
from typing import cast

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ROOM = memoryview(bytearray(1024 * 1024))  # shared: what comes is only counted


class Fetch(asyncio.BufferedProtocol):
    """One download."""

    def __init__(self, port: int, path: str) -> None:
        host = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\n"
        self._request = f"GET {path} HTTP/1.1\r\n{host}\r\n".encode()
        self._head: bytes | None = b""
        self._expected = -1
        self.size_bytes = 0
        self.why = ""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def get_buffer(self, sizehint: int) -> memoryview:
        return ROOM

    def buffer_updated(self, nbytes: int) -> None:
        if self._head is None:
            self.size_bytes += nbytes
            return
        self._head += bytes(ROOM[:nbytes])
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._head = None
            self.size_bytes = len(rest)
            found = LENGTH.search(head)
            self._expected = int(found[1]) if found and b" 200 " in head[:16] else -1
            self.why = head[:100].decode(errors="replace")

    def connection_lost(self, exc: Exception | None) -> None:
        self.done.set_result(None)

    @property
    def is_whole(self) -> bool:
        return self.size_bytes == self._expected


async def fetch_all(port: int, paths: list[str]) -> dict[str, object]:
    """All at once; how long until the last had its last byte."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    fetches = [Fetch(port, path) for path in paths]
    for fetch in fetches:
        await loop.create_connection(lambda fetch=fetch: fetch, "127.0.0.1", port)
    await asyncio.gather(*(fetch.done for fetch in fetches))
    broken = [fetch for fetch in fetches if not fetch.is_whole]
    return {
        "seconds": perf_counter() - began,
        "size_bytes": sum(fetch.size_bytes for fetch in fetches),
        "broken": len(broken),
        "why": broken[0].why if broken else "",
    }


if __name__ == "__main__":
    paths = sys.stdin.read().split()
    sys.stdout.write(json.dumps(uvloop.run(fetch_all(int(sys.argv[1]), paths))) + "\n")
