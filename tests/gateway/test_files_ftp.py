"""Files over FTP, plain and encrypted, and the servers of both kinds."""

import ftplib
import hashlib
import io
import socket
import ssl
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ocpp_gateway.files import ftp
from ocpp_gateway.files.ftp import FtpServer
from ocpp_gateway.files.servers import FileServers
from operations.models import Download, FileLink, ReceivedFile
from tests.filing import (
    bytes_of,
    link_to_image,
    link_to_receiver,
    parts,
    store_is_tidy,
    stored_image,
)
from tests.services import free_port, wait_until

CONTENT = bytes(range(256)) * 4096

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("files_root")]


def signed_in(url: str, client: ftplib.FTP | None = None) -> ftplib.FTP:
    address = parts(url)
    client = client or ftplib.FTP(timeout=10)  # noqa: S321  that is what is tried
    client.connect(address.hostname or "", address.port or 0)
    try:
        client.login(address.username or "", address.password or "")
    except ftplib.error_perm:
        client.close()
        raise
    client.voidcmd("TYPE I")
    return client


# -- FTP


@pytest.mark.parametrize("path", ["log.txt", "/a/b/log.txt", "../../log.txt"])
def test_a_log_comes_by_ftp(ftp_server: FtpServer, files_root: Path, path: str) -> None:
    with signed_in(link_to_receiver(protocol="ftp")) as client:
        assert client.storbinary(f"STOR {path}", io.BytesIO(CONTENT)).startswith("226")
        # Before the station was told that it is received, it is.
        row = ReceivedFile.objects.get()
        assert client.size(path) == len(CONTENT)
        assert client.nlst() == []
    assert (row.state, row.protocol, row.original_name) == ("complete", "ftp", "log.txt")
    assert row.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert bytes_of(row.stored_name) == CONTENT
    assert store_is_tidy(files_root)


def test_a_station_may_change_folders_and_rename(ftp_server: FtpServer) -> None:
    with signed_in(link_to_receiver(protocol="ftp")) as client:
        client.mkd("/logs")
        client.cwd("/logs")
        assert client.pwd() == "/logs"
        client.storbinary("STOR log.part", io.BytesIO(b"log"))
        client.rename("log.part", "log.txt")
        with pytest.raises(ftplib.error_perm):
            client.rename("nothing", "log.txt")
        with pytest.raises(ftplib.error_perm):
            client.delete("log.txt")
    assert ReceivedFile.objects.get().original_name == "log.txt"


def test_an_image_goes_by_ftp_and_goes_on_where_it_stopped(ftp_server: FtpServer) -> None:
    url = link_to_image(stored_image(CONTENT), protocol="ftp")
    received = io.BytesIO()
    with signed_in(url) as client:
        assert client.nlst() == ["terra-1.5.0.bin"]
        client.voidcmd("TYPE I")
        assert client.size(parts(url).path) == len(CONTENT)
        client.retrbinary(f"RETR {parts(url).path}", received.write)
        assert received.getvalue() == CONTENT
        received = io.BytesIO()
        client.retrbinary("RETR anything", received.write, rest=1_000_000)
        assert received.getvalue() == CONTENT[1_000_000:]
        with pytest.raises(ftplib.error_perm):
            client.storbinary("STOR log.txt", io.BytesIO(b"log"))
    assert Download.objects.get().percent == 100
    assert not ReceivedFile.objects.exists()


def test_a_receiver_gives_nothing_away(ftp_server: FtpServer) -> None:
    with signed_in(link_to_receiver(protocol="ftp")) as client:
        client.storbinary("STOR log.txt", io.BytesIO(b"log"))
        for path in ("log.txt", "/etc/passwd", "../../etc/passwd"):
            with pytest.raises(ftplib.error_perm):
                client.retrbinary(f"RETR {path}", lambda _: None)
        listed: list[str] = []
        client.retrlines("LIST /etc", listed.append)
        assert listed == []


def test_who_does_not_know_the_secret_stays_outside(ftp_server: FtpServer) -> None:
    url = parts(link_to_receiver(protocol="ftp"))
    with ftplib.FTP(timeout=10) as client:  # noqa: S321
        client.connect(url.hostname or "", url.port or 0)
        for name, password in (("anonymous", "x@y"), (url.username, "wrong"), ("nobody", "")):
            with pytest.raises(ftplib.error_perm):
                client.login(name or "", password)
    row = ReceivedFile.objects.get()
    assert (row.state, row.why) == ("refused", "Wrong password.")


