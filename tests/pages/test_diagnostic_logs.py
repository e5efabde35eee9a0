"""Operations > Diagnostic logs: what stations sent, looked at with care and given away unopened."""

import asyncio
import gzip
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import AuditEntry, CommandRun, FileLink, ReceivedFile
from operations.services import files
from operations.statuses import FileState, Role, RunStatus
from operations.views import live
from tests.factories import OrganisationFactory, RunFactory, StationFactory, UserFactory
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/diagnostic-logs/"
MOST_QUERIES = 12
HOSTILE = '"><img src=x>\u202egpj.exe'


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_FILES_ACCEL = ""
    return tmp_path / "files"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    return client


def received(data: bytes | None = b"a line\n", **fields: Any) -> ReceivedFile:
    """A file that came, of which the store has these bytes, or none."""
    run = fields.pop("run", None) or RunFactory(
        command="diagnostic-request", params={"kind": "diagnostics"}, **_station_of(fields)
    )
    stored = files.store([data]) if data is not None else None
    now = timezone.now()
    fields = {
        "run": run,
        "station": run.station,
        "kind": "diagnostics",
        "original_name": "station.log",
        "stored_name": stored.name if stored else "",
        "size_bytes": stored.size_bytes if stored else 0,
        "sha256": stored.sha256 if stored else "",
        "state": FileState.COMPLETE,
        "protocol": "http",
        "started_at": now,
        "heard_at": now,
        "received_at": now,
        "expires_at": now + timedelta(days=90),
        **fields,
    }
    return ReceivedFile.objects.create(**fields)


def _station_of(fields: dict[str, Any]) -> dict[str, Any]:
    return {"station": fields.pop("station")} if "station" in fields else {}


def body(response: HttpResponse) -> bytes:
    """What a streamed answer holds."""
    chunks = cast(AsyncIterator[bytes], cast(StreamingHttpResponse, response).streaming_content)

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in chunks])

    return asyncio.run(collect())


# --- The list ----------------------------------------------------------------------------------


def test_a_row_says_who_sent_what_and_how_it_went(desk: Client) -> None:
    run = RunFactory(station=StationFactory(name="Quay 1"))
    received(run=run, original_name="a.log")
    received(
        None,
        run=run,
        original_name="b.log",
        state=FileState.REFUSED,
        why="It is larger than 256 MB.",
        kind="security",
        protocol="sftp",
        received_at=timezone.now() - timedelta(hours=1),
    )
    header, *rows = page_lines(desk.get(URL))
    first, second = (dict(zip(header, row, strict=True)) for row in rows)
    assert (first["File"], first["Station"], first["Request"]) == ("a.log", "Quay 1", str(run.pk))
    assert (first["Kind"], first["Size"], first["State"]) == ("Diagnostics", "7", "Complete")
    assert first["By"] == "HTTP"
    assert second["State"] == "Refused: It is larger than 256 MB."
    assert (second["Kind"], second["By"]) == ("Security log", "SFTP")
    assert csv_lines(desk.get(URL, {"export": "csv"})) == [header, *rows]


def test_a_hostile_name_is_only_a_name(desk: Client) -> None:
    file = received(original_name=HOSTILE)
    for url in (URL, f"{URL}{file.pk}/", f"{URL}{file.pk}/delete/"):
        text = desk.get(url).text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "&quot;&gt;&lt;img src=x&gt;\\u202egpj.exe" in text
    received(original_name="=cmd|' /C calc'!A0")
    assert "'=cmd|" in desk.get(URL, {"export": "csv"}).text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"station": "quay"}, ["q.log"]),
        ({"name": "D.L"}, ["d.log"]),
        ({"kind": "security"}, ["d.log"]),
        ({"state": "partial"}, ["d.log"]),
        ({"protocol": "ftp"}, ["d.log"]),
        ({"until": "2020-01-01"}, []),
        ({"sort": "name"}, ["d.log", "q.log"]),
    ],
)
def test_filters_find(desk: Client, query: dict[str, str], names: list[str]) -> None:
    received(station=StationFactory(name="Quay 1"), original_name="q.log")
    received(
        station=StationFactory(name="Depot 1"),
        original_name="d.log",
        kind="security",
        state=FileState.PARTIAL,
        protocol="ftp",
    )
    response = desk.get(URL, query)
    assert [row[0] for row in page_lines(response)[1:]] == names
    assert ("No file matches this filter" in response.text) is (not names)


