"""Files through the real server: what only it can get wrong."""

import asyncio
import ftplib
import http.client
import io
import os
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as configured
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from operations.models import Download, ReceivedFile
from operations.services import receiving
from operations.statuses import Role
from tests import services
from tests.factories import StationFactory, UserFactory
from tests.fake_station import FakeStation
from tests.filing import bytes_of, link_to_image, link_to_receiver, parts, stored_image
from tests.portal import Portal, served_apart
from tests.services import wait_until

MIB = 2**20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return services.free_port(), services.free_port()


@pytest.fixture(scope="module")
def _served(
    folder: Path,
    ports: tuple[int, int],
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Portal]:
    env = {
        "EVCHARGE_FILES_ROOT": str(folder / "store"),
        "EVCHARGE_FILES_MOST_BYTES": str(64 * MIB),
        "EVCHARGE_FILES_SERVERS": "true",
        "EVCHARGE_FTP_PORT": str(ports[0]),
        "EVCHARGE_SFTP_PORT": str(ports[1]),
        "EVCHARGE_FTP_PASSIVE_PORTS": "1024-65535",
    }
    with (
        django_db_blocker.unblock(),
        served_apart("daphne", log=folder / "log", env=env) as portal,
    ):
        yield portal


@pytest.fixture
def server(
    _served: Portal,
    transactional_db: None,
    settings: Settings,
    folder: Path,
    ports: tuple[int, int],
) -> Portal:
    settings.EVCHARGE_FILES_ROOT = folder / "store"
    settings.EVCHARGE_PUBLIC_URL = _served.url
    settings.EVCHARGE_FTP_PORT, settings.EVCHARGE_SFTP_PORT = ports
    return _served


def resident_mib(portal: Portal) -> float:
    assert portal.process is not None
    pages = int(Path(f"/proc/{portal.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def put(portal: Portal, url: str, body: object) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    try:
        connection.request("PUT", parts(url).path, body=body)  # type: ignore[arg-type]
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_files_come_and_go(server: Portal) -> None:
    content = os.urandom(3 * MIB)
    assert put(server, link_to_receiver(), content)[0] == 200
    assert put(server, link_to_receiver(), iter([content[:100], content[100:]]))[0] == 200
    assert [bytes_of(row.stored_name) for row in ReceivedFile.objects.all()] == [content] * 2
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", parts(link_to_image(stored_image(content))).path)
    assert connection.getresponse().read() == content
    connection.close()


def test_ten_gigabytes_are_refused_at_once_and_the_reason_arrives(server: Portal) -> None:
    path = parts(link_to_receiver()).path
    head = f"PUT {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {10 * 2**30}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 10) as station:
        station.sendall(head.encode())
        sent = 0
        while not select.select([station], [], [], 0)[0]:
            if select.select([], [station], [], 0.1)[1]:
                sent += station.send(bytes(MIB))
        assert station.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert sent < 64 * MIB
    assert ReceivedFile.objects.get().state == "refused"


def test_a_body_without_an_end_stops_at_the_limit(server: Portal) -> None:
    before = resident_mib(server)

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(MIB)

    with pytest.raises(ConnectionError):
        put(server, link_to_receiver(), endless())
    wait_until(lambda: ReceivedFile.objects.get().state == "refused", what="a refusal")
    assert resident_mib(server) - before < 24


def test_pages_take_no_large_bodies_from_strangers(server: Portal) -> None:
    for path in ("/login/", "/operations/firmware/add/"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(10 * 2**30))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_a_large_image_passes_through_without_staying(server: Portal) -> None:
    """The body is as large as the disk of a test allows; 2 GiB are in the benchmarks."""
    user = UserFactory(role=Role.ENGINEER)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    size, before = 256 * MIB, resident_mib(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("POST", "/operations/firmware/add/")
    connection.putheader("Content-Length", str(size))
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Cookie", f"{configured.SESSION_COOKIE_NAME}={session.session_key}")
    connection.endheaders()
    highest = before
    for _ in range(size // (4 * MIB)):
        connection.send(bytes(4 * MIB))
        highest = max(highest, resident_mib(server))
    assert connection.getresponse().status == 403  # no token against forged forms in it
    connection.close()
    assert highest - before < 50


def test_an_upload_survives_its_server_as_a_part(
    django_db_setup: None,
    transactional_db: None,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.EVCHARGE_FILES_ROOT = tmp_path / "store"
    with served_apart(
        "daphne", log=tmp_path / "log", env={"EVCHARGE_FILES_ROOT": str(tmp_path / "store")}
    ) as portal:
        settings.EVCHARGE_PUBLIC_URL = portal.url
        path = parts(link_to_receiver()).path
        with socket.create_connection(("127.0.0.1", portal.port), 10) as station:
            head = f"PUT {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n"
            station.sendall(head.encode() + bytes(1000))
            wait_until(ReceivedFile.objects.exists, what="a beginning")
            assert portal.process is not None
            portal.process.send_signal(signal.SIGKILL)
            portal.process.wait()
    assert ReceivedFile.objects.get().state == "receiving"
    ReceivedFile.objects.update(heard_at="2020-01-01T00:00:00Z")
    receiving.close_silent()
    row = ReceivedFile.objects.get()
    assert (row.state, row.why) == ("partial", "The portal stopped before the end.")


def test_ftp_is_served_beside(server: Portal) -> None:
    url = parts(link_to_receiver(protocol="ftp"))
    with ftplib.FTP(timeout=10) as client:  # noqa: S321  stations that know nothing else
        client.connect(url.hostname or "", url.port or 0)
        client.login(url.username or "", url.password or "")
        client.storbinary("STOR log.txt", io.BytesIO(b"log"))
    assert ReceivedFile.objects.get().state == "complete"


async def test_a_crowd_that_downloads_holds_nobody_up(server: Portal) -> None:
    """A small one, for each run; 200 stations with 20 MB each are in the benchmarks."""
    image = await sync_to_async(stored_image)(bytes(8 * MIB))
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    paths = [parts(await sync_to_async(link_to_image)(image)).path for _ in range(20)]
    before = resident_mib(server)

    async def fetch(path: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**16)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        total = 0
        while data := await reader.read(2**16):
            total += len(data)
        writer.close()
        return total

    async with FakeStation(server.stations_url, "CP-1") as station:
        await station.boots()
        fetching = asyncio.gather(*(fetch(path) for path in paths))
        answered = 0
        while not fetching.done():
            await asyncio.wait_for(station.beats(), 10)
            answered += 1
        assert await fetching == [8 * MIB] * 20
        await station.closes()
    assert answered > 0
    assert resident_mib(server) - before < 64
    finished = Download.objects.filter(finished_at__isnull=False)
    await sync_to_async(wait_until)(lambda: finished.count() == 20, what="all to be noted")


def test_no_secret_is_in_the_log(server: Portal, folder: Path) -> None:
    url = link_to_receiver()
    put(server, url, b"log")
    assert parts(url).path.split("/")[2] not in (folder / "log").read_text()
