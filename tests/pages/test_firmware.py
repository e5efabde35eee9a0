"""Operations > Firmware: the library's list, an image's page, and who is behind."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.statuses import Role
from operations.views import live
from tests.factories import OrganisationFactory, StationFactory, UserFactory
from tests.pages.imaging import DATA, asked, image
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/firmware/"
STATIONS = "/operations/stations/"
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Path:
    """An empty store of files."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER, username="lee"))
    return client


# --- The list, and who is behind ---------------------------------------------------------------


def test_an_image_says_whom_it_is_for_and_who_is_behind(desk: Client) -> None:
    StationFactory.create_batch(3)
    StationFactory(firmware_version="2.0")
    StationFactory(firmware_version="")  # never told: nobody knows
    StationFactory(model="Terra 360")
    image(uploaded_by=UserFactory(username="kim"))
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Version"] == "2.0 (newest)"
    assert (shown["Stations"], shown["Outdated"]) == ("5", "3")
    assert (shown["Size"], shown["By"]) == (str(len(DATA)), "kim")
    assert csv_lines(desk.get(URL, {"export": "csv"})) == [header, row]


def test_its_figures_lead_to_just_these_stations(desk: Client) -> None:
    for name, version in (("Behind", "1.4.2"), ("Ahead", "2.0"), ("Silent", "")):
        StationFactory(name=name, firmware_version=version)
    StationFactory(name="Other", model="Terra 360")
    pk = image().pk
    text = desk.get(URL).text
    assert f'href="{STATIONS}?image={pk}"' in text
    assert f'href="{STATIONS}?image={pk}&amp;library=outdated"' in text
    assert column(desk.get(STATIONS, {"image": pk}), "Name") == ["Ahead", "Behind", "Silent"]
    behind = desk.get(STATIONS, {"image": pk, "library": "outdated"})
    assert column(behind, "Name") == ["Behind"]
    assert "ABB Terra 54 2.0" in [str(chip.value) for chip in behind.context["chips"]]
    assert column(desk.get(STATIONS, {"library": "newest"}), "Name") == ["Ahead"]
    assert page_lines(desk.get(STATIONS, {"image": pk + 1})) == []


def test_the_newest_is_what_was_added_last_and_not_retired(desk: Client) -> None:
    StationFactory(firmware_version="9.0")
    now = timezone.now()
    image(version="9.0", created_at=now - timedelta(days=2))
    image(version="10.0", created_at=now - timedelta(days=1))
    image(version="11.0", is_retired=True)
    rows = dict(
        zip(
            column(desk.get(URL), "Version"),
            column(desk.get(URL), "Outdated"),
            strict=True,
        )
    )
    assert rows == {"11.0 (retired)": "", "10.0 (newest)": "1", "9.0 (older)": ""}
    assert column(desk.get(URL, {"retired": "True"}), "Version") == ["11.0 (retired)"]


def test_an_organisations_image_is_for_its_stations_alone(client: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    for organisation in (ours, theirs):
        StationFactory(organisation=organisation)
    own = image(organisation=ours, version="2.0")
    image(organisation=theirs, version="3.0")
    client.force_login(UserFactory(role=Role.OPERATOR, organisation=ours))
    header, row = page_lines(client.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert (shown["Version"], shown["Stations"], shown["Outdated"]) == ("2.0 (newest)", "1", "1")
    assert client.get(f"{URL}{own.pk}/").status_code == 200
    assert client.get(f"{URL}{own.pk + 1}/").status_code == 404


@pytest.mark.parametrize("rows", [3, 25])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for number in range(rows):
        image(url="https://example.org/x.bin", version=str(number), model=f"M{number}")
        StationFactory(model=f"M{number}")
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL)
    assert len(queries) <= MOST_QUERIES


def test_an_empty_library_teaches(desk: Client) -> None:
    assert "No firmware yet" in desk.get(URL).text
    assert f'href="{URL}add/"' in desk.get(URL).text


# --- An image's page ---------------------------------------------------------------------------


def test_the_page_says_who_is_outdated_and_how_far_each_fetched(desk: Client) -> None:
    behind = StationFactory(name="Behind")
    StationFactory(name="Has it", firmware_version="2.0")
    StationFactory(name="Silent", firmware_version="")
    found = image(release_notes="Fixes <b>all</b>.")
    run = asked(found, behind)
    page = desk.get(f"{URL}{found.pk}/")
    assert column(page, "Firmware") == ["1.4.2", "2.0", ""]
    assert page.text.count('title="2.0 is in the library."') == 1
    assert column(page, "Fetched") == ["42 % fetched", "", ""]
    assert found.sha256 in page.text
    assert found.md5 in page.text
    assert "Fixes &lt;b&gt;all&lt;/b&gt;." in page.text
    assert f'href="/operations/requests/{run.pk}/"' in page.text
    assert f'data-live="image:{found.pk}"' in page.text
    filtered = desk.get(f"{URL}{found.pk}/", {"firmware_version": "1.4"})
    assert column(filtered, "Name") == ["Behind"]
    lines = csv_lines(desk.get(f"{URL}{found.pk}/", {"export": "csv"}))
    assert [line[0] for line in lines[1:]] == ["Behind", "Has it", "Silent"]


def test_the_page_needs_few_queries(desk: Client) -> None:
    found = image()
    for station in StationFactory.create_batch(25):
        asked(found, station)
    with CaptureQueriesContext(connection) as queries:
        desk.get(f"{URL}{found.pk}/")
    assert len(queries) <= MOST_QUERIES + 4  # and the image, and whether it was used


def test_buttons_lead_to_the_filled_in_form_and_to_the_roll_out(desk: Client) -> None:
    station, found = StationFactory(), image()
    text = desk.get(f"{URL}{found.pk}/").text
    assert f"{STATIONS}{station.pk}/ask/firmware-update/?image={found.pk}" in text
    assert f'href="{URL}roll-out/?image={found.pk}&amp;library=outdated"' in text


def test_viewers_find_no_buttons(client: Client) -> None:
    StationFactory()
    found = image()
    client.force_login(UserFactory(role=Role.VIEWER))
    text = client.get(f"{URL}{found.pk}/").text
    assert "/ask/firmware-update/" not in text
    assert "Roll out" not in text
    assert "/retire/" not in text
    assert f"{URL}add/" not in client.get(URL).text


def test_a_download_is_pushed_to_whoever_may_see_its_station(desk: Client) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    found = image()
    stations = [StationFactory(organisation=each) for each in (ours, theirs)]
    for station in stations:
        asked(found, station)
    user = UserFactory(organisation=ours)
    admission = live.admit(user.pk, None, [f"image:{found.pk}"])
    assert admission is not None
    patches = live.patches({admission.viewpoint: {f"image:{found.pk}"}})
    sent = patches[admission.viewpoint][f"image:{found.pk}"]
    assert [patch["id"] for patch in sent] == [f"fetched-{stations[0].pk}"]
    assert "42 % fetched" in sent[0]["html"]


# --- A station's page --------------------------------------------------------------------------


def test_a_stations_page_says_that_it_is_outdated(desk: Client) -> None:
    behind, ahead = StationFactory(), StationFactory(firmware_version="2.0")
    found = image()
    text = desk.get(f"{STATIONS}{behind.pk}/").text
    assert "Outdated: 2.0 is in the library" in text
    assert f'href="{URL}{found.pk}/"' in text
    assert "is in the library" not in desk.get(f"{STATIONS}{ahead.pk}/").text
