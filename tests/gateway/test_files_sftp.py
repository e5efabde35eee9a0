"""Files over SFTP."""

import asyncio
import hashlib
import time
from pathlib import Path

import asyncssh
import pytest
from pytest_django.fixtures import Settings

from ocpp_gateway.files import sftp
from ocpp_gateway.files.sftp import SftpServer
from operations.models import Download, ReceivedFile
from tests.filing import (
    bytes_of,
    link_to_image,
    link_to_receiver,
    parts,
    store_is_tidy,
    stored_image,
)
from tests.gateway.asking_http import CONTENT
from tests.services import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("files_root")]


# -- SFTP


def connecting(url: str, password: str | None = None) -> "asyncssh.connect":  # type: ignore[valid-type]
    address = parts(url)
    return asyncssh.connect(
        address.hostname or "",
        address.port or 0,
        username=address.username,
        password=password or address.password,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
        config=None,
    )


async def given(function: object, *args: object, **kwargs: object) -> str:
    return await asyncio.to_thread(function, *args, **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["log.txt", "/a/b/log.txt", "../../log.txt"])
async def test_a_log_comes_by_sftp(
    sftp_server: SftpServer, files_root: Path, tmp_path: Path, path: str
) -> None:
    (tmp_path / "log").write_bytes(CONTENT * 3)
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        await client.put(str(tmp_path / "log"), path)
        assert await client.getsize(path) == 3 * len(CONTENT)
        assert await client.listdir(".") == []
    row = await ReceivedFile.objects.aget()
    assert (row.state, row.protocol, row.original_name) == ("complete", "sftp", "log.txt")
    assert row.sha256 == hashlib.sha256(CONTENT * 3).hexdigest()
    assert await given(bytes_of, row.stored_name) == CONTENT * 3
    assert store_is_tidy(files_root)


async def test_pieces_may_come_in_any_order(sftp_server: SftpServer) -> None:
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        async with client.open("log.part", "wb") as file:
            await file.write(b"world", 6)
            await file.write(b"hello ", 0)
        await client.rename("log.part", "log.txt")
    row = await ReceivedFile.objects.aget()
    assert (row.original_name, row.sha256) == (
        "log.txt",
        hashlib.sha256(b"hello world").hexdigest(),
    )


async def test_an_image_goes_by_sftp(sftp_server: SftpServer, tmp_path: Path) -> None:
    image = await given(stored_image, CONTENT)
    url = await given(link_to_image, image, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        assert await client.listdir(".") == ["terra-1.5.0.bin"]
        await client.get(parts(url).path, str(tmp_path / "image"))
        with pytest.raises(asyncssh.SFTPError):
            await client.open("log.txt", "wb")
    assert (tmp_path / "image").read_bytes() == CONTENT
    assert (await Download.objects.aget()).percent == 100


async def test_no_path_of_sftp_reaches_the_disk(sftp_server: SftpServer) -> None:
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        for attempt in (
            client.open("/etc/passwd", "rb"),
            client.remove("/etc/hostname"),
            client.rmdir("/etc"),
            client.symlink("/etc/passwd", "x"),
            client.readlink("/etc/mtab"),
            client.stat("/etc/passwd"),
            client.statvfs("/"),
            client.link("/etc/passwd", "y"),
        ):
            with pytest.raises(asyncssh.SFTPError):
                await attempt
        assert await client.realpath("../../etc/x") == "/etc/x"


async def test_sftp_is_all_there_is(sftp_server: SftpServer) -> None:
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", 22)


async def test_a_wrong_password_takes_longer_each_time(
    sftp_server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocpp_gateway.files.throttle.FIRST_S", 0.1)
    url = await given(link_to_receiver, protocol="sftp")
    for delay in (0.1, 0.2, 0.4):
        begun = time.monotonic()
        with pytest.raises(asyncssh.PermissionDenied):
            await connecting(url, password="wrong")
        assert time.monotonic() - begun >= delay
    assert await ReceivedFile.objects.filter(why="Wrong password.").acount() == 3


async def test_a_session_that_breaks_leaves_a_part(sftp_server: SftpServer) -> None:
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        file = await client.open("log.txt", "wb")
        await file.write(b"x" * 1000)
        connection.abort()
    await given(
        wait_until,
        lambda: ReceivedFile.objects.exclude(state="receiving").exists(),
        what="its end",
    )
    assert (await ReceivedFile.objects.aget()).state == "partial"


async def test_too_large_a_log_is_stopped_by_sftp(
    sftp_server: SftpServer, settings: Settings, files_root: Path
) -> None:
    settings.EVCHARGE_FILES_MOST_BYTES = 500_000
    url = await given(link_to_receiver, protocol="sftp")
    async with connecting(url) as connection, connection.start_sftp_client() as client:
        with pytest.raises(asyncssh.SFTPError):
            async with client.open("log.txt", "wb") as file:
                await file.write(b"hole", 10**12)
    await given(wait_until, lambda: ReceivedFile.objects.get().state == "refused", what="a refusal")
    assert store_is_tidy(files_root)


def test_the_server_keeps_its_key(files_root: Path) -> None:
    first, second = sftp.host_keys(), sftp.host_keys()
    assert first[0].export_public_key() == second[0].export_public_key()
    assert (files_root / "sftp_ssh-ed25519_key").stat().st_mode & 0o077 == 0
