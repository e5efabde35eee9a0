"""Firmware over HTTP, as stations of all manners fetch it."""

import hashlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import Download, FileLink, FirmwareImage
from operations.services import downloads
from tests.filing import link_to_image, link_to_receiver, parts, stored_image
from tests.gateway.asking_http import CONTENT, Ask
from tests.portal import Portal
from tests.services import wait_until

pytestmark = pytest.mark.usefixtures("http_root")


@pytest.fixture
def image(http_root: Path) -> FirmwareImage:
    return stored_image(CONTENT)


# -- firmware


def noted(**facts: Any) -> Callable[[], bool]:
    """Whether the download is known to be so; requests are noted a moment later."""
    return Download.objects.filter(**facts).exists


def test_an_image_is_fetched_whole(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path
    answer, body = ask("GET", path)
    assert (answer.status, body) == (200, CONTENT)
    assert answer.getheader("content-length") == str(len(CONTENT))
    assert answer.getheader("content-type") == "application/octet-stream"
    assert answer.getheader("content-disposition") == 'attachment; filename="terra-1.5.0.bin"'
    assert answer.getheader("x-content-type-options") == "nosniff"
    wait_until(noted(finished_at__isnull=False), what="the download's end")
    download = Download.objects.get()
    assert (download.percent, download.requests, download.protocol) == (100, 1, "http")
    assert download.remote_address == "127.0.0.1"


def test_the_name_in_the_path_matters_to_nobody(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path.rpartition("/")[0]
    for name in ("", "/", "/other.bin", "/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
        answer, body = ask("GET", path + name)
        assert (answer.status, body) == (200, CONTENT)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=262140-262150", 262_140, 262_151),
        ("bytes=1048570-", 1_048_570, 1_048_576),
        ("bytes=-10", 1_048_566, 1_048_576),
        ("bytes=1000-99999999", 1000, 1_048_576),
    ],
)
def test_a_range_is_fetched(
    ask: Ask, image: FirmwareImage, asked: str, start: int, end: int
) -> None:
    answer, body = ask("GET", parts(link_to_image(image)).path, Range=asked)
    assert (answer.status, body) == (206, CONTENT[start:end])
    assert answer.getheader("content-range") == f"bytes {start}-{end - 1}/1048576"
    wait_until(noted(last_range=asked), what="the request")


@pytest.mark.parametrize("asked", ["bytes=1048576-", "bytes=-0", "bytes=999999999999-"])
def test_a_range_outside_is_refused(ask: Ask, image: FirmwareImage, asked: str) -> None:
    answer, _ = ask("GET", parts(link_to_image(image)).path, Range=asked)
    assert answer.status == 416
    assert answer.getheader("content-range") == "bytes */1048576"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "0-5"]
)
def test_what_is_no_single_range_gets_the_whole(ask: Ask, image: FirmwareImage, asked: str) -> None:
    answer, body = ask("GET", parts(link_to_image(image)).path, Range=asked)
    assert (answer.status, len(body)) == (200, len(CONTENT))


