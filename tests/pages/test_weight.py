"""What a page weighs on its way to a browser, and that nothing it needs was left out."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from evcharge.compression import PageCompression
from tests.factories import ChargerFactory, StationFactory, UserFactory
from tests.vendored import sources

pytestmark = pytest.mark.django_db

URL = "/operations/chargers/"
MOST_BYTES = 100_000  # without fonts, which stay with the browser
ASSET = re.compile(r'<(?:link|script)[^>]*?\s(?:href|src)="(/static/[^"]+(?<!\.woff2))"')
IMPORT = re.compile(r'^(?:import|export) .*?from "([^"]+)"', re.MULTILINE)
GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory())
    return client


def fetched(desk: Client, url: str) -> tuple[int, str]:
    """How many bytes come, and what they say."""
    response = desk.get(url, headers=GZIP)
    assert response.status_code == 200, url
    body = b"".join(response) if response.streaming else response.content
    is_packed = response.headers.get("Content-Encoding") == "gzip"
    return len(body), (gzip.decompress(body) if is_packed else body).decode()


def with_imports(desk: Client, urls: list[str]) -> Iterator[tuple[str, int]]:
    """Each file's size, and those of the modules it imports."""
    waiting, seen = list(urls), set(urls)
    while waiting:
        url = waiting.pop()
        size, words = fetched(desk, url)
        yield url, size
        imported = {normpath(join(dirname(url), name)) for name in IMPORT.findall(words)}
        waiting += imported - seen
        seen |= imported


def test_the_first_list_weighs_little(desk: Client) -> None:
    for number in range(25):
        ChargerFactory(station=StationFactory(), name=f"Quay {number}")
    size, page = fetched(desk, URL)
    assets = sorted({*ASSET.findall(page)})
    weights = {URL: size} | dict(with_imports(desk, assets))
    assert len(weights) > 30
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_static_files_come_whole_to_who_takes_no_gzip(desk: Client) -> None:
    url = "/static/portal.css"
    packed, words = fetched(desk, url)
    plain = desk.get(url)
    assert "Content-Encoding" not in plain.headers
    assert b"".join(plain).decode() == words
    assert packed < len(words)
    assert "Accept-Encoding" in desk.get(url, headers=GZIP).headers["Vary"]


LONG = "Quay " * 200
UNTOUCHED = {
    "a stream": StreamingHttpResponse([LONG], content_type="text/csv"),
    "nginx's own": HttpResponse(LONG, headers={"X-Accel-Redirect": "/stored-files/1"}),
    "no words": HttpResponse(LONG, content_type="application/zip"),
    "a file": FileResponse([LONG.encode()], filename="log.txt", as_attachment=True),
}


@pytest.mark.parametrize("what", UNTOUCHED)
def test_what_is_no_page_stays_as_it_is(what: str) -> None:
    middleware = PageCompression(lambda _request: UNTOUCHED[what])
    response = middleware(RequestFactory().get("/", headers=GZIP))
    assert "Content-Encoding" not in response.headers


def left_out() -> set[str]:
    folder = Path(__file__).parents[1] / "vendored"
    return {name for path in folder.glob("*-left-out.txt") for name in path.read_text().split()}


def test_no_page_names_an_icon_or_a_class_that_was_left_out() -> None:
    """If it does: reduce the published style sheets again, as docs/vendored.md says."""
    assert left_out() & sources.named() == set()
