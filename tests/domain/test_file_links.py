"""Where stations are sent for files and with them, who is let in, and what came of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from operations.commands import transports
from operations.events import FirmwareStatusReported
from operations.models import CommandRun, Download, FileLink
from operations.services import downloads, files, links, transfers
from operations.services.downloads import Asked
from operations.services.links import ExpiredLinkError, UnknownLinkError, WrongPasswordError
from tests.domain.following import begun, hears
from tests.factories import RunFactory, StationFactory
from tests.filing import link_to_image, link_to_receiver, parts, stored_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_root")]


@pytest.fixture
def run() -> CommandRun:
    return RunFactory(command="diagnostic-request", params={"kind": "security"})


# -- where stations are sent


def test_what_names_a_location_itself_is_left_alone(run: CommandRun) -> None:
    params = {"location": "ftp://user:secret@host/", "retries": 2}
    assert transfers.resolve(run=run, params=params) == params
    assert not FileLink.objects.exists()


def test_a_receiver_is_a_url_with_a_secret(run: CommandRun) -> None:
    url = link_to_receiver(run)
    assert re.fullmatch(r"https://portal\.example\.org/uploads/[0-9a-f]{32}/", url)
    assert url != link_to_receiver(run)
    assert FileLink.objects.filter(run=run, image=None).count() == 2


@pytest.mark.parametrize(("protocol", "port"), [("ftp", 2121), ("ftps", 2121), ("sftp", 2222)])
def test_other_servers_have_users_and_passwords(run: CommandRun, protocol: str, port: int) -> None:
    url = link_to_receiver(run, protocol=protocol)
    expected = rf"{protocol}://s[0-9a-f]{{10}}:[0-9a-f]{{32}}@portal\.example\.org:{port}/"
    assert re.fullmatch(expected, url)
    assert links.by_login(parts(url).username or "", parts(url).password or "").run == run


def test_an_image_brings_its_certificate_unless_another_is_given(run: CommandRun) -> None:
    image = stored_image(b"x", signing_certificate="theirs", signature="sig", file_name="a b/é.bin")
    params = transfers.resolve(run=run, params={"image": image.pk, "signature": "mine"})
    assert params["location"].startswith("https://portal.example.org/files/")
    assert params["location"].endswith("/a-b-.bin")
    assert (params["signing_certificate"], params["signature"]) == ("theirs", "mine")


def test_an_image_elsewhere_is_fetched_there(run: CommandRun) -> None:
    image = stored_image(b"x", url="https://vendor.example/fw.bin")
    params = transfers.resolve(run=run, params={"image": image.pk})
    assert params["location"] == "https://vendor.example/fw.bin"
    assert not FileLink.objects.exists()


def test_an_image_that_was_deleted_is_told(run: CommandRun) -> None:
    with pytest.raises(transfers.ImageGoneError):
        transfers.resolve(run=run, params={"image": 4711})


@pytest.mark.parametrize("later", [0, 30])
def test_a_link_lives_from_when_the_station_is_to_begin(run: CommandRun, later: int) -> None:
    begins = timezone.now() + timedelta(days=later)
    params = {"image": stored_image(b"x").pk, "retrieve_at": begins.isoformat()}
    transfers.resolve(run=run, params=params)
    assert FileLink.objects.get().expires_at - begins < timedelta(hours=168, seconds=5)
    assert FileLink.objects.get().expires_at >= begins + timedelta(hours=168)


@pytest.mark.parametrize(
    ("public", "secure", "host", "expected"),
    [
        ("", False, "127.0.0.1", "http://127.0.0.1:8000"),
        ("", False, "0.0.0.0", "http://testserver:8000"),  # noqa: S104
        ("", True, "127.0.0.1", "https://testserver"),
        ("https://files.example.org", False, "127.0.0.1", "https://files.example.org"),
    ],
)
def test_the_portal_knows_where_it_is(
    settings: Settings, public: str, secure: bool, host: str, expected: str
) -> None:
    settings.EVCHARGE_PUBLIC_URL, settings.EVCHARGE_SECURE = public, secure
    transfers.served_at(host, 8000)
    assert transfers.public_url() == expected


def test_only_what_runs_is_offered(settings: Settings) -> None:
    assert transports.offered() == ("http",)
    settings.EVCHARGE_FILES_SERVERS = True
    assert transports.offered() == ("http", "ftp", "sftp")
    settings.EVCHARGE_FTP_CERTIFICATE = "/etc/ssl/ftp.pem"
    assert transports.offered() == ("http", "ftp", "ftps", "sftp")


# -- who is let in


def test_a_secret_opens_its_link_until_it_expires(run: CommandRun) -> None:
    url = parts(link_to_receiver(run, protocol="ftp"))
    name, token = url.username or "", url.password or ""
    assert links.by_token(token) == links.by_login(name, token) == FileLink.objects.get()
    with pytest.raises(WrongPasswordError):
        links.by_login(name, "wrong")
    with pytest.raises(UnknownLinkError):
        links.by_login("nobody", token)
    with pytest.raises(UnknownLinkError):
        links.by_token("")
    FileLink.objects.update(expires_at=timezone.now())
    with pytest.raises(ExpiredLinkError):
        links.by_token(token)
    with pytest.raises(ExpiredLinkError):
        links.by_login(name, token)


@pytest.mark.parametrize(
    ("status", "asked", "minutes"),
    [
        pytest.param("done", {}, 10, id="what is on its way arrives"),
        pytest.param("cancelled", {"retries": 5, "retry_interval_s": 600}, 10, id="settled"),
        pytest.param("failed", {"retries": 5, "retry_interval_s": 600}, 60, id="tries go on"),
        pytest.param("not-confirmed", {"retries": 5}, 10, id="at once"),
    ],
)
def test_a_link_ends_with_its_run(
    run: CommandRun, status: str, asked: dict[str, int], minutes: int
) -> None:
    """It was good for a week, whatever became of the run."""
    image = link_to_image(stored_image(b"image"), run)
    for url in (image, link_to_receiver(run)):
        token = parts(url).path.split("/")[2]
        assert links.by_token(token)
        for ago, is_over in ((minutes - 1, False), (minutes + 1, True)):
            closed_at = timezone.now() - timedelta(minutes=ago)
            CommandRun.objects.update(status=status, closed_at=closed_at, params=asked)
            if is_over:
                with pytest.raises(ExpiredLinkError):
                    links.by_token(token)
            else:
                assert links.by_token(token)
            if url == image:
                assert links.grants([token])[token].is_over == is_over
        CommandRun.objects.update(closed_at=None)


def test_many_links_are_looked_up_at_once(
    run: CommandRun, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    image, gone = stored_image(b"image"), stored_image(b"gone")
    urls = [link_to_image(image, run) for _ in range(3)]
    tokens = [parts(url).path.split("/")[2] for url in urls]
    others = [parts(url).path.split("/")[2] for url in (link_to_receiver(), link_to_image(gone))]
    files.delete(gone.stored_name)
    with django_assert_num_queries(1):
        found = links.grants([*tokens, *others, "unknown"])
    assert set(found) == set(tokens)
    assert {grant.stored_name for grant in found.values()} == {image.stored_name}


def test_many_downloads_are_noted_at_once(
    run: CommandRun, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    image = stored_image(bytes(1000))
    for _ in range(20):
        link_to_image(image, run)
    asked = downloads.Progress()
    asked.ask(Asked("http", "192.0.2.1", "bytes=0-"))
    pks = list(FileLink.objects.values_list("pk", flat=True))
    with django_assert_num_queries(5):
        downloads.note(progress=dict.fromkeys(pks, asked))
    sent = downloads.Progress()
    sent.send(420, until=420)
    with django_assert_num_queries(5):
        downloads.note(progress=dict.fromkeys(pks, sent))
    assert {(row.percent, row.requests) for row in Download.objects.all()} == {(42, 1)}


def test_what_could_not_be_noted_counts_in_its_order() -> None:
    """As if it had all been noted: pieces, a request to go on, and more pieces."""
    earlier, later, whole = downloads.Progress(), downloads.Progress(), downloads.Progress()
    for progress in (earlier, whole):
        progress.send(10, until=10)
        progress.ask(Asked("http", "", "bytes=50-"), has_bytes=50)
    for progress in (later, whole):
        progress.send(30, until=80)
    later.put_before(earlier)
    assert later == whole
    assert (whole.least_bytes, whole.sent_bytes, whole.reached_bytes) == (80, 40, 80)


@pytest.mark.parametrize("is_handed_over", [True, False])
def test_the_stations_word_ends_a_download(is_handed_over: bool) -> None:
    """Of what a web server sends nothing is known; of what a killed process sent, not all."""
    run = begun(StationFactory(), "firmware-update", location="http://files.example.org/x")
    link_to_image(stored_image(bytes(1000)), run)
    progress = downloads.Progress()
    progress.ask(Asked("http", "", is_handed_over=is_handed_over))
    progress.send(980, until=1000)
    downloads.note(progress={FileLink.objects.get().pk: progress})
    assert Download.objects.get().finished_at is None
    hears(run.station, FirmwareStatusReported("Downloading"))
    assert Download.objects.get().finished_at is None
    hears(run.station, FirmwareStatusReported("Downloaded"))
    assert Download.objects.get().finished_at is not None


def test_a_word_that_comes_before_the_note_counts_too() -> None:
    run = begun(StationFactory(), "firmware-update", location="http://files.example.org/x")
    link_to_image(stored_image(bytes(1000)), run)
    hears(run.station, FirmwareStatusReported("Downloaded"))
    progress = downloads.Progress()
    progress.ask(Asked("http", "", is_handed_over=True))
    downloads.note(progress={FileLink.objects.get().pk: progress})
    assert Download.objects.get().finished_at is not None
