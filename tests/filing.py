"""What tests of files start from: an image in the store, a run that was given a link, a server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import CommandRun, FirmwareImage
from operations.services import files, transfers
from tests.factories import RunFactory
from tests.portal import Portal, served_apart
from tests.services import free_port

MOST_BYTES = 32 * 2**20  # what a house of files takes of one station's log


def stored_image(content: bytes, **fields: Any) -> FirmwareImage:
    """An image with these bytes."""
    stored = files.store([content])
    given = {
        "vendor": "ABB",
        "model": "Terra 54",
        "version": "1.5.0",
        "file_name": "terra-1.5.0.bin",
        "created_at": timezone.now(),
        **fields,
    }
    return FirmwareImage.objects.create(
        stored_name=stored.name,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        md5=stored.md5,
        **given,
    )


def link_to_image(image: FirmwareImage, run: CommandRun | None = None, **params: Any) -> str:
    """The URL a run's station is given for an image."""
    run = run or RunFactory(command="firmware-update")
    return str(transfers.resolve(run=run, params={"image": image.pk, **params})["location"])


def link_to_receiver(run: CommandRun | None = None, protocol: str = "http") -> str:
    """The URL a run's station is given to send its log to."""
    run = run or RunFactory(command="diagnostic-request")
    return str(transfers.resolve(run=run, params={"receiver": protocol})["location"])


def parts(url: str) -> SplitResult:
    """A URL, taken apart."""
    return urlsplit(url)


def bytes_of(stored_name: str) -> bytes:
    """What the store has."""
    return files.path_of(stored_name).read_bytes()


def store_is_tidy(root: Path) -> bool:
    """Whether nothing half written is left behind."""
    folder = root / "incoming"
    return not folder.exists() or not any(folder.iterdir())


class FileHouse:
    """A portal in a process of its own that serves files over HTTP, FTP and SFTP.

    It takes small files only, keeps them in a folder of the test's, and may be killed.
    """

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.portal: Portal
        self._folder = folder
        self._lives = 0
        self._stack = ExitStack()
        self._port, self._ftp_port, self._sftp_port = free_port(), free_port(), free_port()

    def opens(self) -> None:
        """Start a process, on the same ports as the one before."""
        self._lives += 1
        env = {
            "EVCHARGE_FILES_ROOT": str(self.store),
            "EVCHARGE_FILES_MOST_BYTES": str(MOST_BYTES),
            "EVCHARGE_FILES_SERVERS": "true",
            "EVCHARGE_FTP_PORT": str(self._ftp_port),
            "EVCHARGE_SFTP_PORT": str(self._sftp_port),
            "EVCHARGE_FTP_PASSIVE_PORTS": "1024-65535",
            "EVCHARGE_PUBLIC_URL": f"http://127.0.0.1:{self._port}",
        }
        log = self._folder / f"log-{self._lives}"
        self.portal = self._stack.enter_context(
            served_apart("daphne", log=log, env=env, port=self._port)
        )

    def is_killed(self) -> None:
        """No goodbye: SIGKILL."""
        assert self.portal.process is not None
        self.portal.process.kill()
        self.portal.process.wait()

    def closes(self) -> None:
        """Stop whatever runs."""
        self._stack.close()

    def is_meant_by(self, settings: Settings) -> None:
        """From now on this process gives links to it."""
        settings.EVCHARGE_FILES_ROOT = self.store
        settings.EVCHARGE_PUBLIC_URL = self.portal.url
        settings.EVCHARGE_FILES_SERVERS = True
        settings.EVCHARGE_FTP_PORT = self._ftp_port
        settings.EVCHARGE_SFTP_PORT = self._sftp_port


@contextmanager
def house_of_files(folder: Path) -> Iterator[FileHouse]:
    """One that is open, and closed in the end."""
    house = FileHouse(folder)
    try:
        house.opens()
        yield house
    finally:
        house.closes()