def test_an_expired_link_lets_nobody_in(ftp_server: FtpServer) -> None:
    url = link_to_receiver(protocol="ftp")
    FileLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ftplib.error_perm):
        signed_in(url)
    assert ReceivedFile.objects.get().why == "This link has expired."


def test_too_large_a_log_is_stopped(
    ftp_server: FtpServer, settings: Settings, files_root: Path
) -> None:
    settings.EVCHARGE_FILES_MOST_BYTES = 500_000
    client = signed_in(link_to_receiver(protocol="ftp"))
    with pytest.raises((ftplib.error_perm, ConnectionError)):
        client.storbinary("STOR log.txt", io.BytesIO(CONTENT * 8))
    client.close()
    wait_until(lambda: ReceivedFile.objects.get().state == "refused", what="a refusal")
    assert store_is_tidy(files_root)


def test_a_station_that_is_killed_leaves_a_part(ftp_server: FtpServer) -> None:
    client = signed_in(link_to_receiver(protocol="ftp"))
    data = client.transfercmd("STOR log.txt")
    data.sendall(b"x" * 1000)
    assert client.sock is not None
    client.close()
    data.close()
    wait_until(lambda: ReceivedFile.objects.exclude(state="receiving").exists(), what="its end")
    assert ReceivedFile.objects.get().state == "partial"


def test_a_station_cannot_send_the_rest_of_a_file(ftp_server: FtpServer) -> None:
    with (
        signed_in(link_to_receiver(protocol="ftp")) as client,
        pytest.raises(ftplib.error_perm),
    ):
        client.storbinary("STOR log.txt", io.BytesIO(b"log"), rest=5)
    assert not ReceivedFile.objects.exists()


def test_the_server_connects_to_nobody_else(ftp_server: FtpServer) -> None:
    with (
        signed_in(link_to_receiver(protocol="ftp")) as client,
        pytest.raises(ftplib.error_perm),
    ):
        client.sendport("192.0.2.1", 80)


def test_a_session_may_be_encrypted(
    files_root: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVCHARGE_FTP_CERTIFICATE = str(certificate(tmp_path))
    server = FtpServer("127.0.0.1", 0)
    settings.EVCHARGE_FTP_PORT = server.port
    try:
        client = ftplib.FTP_TLS(timeout=10, context=ssl._create_unverified_context())  # noqa: S321, S323
        with signed_in(link_to_receiver(protocol="ftps"), client):
            client.prot_p()
            client.storbinary("STOR log.txt", io.BytesIO(CONTENT))
        row = ReceivedFile.objects.get()
        assert (row.state, bytes_of(row.stored_name)) == ("complete", CONTENT)
        assert row.protocol == "ftps"
    finally:
        server.stop()


def certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "ftp.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_session_that_says_nothing_is_ended(
    ftp_server: FtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ftp.Session, "timeout", 0.3)
    with socket.create_connection(("127.0.0.1", ftp_server.port), 10) as idle:
        received = b""
        with suppress(ConnectionError):
            while data := idle.recv(1000):
                received += data
    assert received.startswith(b"220 ")


# -- both


def test_both_are_served_where_they_are_wanted(settings: Settings) -> None:
    settings.EVCHARGE_FTP_PORT, settings.EVCHARGE_SFTP_PORT = free_port(), free_port()
    servers = FileServers()
    servers.start()
    try:
        for port in (settings.EVCHARGE_FTP_PORT, settings.EVCHARGE_SFTP_PORT):
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                assert client.recv(3) in {b"220", b"SSH"}
    finally:
        servers.stop()
    settings.EVCHARGE_FILES_SERVERS = False
    servers.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", settings.EVCHARGE_FTP_PORT), 5)


def test_a_port_that_is_taken_is_named(ftp_server: FtpServer, settings: Settings) -> None:
    settings.EVCHARGE_SFTP_PORT = free_port()
    with pytest.raises(OSError, match=f"{ftp_server.port}.*Set EVCHARGE_FTP_PORT"):
        FileServers().start()
    settings.EVCHARGE_SFTP_PORT, settings.EVCHARGE_FTP_PORT = ftp_server.port, free_port()
    with pytest.raises(OSError, match="Set EVCHARGE_FTP_PORT"):
        FileServers().start()