@pytest.mark.parametrize("rows", [3, 25])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for _number in range(rows):
        received(None)
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL)
    assert len(queries) <= MOST_QUERIES


def test_nobody_sees_another_organisations_files(client: Client) -> None:
    theirs = received(station=StationFactory(organisation=OrganisationFactory()))
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    assert page_lines(client.get(URL)) == []
    for page in ("", "download/", "delete/"):
        assert client.get(f"{URL}{theirs.pk}/{page}").status_code == 404
    assert client.post(f"{URL}{theirs.pk}/delete/").status_code == 404
    assert client.get(f"/operations/stations/{theirs.station_id}/files/").status_code == 404


def test_a_file_that_comes_in_is_live(desk: Client) -> None:
    file = received(None, state=FileState.RECEIVING, size_bytes=5_000)
    user = UserFactory()
    admission = live.admit(user.pk, None, [f"file:{file.pk}", f"files:{file.run_id}"])
    assert admission is not None
    assert admission.triggers[f"run:{file.run_id}"] == {f"files:{file.run_id}"}
    wanted = {admission.viewpoint: {f"file:{file.pk}", f"files:{file.run_id}"}}
    patches = live.patches(wanted)[admission.viewpoint]
    cells = {patch["id"]: patch["html"] for patch in patches[f"file:{file.pk}"]}
    assert "Receiving" in cells[f"file-{file.pk}-state"]
    assert "4.9" in cells[f"file-{file.pk}-size"]
    assert "station.log" in patches[f"files:{file.run_id}"][0]["html"]
    stranger = UserFactory(organisation=OrganisationFactory())
    nothing = live.admit(stranger.pk, None, [f"file:{file.pk}", f"files:{file.run_id}"])
    assert nothing is not None
    assert nothing.keys == frozenset()


# --- A file's page -----------------------------------------------------------------------------


def test_text_is_shown_and_nothing_of_it_is_markup(desk: Client) -> None:
    file = received(b"<script>alert(1)</script>\n10:02 rebooted\n")
    text = desk.get(f"{URL}{file.pk}/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\n10:02 rebooted" in text
    assert file.sha256 in text


def test_an_archive_is_listed_and_its_entries_opened_one_at_a_time(desk: Client) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("logs/", "")
        archive.writestr("logs/<b>.txt", "inside &\n")
        archive.writestr("inner.gz", gzip.compress(b"deep"))
    file = received(buffer.getvalue(), original_name="logs.zip")
    text = desk.get(f"{URL}{file.pk}/").text
    assert "logs/&lt;b&gt;.txt" in text
    assert 'href="?entry=1"' in text
    assert 'href="?entry=0"' not in text
    inside = desk.get(f"{URL}{file.pk}/", {"entry": "1"})
    assert "inside &amp;" in inside.text
    assert inside.context["opened"] == "logs/<b>.txt"
    assert "an archive (gzip)" in desk.get(f"{URL}{file.pk}/", {"entry": "2"}).text
    for odd in ("7", "-1", "x", "²", "9" * 30):
        assert desk.get(f"{URL}{file.pk}/", {"entry": odd}).status_code == 200


def test_what_is_not_there_any_more_is_said(desk: Client) -> None:
    refused = received(None, state=FileState.REFUSED)
    page = desk.get(f"{URL}{refused.pk}/").text
    assert "Nothing of it was kept." in page
    assert "download/" not in page
    assert desk.get(f"{URL}{refused.pk}/download/").status_code == 404
    lost = received()
    files.delete(lost.stored_name)
    assert "no longer in the store" in desk.get(f"{URL}{lost.pk}/").text
    assert desk.get(f"{URL}{lost.pk}/download/").status_code == 404


# --- Download and delete -----------------------------------------------------------------------


def test_a_download_is_an_attachment_that_no_browser_runs(desk: Client) -> None:
    data = b"<script>alert(1)</script>" * 50_000
    file = received(data, original_name="evil.html", content_type="text/html")
    response = desk.get(f"{URL}{file.pk}/download/")
    assert body(response) == data
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="evil.html"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Length"] == str(len(data))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Störung.log", "attachment; filename*=utf-8''St%C3%B6rung.log"),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ('a"\r\nSet-Cookie: x=1', 'attachment; filename="a___Set-Cookie_ x=1"'),
        (".", None),
        ("", None),
        ("\u202egpj.exe", 'attachment; filename="_gpj.exe"'),
    ],
)
def test_a_name_can_be_nothing_but_a_name(desk: Client, name: str, header: str | None) -> None:
    file = received(original_name=name)
    response = desk.get(f"{URL}{file.pk}/download/")
    body(response)
    expected = header or f'attachment; filename="log-{file.pk}"'
    assert response["Content-Disposition"] == expected


