"""The store of files, what is on its way into it, and what goes when its time is over."""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import CommandRun, FileLink, ReceivedFile
from operations.services import connections, files, links, receiving, storekeeping
from operations.services.receiving import RefusedError
from tests.factories import RunFactory
from tests.filing import bytes_of, link_to_image, link_to_receiver, parts, stored_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_root")]


@pytest.fixture
def run() -> CommandRun:
    return RunFactory(command="diagnostic-request", params={"kind": "security"})


# -- the store


def test_what_is_stored_is_whole_and_hard_to_find(files_root: Path) -> None:
    stored = files.store([b"one ", b"two"])
    assert re.fullmatch("[0-9a-f]{32}", stored.name)
    assert bytes_of(stored.name) == b"one two"
    assert stored.sha256 == hashlib.sha256(b"one two").hexdigest()
    assert stored.md5 == hashlib.md5(b"one two", usedforsecurity=False).hexdigest()
    assert files.path_of(stored.name).stat().st_mode & 0o007 == 0
    files.delete(stored.name)
    files.delete(stored.name)
    assert not files.path_of(stored.name).exists()


def test_what_breaks_while_it_comes_leaves_nothing(files_root: Path) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"one"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        files.store(breaking())
    assert [path for path in files_root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a/b", "A" * 32, "0" * 31 + "\n"])
def test_only_names_of_the_store_lead_into_it(name: str, settings: Settings) -> None:
    settings.EVCHARGE_FILES_ACCEL = "/stored-files/"
    with pytest.raises(ValueError, match="no such file"):
        files.path_of(name)
    assert files.accelerated(name) == ""


# -- on its way


def received(run: CommandRun, content: bytes = b"log") -> ReceivedFile:
    link_to_receiver(run)
    reception = receiving.begin(
        link=FileLink.objects.filter(image=None).latest("pk"),
        name="log.tar.gz",
        protocol="http",
        remote_address="192.0.2.7",
    )
    reception.write(content)
    reception.complete()
    return reception.row


def test_a_file_says_what_it_is_for(run: CommandRun) -> None:
    row = received(run)
    assert (row.kind, row.content_type, row.remote_address) == (
        "security",
        "application/gzip",
        "192.0.2.7",
    )
    assert row.station == run.station


def test_how_far_it_is_is_told_on_the_way(run: CommandRun) -> None:
    link_to_receiver(run)
    reception = receiving.begin(
        link=FileLink.objects.get(), name="", protocol="http", remote_address=""
    )
    reception.write(b"x" * 500)
    reception.report()
    row = ReceivedFile.objects.get()
    assert (row.state, row.size_bytes, row.is_kept) == ("receiving", 500, False)
    reception.break_off()
    row.refresh_from_db()
    assert (row.state, row.is_kept) == ("partial", True)


def test_room_is_looked_for_again_on_the_way(run: CommandRun, settings: Settings) -> None:
    settings.EVCHARGE_FILES_QUOTA_BYTES = 1000
    link_to_receiver(run)
    reception = receiving.begin(
        link=FileLink.objects.get(), name="", protocol="http", remote_address=""
    )
    reception.write(b"x" * 500)
    received(run, b"y" * 400)
    reception.report()
    with pytest.raises(RefusedError) as refused:
        reception.write(b"x" * 200)
    reception.refuse(refused.value.sentence)
    assert "too large" in ReceivedFile.objects.get(state="refused").why


def test_a_file_whose_run_was_deleted_on_the_way_is_not_kept(
    run: CommandRun, files_root: Path
) -> None:
    link_to_receiver(run)
    reception = receiving.begin(
        link=FileLink.objects.get(), name="", protocol="http", remote_address=""
    )
    reception.write(b"log")
    run.delete()
    reception.complete()
    assert [path for path in files_root.rglob("*") if path.is_file()] == []


def test_what_a_process_was_taking_when_it_died_is_a_part(run: CommandRun) -> None:
    """It was said to be coming for a quarter of an hour, also after a restart."""
    link_to_receiver(run)
    link = FileLink.objects.get()
    coming = [
        receiving.begin(link=link, name=node, protocol="http", remote_address="", node=node)
        for node in ("dead", "alive", "")
    ]
    connections.start_node(name="alive", is_alone=True)
    states = dict(ReceivedFile.objects.values_list("original_name", "state"))
    assert states == {"dead": "partial", "alive": "receiving", "": "receiving"}
    assert "stopped before the end" in ReceivedFile.objects.get(original_name="dead").why
    for reception in coming:
        reception.break_off()


# -- when its time is over


def tidied() -> bool:
    return storekeeping.tidy(time.monotonic() + 10)


def test_files_go_when_they_are_old(run: CommandRun) -> None:
    old, young = received(run), received(run)
    ReceivedFile.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert tidied() is False
    assert ReceivedFile.objects.get() == young
    assert not files.path_of(old.stored_name).exists()
    assert files.path_of(young.stored_name).exists()


def test_it_stops_when_its_time_is_over(run: CommandRun) -> None:
    received(run)
    ReceivedFile.objects.update(expires_at=timezone.now())
    assert storekeeping.tidy(0) is True
    assert ReceivedFile.objects.exists()


def test_files_that_nobody_knows_go_too(run: CommandRun, files_root: Path) -> None:
    known, image, unknown = received(run), stored_image(b"image"), files.store([b"x"])
    half = files_root / "incoming" / ("0" * 32)
    half.write_bytes(b"half")
    names = (known.stored_name, image.stored_name, unknown.name)
    for path in (*(files.path_of(name) for name in names), half):
        os.utime(path, (0, 0))
    fresh = files.store([b"its row is about to be written"])
    # Each minute one folder; all of them here.
    for number in range(storekeeping.FOLDERS):
        storekeeping._delete_unknown(timezone.now() + timedelta(minutes=number))
    tidied()
    assert files.path_of(known.stored_name).exists()
    assert files.path_of(image.stored_name).exists()
    assert files.path_of(fresh.name).exists()
    assert not files.path_of(unknown.name).exists()
    assert not half.exists()


def test_an_image_is_fetched_by_its_link(run: CommandRun) -> None:
    image = stored_image(b"image")
    token = parts(link_to_image(image, run)).path.split("/")[2]
    assert links.by_token(token).image == image
