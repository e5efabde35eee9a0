"""Pages refuse what is too large, whether it says so or not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from pytest_django.fixtures import Settings

from evcharge.bodies import MOST_BYTES, LimitedBodies

ADD_FIRMWARE = "/operations/firmware/add/"


async def status(path: str, pieces: Iterator[bytes], **headers: str) -> int:
    """What a request with this body is answered by an application that reads all of it."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    answers: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    named = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": named}
    await LimitedBodies(application)(scope, receive, send)  # type: ignore[arg-type]
    return int(answers[0]["status"])


async def test_a_form_passes() -> None:
    assert await status("/login/", iter([b"x"] * 3), content_length="3") == 200


async def test_what_says_that_it_is_too_large_is_not_even_read() -> None:
    unread = iter([b"x"])
    assert await status("/login/", unread, content_length=str(MOST_BYTES + 1)) == 413
    assert next(unread) == b"x"


async def test_what_does_not_say_so_is_stopped_where_it_gets_too_large() -> None:
    assert await status("/login/", iter([bytes(2**20)] * 40)) == 413


@pytest.mark.django_db(transaction=True)
async def test_images_are_taken_from_who_has_signed_in(settings: Settings) -> None:
    settings.EVCHARGE_IMAGE_MOST_BYTES = MOST_BYTES + 10
    session = SessionStore()
    await session.aset(SESSION_KEY, "1")
    await session.acreate()
    signed_in = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    size = str(MOST_BYTES + 10)
    assert await status(ADD_FIRMWARE, iter([]), content_length=size, cookie=signed_in) == 200
    assert await status(ADD_FIRMWARE, iter([]), content_length=size, cookie="x=y") == 413
    assert await status(ADD_FIRMWARE, iter([]), content_length=size) == 413
    assert await status("/login/", iter([]), content_length=size, cookie=signed_in) == 413
