"""CSV, Print and Copy: the page one sees, and nothing a spreadsheet would run."""

import pytest
from django.test import Client

from tests.factories import ChargerFactory, RunFactory, StationFactory, UserFactory
from tests.pages.reading import csv_lines, page_lines

pytestmark = pytest.mark.django_db

LISTS = ("/operations/chargers/", "/operations/stations/")


@pytest.fixture
def desk(client: Client) -> Client:
    """A viewer's browser: exporting asks nothing of a station."""
    client.force_login(UserFactory(role="viewer"))
    return client


@pytest.fixture
def network() -> None:
    """Sixty chargers with some history."""
    for number in range(60):
        station = StationFactory(
            name=f"Station {number:02}",
            vendor="ABB" if number % 2 else "Alfen",
            connected=number % 3 > 0,
        )
        charger = ChargerFactory(station=station, name=f"Charger {number:02}")
        if number % 4 == 0:
            RunFactory(station=station, charger=charger, command="change-availability")


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page": "2"},
        {"page": "3"},
        {"page": "2", "sort": "-name"},
        {"vendor": "ABB", "sort": "-serial_number", "per_page": "50"},
        {"page": "999"},
        {"vendor": "nobody"},
    ],
)
def test_csv_is_the_page(desk: Client, url: str, query: dict[str, str]) -> None:
    page = page_lines(desk.get(url, query))
    exported = csv_lines(desk.get(url, {**query, "export": "csv"}))
    assert exported[0][0] == "Name"
    assert exported[1:] == page[1:]
    if page:  # an empty list has no table
        assert exported[0] == page[0]
        assert "Actions" not in exported[0]


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("url", LISTS)
def test_paper_shows_the_page_without_the_portal(desk: Client, url: str) -> None:
    query = {"page": "2", "sort": "-name", "vendor": "a"}
    page = page_lines(desk.get(url, query))
    response = desk.get(url, {**query, "print": "1"})
    assert page_lines(response) == page
    assert "Vendor: a" in response.text
    assert "<nav" not in response.text
    assert "<button" not in response.text


def test_the_file_is_called_after_the_list_and_the_page(desk: Client) -> None:
    ChargerFactory.create_batch(30, station=StationFactory())
    response = desk.get(LISTS[0], {"page": "2", "export": "csv"})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="chargers-page-2.csv"'


@pytest.mark.parametrize(
    "text",
    [
        '=cmd|"/C calc"!A0',
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\uff1d1+1",
    ],
)
def test_what_a_station_says_is_no_formula(desk: Client, text: str) -> None:
    ChargerFactory(name="A", serial_number=text)
    serial_number = csv_lines(desk.get(LISTS[0], {"export": "csv"}))[1][1]
    assert serial_number == f"'{text.strip()}"


def test_what_a_station_says_is_one_cell(desk: Client) -> None:
    ChargerFactory(name="A", vendor='x",y\r\nz;"', model="Ünïcode 充電")
    row = csv_lines(desk.get(LISTS[0], {"export": "csv"}))[1]
    assert row[2:4] == ["Ünïcode 充電", 'x",y z;"']


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize("form", [{}, {"print": "1"}])
def test_what_a_station_says_is_no_markup(desk: Client, url: str, form: dict[str, str]) -> None:
    evil = '"><script>alert(1)</script>'
    station = StationFactory(name=evil, vendor=evil, model=evil, serial_number=evil)
    ChargerFactory(station=station, name=evil)
    text = desk.get(url, form).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_pages_links_keep_filter_order_and_page(desk: Client) -> None:
    ChargerFactory(vendor="ABB")
    context = desk.get(LISTS[0], {"vendor": "ABB", "sort": "-name", "page": "1"}).context
    assert context["csv_url"] == "?vendor=ABB&sort=-name&page=1&export=csv"
    assert context["print_url"] == "?vendor=ABB&sort=-name&page=1&print=1"
