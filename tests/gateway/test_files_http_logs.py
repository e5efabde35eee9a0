"""Logs over HTTP, as stations of all manners send them."""

import hashlib
import socket
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import FileLink, ReceivedFile
from tests.filing import bytes_of, link_to_receiver, parts, store_is_tidy
from tests.gateway.asking_http import CONTENT, Ask
from tests.portal import Portal
from tests.services import wait_until

pytestmark = pytest.mark.usefixtures("http_root")


# -- logs


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("appended", ["", "diagnostics.tar.gz", "a/b/c/diagnostics.tar.gz"])
def test_a_log_is_received(ask: Ask, http_root: Path, method: str, appended: str) -> None:
    answer, body = ask(method, parts(link_to_receiver()).path + appended, CONTENT)
    assert (answer.status, body) == (200, b"Received 1048576 bytes.\n")
    row = ReceivedFile.objects.get()
    assert (row.state, row.protocol, row.size_bytes) == ("complete", "http", len(CONTENT))
    assert row.original_name == appended.rpartition("/")[2]
    assert row.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert row.received_at is not None
    assert row.expires_at > timezone.now() + timedelta(days=89)
    assert bytes_of(row.stored_name) == CONTENT
    assert store_is_tidy(http_root)


def test_without_a_slash_at_the_end_too(ask: Ask) -> None:
    assert ask("PUT", parts(link_to_receiver()).path.rstrip("/"), b"log")[0].status == 200


def form(*files: tuple[str, bytes], end: bytes = b"--\r\n") -> bytes:
    body = b'--edge\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    for name, content in files:
        body += (
            b"--edge\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; "
            b'name="file"; filename="' + name.encode() + b'"\r\n\r\n' + content + b"\r\n"
        )
    return body + b"--edge" + end


def test_a_form_is_received_file_by_file(ask: Ask) -> None:
    answer, _ = ask(
        "POST",
        parts(link_to_receiver()).path,
        form(("one.log", b"1" * 700_000), ("two.log", b"--edge is no end")),
        Content_Type="multipart/form-data; boundary=edge",
    )
    assert answer.status == 200
    two, one = ReceivedFile.objects.all()
    assert (one.original_name, bytes_of(one.stored_name)) == ("one.log", b"1" * 700_000)
    assert (two.original_name, bytes_of(two.stored_name)) == ("two.log", b"--edge is no end")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (form(("one.log", b"x" * 100), end=b"")[:-10], "partial"),
        (b"no form at all", None),
        (form(), None),
        (b"", None),
    ],
)
def test_a_broken_form_is_told_so(ask: Ask, body: bytes, state: str | None) -> None:
    answer, _ = ask(
        "POST",
        parts(link_to_receiver()).path,
        body,
        Content_Type="multipart/form-data; boundary=edge",
    )
    assert answer.status == 400
    assert ReceivedFile.objects.values_list("state", flat=True).first() == state


def test_a_second_upload_is_a_second_file(ask: Ask) -> None:
    path = parts(link_to_receiver()).path
    for content in (b"first", b"second"):
        ask("PUT", f"{path}log.txt", content)
    assert [bytes_of(row.stored_name) for row in ReceivedFile.objects.all()] == [
        b"second",
        b"first",
    ]


