"""A WebSocket echo without framework, Channels or library: faster than anything served here.

What the load generator reaches against it is what the generator can do.
"""

import argparse
import asyncio
import base64
import hashlib
import re
from typing import cast

import uvloop

KEY = re.compile(rb"Sec-WebSocket-Key: (\S+)", re.IGNORECASE)
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Echo(asyncio.Protocol):
    """One socket; each read of whole frames is unmasked and sent back."""

    def __init__(self) -> None:
        self._is_open = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        self._rest = b""
        if not self._is_open:
            self._shake_hands(data)
            return
        while data:
            size, begin = data[1] & 127, 2
            if size == 126:
                size, begin = int.from_bytes(data[2:4]), 4
            end = begin + 4 + size
            if len(data) < end:
                self._rest = data
                return
            self._echo(data[begin : begin + 4], data[begin + 4 : end])
            data = data[end:]

    def _shake_hands(self, data: bytes) -> None:
        if b"\r\n\r\n" not in data:
            self._rest = data
            return
        key = KEY.search(data)
        if key is None:
            self._transport.write(HEALTHY)
            self._transport.close()
            return
        accept = base64.b64encode(hashlib.sha1(key[1] + GUID, usedforsecurity=False).digest())
        self._is_open = True
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept
        )

    def _echo(self, mask: bytes, body: bytes) -> None:
        size = len(body)
        key = (mask * (size // 4 + 1))[:size]
        text = (int.from_bytes(body) ^ int.from_bytes(key)).to_bytes(size)
        head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2)
        self._transport.write(head + text)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
