"""From an image to its rollout: choose stations, say how fast, look, and watch it go."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.models import CommandBatch, CommandRun, Download, FileLink, FirmwareImage
from operations.statuses import Role, RunStatus
from operations.views import live
from tests.factories import OrganisationFactory, SiteFactory, StationFactory, UserFactory
from tests.pages.choosing import confirm, hidden
from tests.pages.reading import csv_lines

pytestmark = pytest.mark.django_db

URL = "/operations/firmware/roll-out/"
ASK = "/operations/ask/rollout/"
MOST_QUERIES = 13


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR, username="anna"))
    return client


def image(**fields: Any) -> FirmwareImage:
    """For the stations that the factory makes, from somewhere else."""
    given = {"vendor": "ABB", "model": "Terra 54", "version": "2.0", "created_at": timezone.now()}
    url = "https://files.example/terra-2.0.bin"
    return FirmwareImage.objects.create(**{**given, "url": url, **fields})


def names(desk: Client, found: FirmwareImage, **query: str) -> list[str]:
    rows = csv_lines(desk.get(URL, {"image": found.pk, "export": "csv", **query}))
    return [row[0] for row in rows[1:]]


# --- choosing ----------------------------------------------------------------------------------


def test_the_page_lists_whom_the_image_is_for(desk: Client) -> None:
    StationFactory(name="Old")
    StationFactory(name="New", firmware_version="2.0")
    StationFactory(name="Away", connected=False, site=SiteFactory(name="Harbour"))
    StationFactory(name="Other", model="Terra 360")
    found = image()
    assert names(desk, found) == ["Away", "New", "Old"]
    assert names(desk, found, library="outdated") == ["Away", "Old"]
    assert names(desk, found, connected="no") == ["Away"]
    assert names(desk, found, site="harb") == ["Away"]
    page = desk.get(URL, {"image": found.pk, "site": "harb"}).text
    assert "Roll out ABB Terra 54 2.0" in page
    assert f'href="?image={found.pk}"' in page, "clearing the filter keeps the image"
    assert "data-stands" in page
    assert '<option value="Harbour">' in page


def test_the_page_takes_few_queries(desk: Client) -> None:
    StationFactory.create_batch(30)
    found = image()
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(URL, {"image": found.pk}).status_code == 200
    assert len(queries) <= MOST_QUERIES


@pytest.mark.parametrize("wrong", ["", "0", "x", "99999999999999999999"])
def test_without_an_image_there_is_no_page(desk: Client, wrong: str) -> None:
    assert desk.get(URL, {"image": wrong}).status_code == 404


def test_retired_images_and_those_of_others_are_not_rolled_out(client: Client) -> None:
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    retired, others = image(is_retired=True), image(organisation=OrganisationFactory())
    for found in (retired, others):
        assert client.get(URL, {"image": found.pk}).status_code == 404


def test_viewers_look_but_roll_nothing_out(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    StationFactory()
    found = image()
    page = client.get(URL, {"image": found.pk})
    assert page.status_code == 200
    assert 'id="selection"' not in page.text
    link = {"command": "firmware-update", "all": "1", "filter": f"image={found.pk}"}
    assert client.get(ASK, link).status_code == 403


def test_the_page_says_where_nobody_calls_itself_so(desk: Client) -> None:
    assert "No station" in desk.get(URL, {"image": image().pk}).text


# --- saying how, looking, asking ---------------------------------------------------------------


@pytest.mark.parametrize("path", [ASK, "/operations/ask/stations/"])
def test_the_form_begins_with_the_image(desk: Client, path: str) -> None:
    StationFactory()
    found, _other = image(), image(version="3.0")
    link = {"command": "firmware-update", "all": "1", "filter": f"image={found.pk}"}
    page = desk.get(path, link).text
    assert f'<option value="{found.pk}" selected>' in page


def test_the_form_begins_with_care_and_shows_its_pace(desk: Client) -> None:
    StationFactory()
    link = {"command": "firmware-update", "all": "1", "filter": f"image={image().pk}"}
    page = desk.get(ASK, link).text
    assert hidden_number(page, "stop_after_percent") == "20"
    assert page.count('<details class="more" open>') == 2


def hidden_number(page: str, name: str) -> str:
    at = page.index(f'name="{name}"')
    return page[at:].partition('value="')[2].partition('"')[0]


def test_from_the_image_to_the_batch(desk: Client) -> None:
    StationFactory.create_batch(3)
    StationFactory(name="New", firmware_version="2.0")
    StationFactory(model="Terra 360")
    found = image()
    form = {
        "command": "firmware-update",
        "all": "1",
        "filter": f"image={found.pk}",
        "image": str(found.pk),
        "wave_size": "2",
        "wave_pause_s": "60",
        "stop_after_percent": "20",
        "window_from": "22:00",
        "window_to": "05:00",
    }
    preview = desk.post(ASK, form)
    assert "Update 4 stations to firmware 2.0" in preview.text
    assert "Has this version already" in preview.text
    assert "In waves of 2, with 60 s between them." in preview.text
    assert hidden(preview, "question")
    asked = confirm(desk, preview)
    batch = CommandBatch.objects.get()
    assert asked.headers["location"] == f"/operations/batches/{batch.pk}/"
    assert (batch.wave_size, batch.stop_after_percent, batch.size) == (2, 20, 4)
    assert batch.params == {"image": found.pk, "version": "2.0"}
    page = desk.get(f"/operations/firmware/{found.pk}/").text
    assert f'href="/operations/batches/{batch.pk}/"' in page


# --- watching ----------------------------------------------------------------------------------


def downloading(**fields: Any) -> CommandRun:
    """One run of a batch, of which 42 % are fetched."""
    station, found = StationFactory(), image()
    batch = CommandBatch.objects.create(
        command="firmware-update", params={}, created_at=timezone.now(), size=1
    )
    now = timezone.now()
    run = CommandRun.objects.create(
        batch=batch,
        command="firmware-update",
        station=station,
        status=RunStatus.IN_PROGRESS,
        phase="Downloading",
        phase_at=now,
        created_at=now,
        released_at=now,
        answer_timeout_s=30,
        effect_timeout_s=60,
    )
    link = FileLink.objects.create(
        run=run,
        image=found,
        token_digest="0" * 64,
        username="s1",
        created_at=now,
        expires_at=now,
    )
    shared = {"image": found, "station": station, "protocol": "http", "size_bytes": 1000}
    sent = {"sent_bytes": 420, "reached_bytes": 420, "started_at": now, "last_at": now}
    Download.objects.create(link=link, **shared, **sent, **fields)
    return run


def test_the_batch_says_how_far_its_stations_are(desk: Client) -> None:
    run = downloading()
    page = desk.get(f"/operations/batches/{run.batch_id}/").text
    assert "<strong>1</strong> \u00d7 Downloading" in page
    assert "Downloading 42 %" in page


def test_how_far_a_download_is_comes_live(desk: Client) -> None:
    run = downloading()
    user = UserFactory()
    admission = live.admit(user.pk, None, [f"run:{run.pk}"])
    assert admission is not None
    patches = live.patches({admission.viewpoint: admission.keys})
    html = "".join(patch["html"] for patch in patches[admission.viewpoint][f"run:{run.pk}"])
    assert "Downloading 42 %" in html


def test_nobody_knows_how_far_it_is_where_the_web_server_sends_it(desk: Client) -> None:
    run = downloading(is_handed_over=True)
    page = desk.get(f"/operations/batches/{run.batch_id}/").text
    assert "42 %" not in page
    assert "Downloading" in page


def test_the_batch_says_which_wave_it_is(desk: Client) -> None:
    run = downloading()
    CommandBatch.objects.update(wave_size=5, wave=2)
    url = f"/operations/batches/{run.batch_id}/"
    assert "Wave 2." in desk.get(url).text
    CommandBatch.objects.update(next_wave_at=timezone.now())
    assert "Wave 2 has ended; the next begins at" in desk.get(url).text