def test_behind_nginx_the_transfer_is_handed_over(desk: Client, settings: Settings) -> None:
    settings.EVCHARGE_FILES_ACCEL = "/stored-files/"
    file = received()
    response = desk.get(f"{URL}{file.pk}/download/")
    name = file.stored_name
    assert response["X-Accel-Redirect"] == f"/stored-files/{name[:2]}/{name}"
    assert response.content == b""
    assert response["Content-Disposition"] == 'attachment; filename="station.log"'


def test_engineers_delete_and_the_audit_log_says_so(desk: Client) -> None:
    file = received()
    path = files.path_of(file.stored_name)
    assert "deleted for good" in desk.get(f"{URL}{file.pk}/delete/").text
    desk.post(f"{URL}{file.pk}/delete/")
    assert not ReceivedFile.objects.exists()
    assert not path.exists()
    assert AuditEntry.objects.get(target_kind="receivedfile").deed == "deleted"


def test_operators_do_not_delete(client: Client) -> None:
    file = received()
    client.force_login(UserFactory(role=Role.OPERATOR))
    assert client.post(f"{URL}{file.pk}/delete/").status_code == 403
    assert f"{URL}{file.pk}/delete/" not in client.get(URL).text
    assert ReceivedFile.objects.exists()


# --- On other pages ----------------------------------------------------------------------------


def test_a_run_shows_what_came_for_it_the_latest_first(desk: Client) -> None:
    run = RunFactory(command="diagnostic-request", params={})
    for name in ("first.log", "again.log"):
        received(run=run, original_name=name)
    text = desk.get(f"/operations/requests/{run.pk}/").text
    assert text.index("again.log") < text.index("first.log")
    assert f'data-live="files:{run.pk}"' in text


def test_a_run_that_waits_for_its_file_says_so(desk: Client) -> None:
    run = RunFactory(command="diagnostic-request", params={})
    text = desk.get(f"/operations/requests/{run.pk}/").text
    assert "Nothing has come yet" not in text
    FileLink.objects.create(
        run=run,
        token_digest="0" * 64,
        username="s1",
        created_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )
    text = desk.get(f"/operations/requests/{run.pk}/").text
    assert "Nothing has come yet" in text
    assert "Its link works until" in text
    CommandRun.objects.update(
        status=RunStatus.FAILED, closed_at=timezone.now() - timedelta(hours=1)
    )
    text = desk.get(f"/operations/requests/{run.pk}/").text
    assert "Its link worked until" in text


def test_a_station_has_its_files_on_a_tab(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    received(station=station, original_name="ours.log")
    received(original_name="other.log")
    page = desk.get(f"/operations/stations/{station.pk}/files/")
    assert column(page, "File") == ["ours.log"]
    assert "It has fetched no firmware" in page.text
    assert f'href="/operations/stations/{station.pk}/files/"' in (
        desk.get(f"/operations/stations/{station.pk}/").text
    )
