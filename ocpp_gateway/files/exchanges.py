"""One HTTP request of a station for a file, and plain answers to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, and how to hear and say more."""

    method: str
    token: str
    name: str  # whatever the client appended to the path
    remote_address: str
    receive: Receive
    send: Send
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send) -> "Exchange":
        """Of an ASGI connection to /files/<token>/<name> or /uploads/<token>/<name>."""
        _, _, token, *names = scope["path"].split("/", 3)
        headers = {key.decode("latin1"): value.decode("latin1") for key, value in scope["headers"]}
        client = scope.get("client")
        return cls(
            method=scope["method"],
            token=token,
            name=names[0] if names else "",
            remote_address=str(client[0]) if client else "",
            receive=receive,
            send=send,
            headers=headers,
        )

    @property
    def length(self) -> int | None:
        """How long the body is said to be."""
        given = self.headers.get("content-length", "")
        return int(given) if given.isascii() and given.isdigit() else None

    async def start(self, status: int, headers: Headers) -> None:
        """Begin an answer."""
        always = [
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"private, no-store"),
        ]
        start = {"type": "http.response.start", "status": status, "headers": [*headers, *always]}
        await self.send(start)

    async def say(self, status: int, sentence: str, headers: Headers | None = None) -> None:
        """Answer with a sentence."""
        body = b"" if self.method == "HEAD" else f"{sentence}\n".encode()
        given = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(sentence.encode()) + 1).encode()),
        ]
        await self.start(status, [*given, *(headers or [])])
        await self.send({"type": "http.response.body", "body": body})
