"""Asks a portal over HTTP for files and with files, as a station does."""

import http.client
from collections.abc import Callable
from typing import Any

CONTENT = bytes(range(256)) * 4096  # 1 MiB, no two neighbouring blocks of 256 bytes shifted alike


Ask = Callable[..., tuple[http.client.HTTPResponse, bytes]]


def asking(port: int) -> Ask:
    """Requests to a port of this machine, each on a connection of its own."""

    def ask(
        method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    return ask