@pytest.mark.parametrize(
    ("appended", "name"),
    [
        ("%2e%2e%2f%2e%2e%2fetc%2fpasswd", "passwd"),
        ("..%5C..%5Cboot.ini", "boot.ini"),
        ("a%00b%0Ac%1B[2J.log", "a�b�c�[2J.log"),
        ("%E2%80%AEgpj.exe", "�gpj.exe"),
        ("%ff%fe", "��"),
        ("x" * 2000, "x" * 255),
        ("<script>alert(1)<%2Fscript>", "script>"),
    ],
)
def test_a_hostile_name_is_only_a_word(ask: Ask, http_root: Path, appended: str, name: str) -> None:
    assert ask("PUT", parts(link_to_receiver()).path + appended, b"log")[0].status == 200
    row = ReceivedFile.objects.get()
    assert row.original_name == name
    kept = [path for path in http_root.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [row.stored_name]


def test_too_large_a_log_is_refused_before_it_comes(
    ask: Ask, portal: Portal, settings: Settings, http_root: Path
) -> None:
    settings.EVCHARGE_FILES_MOST_BYTES = 1000
    path = parts(link_to_receiver()).path
    with socket.create_connection(("127.0.0.1", portal.port), 10) as station:
        head = f"PUT {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 10000000000\r\n\r\n"
        station.sendall(head.encode())
        assert station.recv(1000).startswith(b"HTTP/1.1 413 ")
    row = ReceivedFile.objects.get()
    assert (row.state, row.stored_name) == ("refused", "")
    assert "too large" in row.why
    assert store_is_tidy(http_root)


def test_a_log_that_hides_its_size_is_refused_on_the_way(
    ask: Ask, settings: Settings, http_root: Path
) -> None:
    settings.EVCHARGE_FILES_MOST_BYTES = 1_000_000
    path = parts(link_to_receiver()).path
    # The server may be gone before the client has sent all and reads why.
    with suppress(ConnectionError):
        answer, _ = ask("PUT", path, [bytes(100_000)] * 20)
        assert answer.status == 413
    wait_until(lambda: ReceivedFile.objects.get().state == "refused", what="a refusal")
    assert store_is_tidy(http_root)


def test_all_logs_together_have_a_limit(ask: Ask, settings: Settings) -> None:
    settings.EVCHARGE_FILES_QUOTA_BYTES = 1000
    path = parts(link_to_receiver()).path
    assert ask("PUT", path, bytes(600))[0].status == 200
    assert ask("PUT", path, bytes(600))[0].status == 507
    assert ask("PUT", path, bytes(400))[0].status == 200
    assert ask("PUT", path, bytes(1))[0].status == 507
    states = ReceivedFile.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["complete", "refused", "complete", "refused"]


def test_a_station_that_leaves_leaves_a_part(portal: Portal, http_root: Path) -> None:
    path = parts(link_to_receiver()).path
    sent = b"x" * 300_000
    with socket.create_connection(("127.0.0.1", portal.port)) as station:
        head = f"PUT {path}half.log HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n"
        station.sendall(head.encode() + sent)
        wait_until(lambda: arrived(http_root) > 200_000, what="some of it")
    wait_until(lambda: ReceivedFile.objects.exclude(state="receiving").exists(), what="the end")
    row = ReceivedFile.objects.get()
    assert (row.state, row.why) == ("partial", "The station stopped before the end.")
    assert sent.startswith(bytes_of(row.stored_name))
    assert row.size_bytes == len(bytes_of(row.stored_name)) > 200_000
    assert store_is_tidy(http_root)


def arrived(root: Path) -> int:
    return sum(path.stat().st_size for path in root.glob("incoming/*"))


def test_a_late_station_is_shown_and_not_let_in(ask: Ask) -> None:
    path = parts(link_to_receiver()).path
    FileLink.objects.update(expires_at=timezone.now())
    assert ask("PUT", path, b"log")[0].status == 410
    row = ReceivedFile.objects.get()
    assert (row.state, row.why) == ("refused", "This link has expired.")


def test_one_run_cannot_fill_the_table(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.services.receiving.MOST_FILES_PER_LINK", 3)
    path = parts(link_to_receiver()).path
    assert [ask("PUT", path, b"log")[0].status for _ in range(4)] == [200, 200, 200, 429]
    assert ReceivedFile.objects.count() == 3


def test_parts_of_a_file_are_not_put_together(ask: Ask) -> None:
    path = parts(link_to_receiver()).path
    assert ask("PUT", path, b"log", Content_Range="bytes 0-2/6")[0].status == 400
    assert not ReceivedFile.objects.exists()