def test_a_download_goes_on_only_with_the_same_file(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path
    etag = ask("HEAD", path)[0].getheader("etag") or ""
    assert etag.strip('"') == hashlib.sha256(CONTENT).hexdigest()[:32]
    assert ask("GET", path, Range="bytes=5-6", If_Range=etag)[0].status == 206
    assert ask("GET", path, Range="bytes=5-6", If_Range='"another"')[0].status == 200
    wait_until(noted(requests=2), what="both requests")


def test_looking_first_is_no_download(ask: Ask, image: FirmwareImage) -> None:
    answer, body = ask("HEAD", parts(link_to_image(image)).path)
    assert (answer.status, body) == (200, b"")
    assert answer.getheader("content-length") == str(len(CONTENT))
    assert answer.getheader("accept-ranges") == "bytes"
    assert not Download.objects.exists()


def test_parallel_ranges_make_one_download(ask: Ask, image: FirmwareImage) -> None:
    path, quarter = parts(link_to_image(image)).path, len(CONTENT) // 4

    def fetch(number: int) -> bytes:
        asked = f"bytes={number * quarter}-{(number + 1) * quarter - 1}"
        return ask("GET", path, Range=asked)[1]

    with ThreadPoolExecutor(4) as pool:
        assert b"".join(pool.map(fetch, range(3))) == CONTENT[: 3 * quarter]
        wait_until(noted(sent_bytes=3 * quarter), what="three quarters")
        assert Download.objects.get().percent == 75
        assert Download.objects.get().finished_at is None
        assert fetch(3) == CONTENT[3 * quarter :]
    wait_until(noted(finished_at__isnull=False), what="the last quarter")
    assert Download.objects.get().requests == 4


def test_the_first_quarter_twice_is_no_half(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path
    for _ in range(2):
        ask("GET", path, Range="bytes=0-262143")
    wait_until(noted(sent_bytes=524_288), what="both")
    assert Download.objects.get().percent == 25


@pytest.mark.parametrize(
    ("asked", "percent"),
    [
        pytest.param(["bytes=0-786431", "bytes=786432-"], 100, id="goes on where it was"),
        # Its server was killed before it could note what it had sent.
        pytest.param(["bytes=0-786431", "bytes=917504-"], 100, id="goes on after a kill"),
        pytest.param(["bytes=0-786431", "bytes=262144-"], 100, id="goes back a little"),
        pytest.param(["bytes=0-1048575", "bytes=1048576-"], 100, id="asks for more than all"),
        pytest.param(["bytes=1048576-"], 100, id="has it all"),
        pytest.param(["bytes=524288-1048575"], 50, id="only the second half"),
        pytest.param(["bytes=-524288"], 50, id="only the last half"),
        pytest.param(["bytes=0-9999", "bytes=1048577-"], 0, id="asks for what never was"),
    ],
)
def test_who_goes_on_has_what_came_before(
    ask: Ask, image: FirmwareImage, asked: list[str], percent: int
) -> None:
    """Of a download that went on elsewhere the portal showed 98 % though it was whole."""
    path = parts(link_to_image(image)).path
    for part in asked:
        ask("GET", path, Range=part)
    known = noted(requests=len([part for part in asked if "1048577" not in part]))
    wait_until(known, what="all requests")
    download = Download.objects.get()
    assert (download.percent, download.finished_at is not None) == (percent, percent == 100)


def test_another_file_is_fetched_from_its_beginning(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path
    with_other = {"Range": "bytes=1048575-", "If_Range": '"another"'}
    assert ask("GET", path, **with_other)[0].status == 200
    wait_until(noted(sent_bytes=len(CONTENT)), what="all of it, once")


def test_a_station_that_leaves_is_seen_where_it_left(portal: Portal, http_root: Path) -> None:
    image = stored_image(bytes(32 * 2**20))
    path = parts(link_to_image(image)).path
    with socket.create_connection(("127.0.0.1", portal.port)) as station:
        station.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        station.recv(1000)
        wait_until(noted(sent_bytes__gt=2**20), what="a beginning")
    assert Download.objects.get().percent < 100
    assert Download.objects.get().finished_at is None


def test_a_database_that_is_away_costs_no_progress(
    ask: Ask, image: FirmwareImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be noted was forgotten: a station that had all of it stayed at 98 %."""
    noted, failures = downloads.note, iter([OperationalError("database is locked")])

    def note(**progress: Any) -> None:
        for failure in failures:
            raise failure
        noted(**progress)

    monkeypatch.setattr(downloads, "note", note)
    ask("GET", parts(link_to_image(image)).path)
    finished = Download.objects.filter(sent_bytes=len(CONTENT), finished_at__isnull=False)
    wait_until(finished.exists, what="all of it to be noted")


def test_a_wrong_or_expired_link_says_so_and_no_more(
    ask: Ask, portal: Portal, image: FirmwareImage
) -> None:
    path = parts(link_to_image(image)).path
    for wrong in ("/files/", "/files/x", f"/files/{'0' * 32}/a.bin", "/files/../manage.py"):
        answer, body = ask("GET", wrong)
        assert (answer.status, body) == (404, b"There is nothing here.\n")
        assert (answer.getheader("content-type") or "").startswith("text/plain")
    FileLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer, body = ask("GET", path)
    assert (answer.status, body) == (410, b"This link has expired.\n")


def test_the_database_does_not_know_the_secret(image: FirmwareImage) -> None:
    token = parts(link_to_image(image)).path.split("/")[2]
    assert len(token) == 32
    link = FileLink.objects.get()
    assert token not in {link.token_digest, link.username}


def test_an_image_whose_file_is_gone_is_not_there(ask: Ask, image: FirmwareImage) -> None:
    path = parts(link_to_image(image)).path
    FirmwareImage.objects.update(stored_name="0" * 32)
    assert ask("GET", path)[0].status == 404


def test_links_are_good_for_one_thing(ask: Ask, image: FirmwareImage) -> None:
    fetch, send = parts(link_to_image(image)).path, parts(link_to_receiver()).path
    assert ask("PUT", fetch, b"x")[0].status == 405
    assert ask("GET", send)[0].status == 405
    assert ask("PUT", fetch.replace("/files/", "/uploads/"), b"x")[0].status == 404
    assert ask("GET", send.replace("/uploads/", "/files/"))[0].status == 404


def test_nginx_is_told_what_to_send(ask: Ask, image: FirmwareImage, settings: Settings) -> None:
    settings.EVCHARGE_FILES_ACCEL = "/stored-files/"
    answer, body = ask("GET", parts(link_to_image(image)).path, Range="bytes=5-9")
    assert (answer.status, body) == (200, b"")
    name = image.stored_name
    assert answer.getheader("x-accel-redirect") == f"/stored-files/{name[:2]}/{name}"
    wait_until(noted(is_handed_over=True), what="the request")
