"""Pages are answered in threads that stay: one for each request, and some for probes alone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.translation import get_language

from evcharge import pages
from evcharge.pages import PageHandler

Message = dict[str, Any]
TIMEOUT_S = 10


class Desk:
    """What the views of this test note."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.hold = threading.Event()
        self.held = threading.Semaphore(0)
        self.pieces = 0
        self.left = asyncio.Event()


desk = Desk()


@login_not_required
def plain(_request: HttpRequest) -> HttpResponse:
    desk.threads.append(threading.current_thread().name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse(get_language())


@login_not_required
def holding(_request: HttpRequest) -> HttpResponse:
    desk.held.release()
    desk.hold.wait(TIMEOUT_S)
    return HttpResponse("at last")


@login_not_required
def streaming(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_pieces())


async def _pieces() -> AsyncIterator[bytes]:
    try:
        while True:
            desk.pieces += 1
            yield b"piece"
            await asyncio.sleep(0)
    finally:
        desk.left.set()


urlpatterns = [
    path("plain/", plain),
    path("holding/", holding),
    path("streaming/", streaming),
]


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    global desk  # noqa: PLW0603  the views are found by their names
    desk = Desk()
    yield
    desk.hold.set()


class Browser:
    """One request to the handler, and what came back."""

    def __init__(self, url: str) -> None:
        headers = [(b"host", b"localhost")]
        self.scope = {"type": "http", "method": "GET", "path": url, "headers": headers}
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.sent: list[Message] = []
        self.heard = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        self.heard.set()

    def leave(self) -> None:
        self.inbox.put_nowait({"type": "http.disconnect"})

    async def ask(self, handler: PageHandler) -> "Browser":
        async with asyncio.timeout(TIMEOUT_S):
            await handler(self.scope, self.inbox.get, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(each.get("body", b"") for each in self.sent).decode()


@pytest.mark.django_db(transaction=True)
async def test_a_page_is_answered_off_the_loop() -> None:
    handler = PageHandler()
    browser = await Browser("/plain/").ask(handler)
    assert browser.status == 200
    assert browser.text == "en"
    assert desk.threads[0].startswith("page")
    assert browser.sent[-1]["more_body"] is False


@pytest.mark.django_db(transaction=True)
async def test_whoever_comes_next_finds_the_connection_open(monkeypatch: Any) -> None:
    monkeypatch.setattr(pages, "MOST_AT_ONCE", 1)
    handler, connections = PageHandler(), []

    def note(**_: Any) -> None:
        connections.append(id(connection.connection))

    request_finished.connect(note)
    try:
        for _ in range(3):
            await Browser("/plain/").ask(handler)
    finally:
        request_finished.disconnect(note)
    assert set(desk.threads) == {"page_0"}
    if connection.vendor == "sqlite":  # PostgreSQL's come from a pool
        assert len(set(connections)) == 1


@pytest.mark.django_db(transaction=True)
async def test_a_request_begins_and_ends_once_whatever_comes_of_it() -> None:
    heard: list[str] = []

    def begins(**_: Any) -> None:
        heard.append("begins")

    def ends(**_: Any) -> None:
        heard.append("ends")

    request_started.connect(begins)
    request_finished.connect(ends)
    try:
        handler = PageHandler()
        found = [(await Browser(url).ask(handler)).status for url in ("/plain/", "/no-such-page/")]
    finally:
        request_started.disconnect(begins)
        request_finished.disconnect(ends)
    assert found == [200, 404]
    assert heard == ["begins", "ends"] * 2


async def test_who_leaves_gets_no_more_of_what_is_streamed() -> None:
    browser = Browser("/streaming/")
    asking = asyncio.create_task(browser.ask(PageHandler()))
    async with asyncio.timeout(TIMEOUT_S):
        while desk.pieces < 3:
            await browser.heard.wait()
            browser.heard.clear()
        browser.leave()
        await desk.left.wait()
        await asking


@pytest.mark.django_db(transaction=True)
async def test_probes_are_answered_while_all_pages_hang(monkeypatch: Any) -> None:
    monkeypatch.setattr(pages, "MOST_AT_ONCE", 2)
    handler = PageHandler()
    stuck = [asyncio.create_task(Browser("/holding/").ask(handler)) for _ in range(3)]
    for _ in range(2):
        assert await asyncio.to_thread(desk.held.acquire, timeout=TIMEOUT_S)
    lives = await Browser("/healthz").ask(handler)
    assert lives.text == "ok\n"
    desk.hold.set()
    assert {each.text for each in await asyncio.gather(*stuck)} == {"at last"}


async def test_a_browser_that_left_before_its_body_came_is_not_answered() -> None:
    browser = Browser("/plain/")
    browser.inbox.get_nowait()
    browser.leave()
    assert (await browser.ask(PageHandler())).sent == []
    assert desk.threads == []


async def test_static_files_are_served_from_a_chain_that_needs_no_loop(settings: Any) -> None:
    browser = await Browser("/static/css/tables.css").ask(PageHandler())
    assert browser.status == 200
    assert browser.text == (settings.BASE_DIR / "static/css/tables.css").read_text()
    assert desk.threads == []
