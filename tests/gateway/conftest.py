"""What the gateway's tests may ask for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ocpp_gateway.files import sftp
from ocpp_gateway.files.ftp import FtpServer
from ocpp_gateway.files.sftp import SftpServer
from ocpp_gateway.writer import Writer
from tests.gateway.asking_http import Ask, asking
from tests.gateway.toy_central_system import ToyCentralSystem
from tests.portal import Portal


@pytest.fixture
async def system() -> AsyncIterator[ToyCentralSystem]:
    async with ToyCentralSystem.running() as system:
        yield system


@pytest.fixture
async def strict(system: ToyCentralSystem) -> AsyncIterator[ToyCentralSystem]:
    """A central system that minds every schema violation."""
    yield system
    assert not system.violations


@pytest.fixture
def files_root(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = "http://127.0.0.1:8000"
    settings.EVCHARGE_FILES_SERVERS = True
    settings.EVCHARGE_FTP_PASSIVE_PORTS = None
    monkeypatch.setattr(sftp, "KEYS", {"ssh-ed25519": {}})
    monkeypatch.setattr("ocpp_gateway.files.throttle.FIRST_S", 0.01)
    return tmp_path / "files"


@pytest.fixture
def http_root(settings: Settings, tmp_path: Path, portal: Portal) -> Path:
    """An empty store of files of the portal that stations are sent to."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = portal.url
    return tmp_path / "files"


@pytest.fixture
def ask(portal: Portal) -> Ask:
    return asking(portal.port)


@pytest.fixture
def ftp_server(files_root: Path, settings: Settings) -> Iterator[FtpServer]:
    server = FtpServer("127.0.0.1", 0)
    settings.EVCHARGE_FTP_PORT = server.port
    yield server
    server.stop()


@pytest.fixture
def sftp_server(files_root: Path, settings: Settings) -> Iterator[SftpServer]:
    server = SftpServer("127.0.0.1", 0)
    settings.EVCHARGE_SFTP_PORT = server.port
    yield server
    server.stop()


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    """Not started yet, so that what a test hands over makes one batch."""
    writer = Writer()
    yield writer
    await asyncio.to_thread(writer.stop)
