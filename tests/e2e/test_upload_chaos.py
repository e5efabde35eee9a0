"""Logs sent by programs that others wrote, and by hostile ones; the server killed meanwhile."""

import asyncio
import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from operations.models import CommandRun, FileLink, ReceivedFile
from operations.versions import V21
from tests import services
from tests.e2e.asking import asks, becomes, eventually
from tests.factories import StationFactory
from tests.fake_station import FakeStation
from tests.filing import (
    MOST_BYTES,
    FileHouse,
    bytes_of,
    house_of_files,
    link_to_receiver,
    parts,
    store_is_tidy,
)
from tests.services import wait_until

CONTENT = os.urandom(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
# curl's own words for what went wrong.
COULD_NOT_SIGN_IN = 67


@pytest.fixture(scope="module")
def _house(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[FileHouse]:
    with django_db_blocker.unblock(), house_of_files(tmp_path_factory.mktemp("files")) as house:
        yield house


@pytest.fixture
def house(_house: FileHouse, transactional_db: None, settings: Settings) -> FileHouse:
    _house.is_meant_by(settings)
    return _house


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "station.log"
    path.write_bytes(CONTENT)
    return path


def runs(*command: str | Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
    """A program of somebody else's, to its end."""
    done = subprocess.run(  # noqa: S603
        command,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ | env,
    )
    told = (done.stdout + done.stderr).decode(errors="replace")
    return subprocess.CompletedProcess(done.args, done.returncode, told)


def curl(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Its output ends with the status it was answered."""
    program = services.require("curl")
    quiet = ("--silent", "--show-error", "--insecure", "--write-out", " %{http_code}")
    return runs(program, *quiet, *arguments, stdin=stdin)


def lftp(url: str, log: Path) -> subprocess.CompletedProcess[str]:
    host_keys = "set sftp:auto-confirm yes; set net:max-retries 1; set net:timeout 10"
    script = f"{host_keys}; open {url}; put {log} -o sent.log; bye"
    return runs(services.require("lftp"), "-c", script, HOME=str(log.parent))


def sftp(url: str, log: Path) -> subprocess.CompletedProcess[str]:
    """OpenSSH's own, which takes passwords only from somebody who types them, or says them."""
    place = parts(url)
    says = log.with_name("password")
    says.write_text(f"#!/bin/sh\necho {place.password}\n")
    says.chmod(0o700)
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=no"]
    return runs(
        services.require("sftp"),
        *(word for option in options for word in ("-o", option)),
        *("-P", str(place.port), "-b", "-", f"{place.username}@{place.hostname}"),
        stdin=f"put {log} logs/sent.log\n".encode(),
        SSH_ASKPASS=str(says),
        SSH_ASKPASS_REQUIRE="force",
    )


# How it is sent, and what it is called then. The URL is the one the station was given.
WAYS: dict[str, tuple[str, Callable[[str, Path], Any], str]] = {
    "put": ("http", lambda url, log: curl("-T", log, url), "station.log"),
    "put-as": ("http", lambda url, log: curl("-T", log, f"{url}other.log"), "other.log"),
    "chunked": (
        "http",
        lambda url, log: curl("-T", "-", f"{url}piped.log", stdin=log.read_bytes()),
        "piped.log",
    ),
    "post": ("http", lambda url, log: curl("--data-binary", f"@{log}", url), ""),
    "form": ("http", lambda url, log: curl("-F", f"file=@{log}", url), "station.log"),
    "http-1.0": ("http", lambda url, log: curl("-0", "-T", log, url), "station.log"),
    "curl-ftp": ("ftp", lambda url, log: curl("-T", log, url), "station.log"),
    "curl-sftp": ("sftp", lambda url, log: curl("-T", log, f"{url}s.log"), "s.log"),
    "lftp-ftp": ("ftp", lftp, "sent.log"),
    "lftp-sftp": ("sftp", lftp, "sent.log"),
    "sftp": ("sftp", sftp, "sent.log"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_log_comes_whole_whoever_sends_it(house: FileHouse, log: Path, way: str) -> None:
    protocol, send, name = WAYS[way]
    sent = send(link_to_receiver(protocol=protocol), log)
    assert sent.returncode == 0, sent.stdout
    row = ReceivedFile.objects.get()
    assert (row.state, row.sha256, row.original_name) == ("complete", DIGEST, name)
    assert bytes_of(row.stored_name) == CONTENT
    assert store_is_tidy(house.store)


# -- hostile ones


def test_without_the_secret_nothing_is_taken(house: FileHouse, log: Path) -> None:
    url = link_to_receiver()
    wrong = url[:-2] + ("0" if url[-2] != "0" else "1") + "/"
    assert curl("-T", log, wrong).stdout.endswith(" 404")
    assert not ReceivedFile.objects.exists()
    FileLink.objects.update(expires_at=timezone.now())
    assert curl("-T", log, url).stdout.endswith(" 410")
    assert ReceivedFile.objects.get().why == "This link has expired."
    assert store_is_tidy(house.store)


@pytest.mark.parametrize("protocol", ["ftp", "sftp"])
def test_a_wrong_password_is_refused_and_shown(house: FileHouse, log: Path, protocol: str) -> None:
    url = link_to_receiver(protocol=protocol)
    password = parts(url).password or ""
    sent = curl("-T", log, url.replace(password, password[::-1]))
    assert sent.returncode == COULD_NOT_SIGN_IN, sent.stdout
    # curl may try its password twice, by two of SSH's methods.
    shown = {(row.state, row.why) for row in ReceivedFile.objects.all()}
    assert shown == {("refused", "Wrong password.")}


@pytest.mark.parametrize(
    "path",
    [
        "/uploads/{token}/../../../../etc/passwd",
        "/uploads/{token}/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/uploads/{token}/..%5c..%5cevil",
        "/uploads/../files/{token}/x",
        "/files/{token}/../../../etc/passwd",
        "/uploads//{token}/",
    ],
)
def test_no_path_leads_out(house: FileHouse, log: Path, path: str) -> None:
    token = parts(link_to_receiver()).path.split("/")[2]
    before = {each for each in house.store.parent.rglob("*") if each.is_file()}
    url = house.portal.url + path.format(token=token)
    answered = curl("--path-as-is", "-T", log, url).stdout[-4:]
    assert answered in {" 200", " 403", " 404", " 405"}, answered
    new = {each for each in house.store.parent.rglob("*") if each.is_file()} - before
    kept = {row.stored_name for row in ReceivedFile.objects.all()}
    assert {each.name for each in new} == kept
    assert all(".." not in row.original_name for row in ReceivedFile.objects.all())
    fetched = curl("--path-as-is", url).stdout
    assert "root:" not in fetched


def test_ten_gigabytes_are_refused_before_they_come(house: FileHouse, tmp_path: Path) -> None:
    large = tmp_path / "large.log"
    with large.open("wb") as file:
        file.truncate(10 * 2**30)
    began = time.monotonic()
    assert curl("-T", large, link_to_receiver()).stdout.endswith(" 413")
    assert time.monotonic() - began < 20
    # FTP and SFTP have no word for how much will come.
    for protocol in ("ftp", "sftp"):
        assert curl("-T", large, f"{link_to_receiver(protocol=protocol)}large.log").returncode
    refused = ReceivedFile.objects.filter(state="refused")
    wait_until(lambda: refused.count() == 3, what="three refusals")
    wait_until(lambda: store_is_tidy(house.store), what="no part to be kept")


def test_a_body_that_hides_its_size_stops_at_the_limit(house: FileHouse, tmp_path: Path) -> None:
    url = link_to_receiver()
    with Path("/dev/zero").open("rb") as zeros:
        sent = subprocess.run(  # noqa: S603
            [services.require("curl"), "--silent", "-T", "-", f"{url}endless.log"],
            stdin=zeros,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert b"too large" in sent.stdout or sent.returncode != 0
    wait_until(lambda: ReceivedFile.objects.get().state == "refused", what="a refusal")
    assert ReceivedFile.objects.get().size_bytes <= MOST_BYTES
    assert store_is_tidy(house.store)


async def test_those_who_drip_hold_nobody_up(house: FileHouse, log: Path) -> None:
    """Slow loris: heads that never end, bodies of which a byte comes now and then."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    path = parts(await sync_to_async(link_to_receiver)()).path
    heads = [
        b"GET / HTTP/1.1\r\nHost: t\r\nX-Slow: ",
        f"PUT {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n".encode(),
        f"PUT {path} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1".encode(),
    ]
    with ExitStack() as stack:
        for number in range(150):
            address = ("127.0.0.1", house.portal.port)
            slow = stack.enter_context(socket.create_connection(address, 10))
            slow.sendall(heads[number % 3])
        async with FakeStation(house.portal.stations_url, "CP-1") as station:
            await station.boots()
            sending = asyncio.create_task(
                asyncio.to_thread(curl, "-T", log, await sync_to_async(link_to_receiver)())
            )
            while not sending.done():
                await asyncio.wait_for(station.beats(), 10)
            assert (await sending).stdout.endswith(" 200")
            await station.closes()
    complete = ReceivedFile.objects.filter(state="complete", sha256=DIGEST)
    assert await complete.acount() == 1
    coming = ReceivedFile.objects.filter(state="receiving")
    await eventually(lambda: not coming.exists(), lambda: "those who left are noted")


# -- the server dies


def slowly(url: str, log: Path) -> list[str | Path]:
    """Sends it for as long as a test lives."""
    limit = ["--limit-rate", "30k", "--silent", "--insecure"]
    return [services.require("curl"), *limit, "-T", log, url]


async def test_killed_in_the_middle_of_uploads_they_are_partial_at_once(
    house: FileHouse, tmp_path: Path, log: Path
) -> None:
    """For a quarter of an hour they were said to be coming still."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    with ExitStack() as stack:
        station = FakeStation(house.portal.stations_url, "CP-1", version=V21)
        await station.connects()
        await station.boots()
        run, url = await asked_for_its_log(station, "http")
        others = [
            await sync_to_async(link_to_receiver)(protocol=protocol) for protocol in ("ftp", "sftp")
        ]
        for number, place in enumerate([url, *others]):
            stack.enter_context(
                services.running(slowly(place, log), log=tmp_path / f"curl-{number}")
            )
        coming = ReceivedFile.objects.filter(state="receiving", size_bytes__gt=0)
        await eventually(lambda: coming.count() == 3, lambda: f"{coming.count()} are coming", 20)
        house.is_killed()
        await asyncio.to_thread(house.opens)
        # The server answers: whatever it says is true by now.
        rows = [row async for row in ReceivedFile.objects.all()]
        said = {(row.state, row.why) for row in rows}
        assert said == {("partial", "The portal stopped before the end.")}
        assert {row.protocol for row in rows} == {"http", "ftp", "sftp"}
        await run.arefresh_from_db()
        assert run.status in {"accepted", "in-progress"}
        await station.connects()
        await station.boots()
        await asyncio.to_thread(curl, "-T", log, url)
        await says(station, run, "Uploaded")
        await becomes(run, "done")
        assert await ReceivedFile.objects.filter(run=run, sha256=DIGEST).acount() == 1
        await station.drops()


async def asked_for_its_log(station: FakeStation, receiver: str) -> tuple[CommandRun, str]:
    """The request, accepted, and where to send the log."""
    run = await asks("CP-1", "diagnostic-request", kind="diagnostics", receiver=receiver)
    call = await station.expects("GetLog")
    await station.answers(call, status="Accepted", filename="station.log")
    await becomes(run, "accepted")
    await says(station, run, "Uploading")
    await becomes(run, "in-progress")
    return run, call.payload["log"]["remoteLocation"]


async def says(station: FakeStation, run: CommandRun, status: str) -> None:
    await station.calls("LogStatusNotification", {"status": status, "requestId": run.pk})
