"""How much a request to the portal's pages may carry: Django takes in whole what it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import parse_cookie
from django.urls import reverse

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 32 * 2**20  # forms, and tables to import


class TooLargeError(Exception):
    """More came than a request may carry."""


class LimitedBodies:
    """The application, spared what is too large: nothing of it is waited for."""

    def __init__(self, application: Application) -> None:
        self._application = application
        # Found once: to look for it with each request costs the loop more than all the rest.
        self._path_of_images = reverse("firmware-add")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        most = await self._most_bytes(scope)
        if _length(scope) > most:
            await _refuse(send, most)
            return
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLargeError
            return message

        try:
            await self._application(scope, counting, send)
        except TooLargeError:
            # The application reads all of a request before it answers.
            await _refuse(send, most)

    async def _most_bytes(self, scope: dict[str, Any]) -> int:
        """Images are large; they are added by people who have signed in."""
        if scope["method"] == "POST" and scope["path"] == self._path_of_images:
            is_known = database_sync_to_async(_is_signed_in, thread_sensitive=False)
            if await is_known(_header(scope, b"cookie")):
                return int(settings.EVCHARGE_IMAGE_MOST_BYTES)
        return MOST_BYTES


def _is_signed_in(cookies: str) -> bool:
    """Whether somebody's session goes with these; what they may do, the view asks."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    return bool(key) and store(session_key=key).get(SESSION_KEY) is not None


def _length(scope: dict[str, Any]) -> int:
    given = _header(scope, b"content-length")
    return int(given) if given.isascii() and given.isdigit() else 0


def _header(scope: dict[str, Any], name: bytes) -> str:
    return next((value.decode("latin1") for key, value in scope["headers"] if key == name), "")


async def _refuse(send: Send, most: int) -> None:
    body = f"This is too large: at most {most // 2**20} MiB are taken.\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
