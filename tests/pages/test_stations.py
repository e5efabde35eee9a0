"""Operations > Stations: filters, order, columns, buttons."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.commands import COMMANDS
from operations.commands.base import TargetKind
from operations.statuses import OperationalStatus, Registration, Role, RunStatus
from tests.factories import RunFactory, SiteFactory, StationFactory, UserFactory
from tests.pages.reading import column, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/stations/"
MOST_QUERIES = 12


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def test_a_row_says_what_the_seed_asks(desk: Client) -> None:
    StationFactory(name="Quay 1", identity="CP-1", site=SiteFactory(name="Quay"), protocol="2.0.1")
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Name"] == "Quay 1"
    assert shown["Identity"] == "CP-1"
    assert shown["Vendor"] == "ABB"
    assert shown["Protocol"] == "OCPP 2.0.1"
    assert shown["Firmware"] == "1.4.2"
    assert shown["Operational status"] == "Operative"
    assert shown["Connected"].startswith("Connected since 2")
    assert shown["Site"] == "Quay"


def test_offline_stations_say_since_when(desk: Client) -> None:
    StationFactory(name="A", connected=False)
    StationFactory(name="B", connected=False, disconnected_at=None)
    offline, never = column(desk.get(URL), "Connected")
    assert offline.startswith("Offline since 2")
    assert never == "Never connected"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "quay"}, ["Quay 1"]),
        ({"serial_number": "EVE"}, ["Depot 1"]),
        ({"model": "eve"}, ["Depot 1"]),
        ({"vendor": "ABB"}, ["Quay 1"]),
        ({"operational_status": "Inoperative"}, ["Depot 1"]),
        ({"vendor": "Alfen", "operational_status": "Operative"}, []),
        # There is no such filter here: it changes nothing.
        ({"charging_status": "Faulted"}, ["Depot 1", "Quay 1"]),
        ({"protocol": "2.0.1"}, ["Quay 1"]),
    ],
)
def test_filters_find_and_combine(desk: Client, query: dict[str, str], names: list[str]) -> None:
    StationFactory(
        name="Quay 1", serial_number="T54", vendor="ABB", model="Terra 54", protocol="2.0.1"
    )
    StationFactory(
        name="Depot 1",
        protocol="1.6",
        serial_number="EVE-2",
        vendor="Alfen",
        model="Eve Double",
        operational_status=OperationalStatus.INOPERATIVE,
    )
    response = desk.get(URL, query)
    assert [row[0] for row in page_lines(response)[1:]] == names
    assert ("No station matches this filter" in response.text) is (not names)


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    site = SiteFactory()
    for station in StationFactory.create_batch(rows, site=site, organisation=site.organisation):
        RunFactory.create_batch(2, station=station)
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(URL, {"per_page": str(rows)})
    assert len(response.context["table"].records()) == rows
    assert len(queries) <= MOST_QUERIES


def test_a_page_is_asked_for_once(desk: Client) -> None:
    """Sorted by what some do not have, it takes two queries: not two for each look at it."""
    StationFactory()
    StationFactory(site=SiteFactory())
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL, {"sort": "site"})
    pages = [each for each in queries if '"operations_station"."identity"' in each["sql"]]
    assert len(pages) == 2


def test_the_last_request_shows(desk: Client) -> None:
    station = StationFactory()
    RunFactory(station=station, status=RunStatus.REFUSED)
    last = RunFactory(station=station, status=RunStatus.DONE)
    response = desk.get(URL)
    assert column(response, "Last request") == ["Reboot: Done"]
    assert f'href="/operations/requests/{last.pk}/"' in response.text


def test_a_command_for_stations_has_its_button_or_stands_behind_more(desk: Client) -> None:
    station = StationFactory()
    text = desk.get(URL).text
    for command in COMMANDS:
        shown = f'id="station-{station.pk}-ask-{command.slug}"' in text
        assert shown is (TargetKind.STATION in command.targets and not command.group)
    assert f'id="station-{station.pk}-more"' in text


def test_reboot_is_red(desk: Client) -> None:
    station = StationFactory()
    text = desk.get(URL).text
    button = text[text.index(f'href="{URL}{station.pk}/ask/reboot/"') :][:200]
    assert 'data-tone="red"' in button
    assert "fa-sync" in text


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"connected": False, "name": "Quay 1"}, "Quay 1 is not connected since"),
        ({"connected": False, "disconnected_at": None}, "has never connected"),
        ({"operational_status": OperationalStatus.CLOSED}, "is closed."),
        ({"registration": Registration.REJECTED}, "is registered as rejected"),
    ],
)
def test_a_button_that_cannot_work_is_off_and_says_why(
    desk: Client, state: dict[str, object], reason: str
) -> None:
    StationFactory(**state)
    text = desk.get(URL).text
    assert "/ask/reboot/" not in text
    assert reason in text


def test_without_stations_the_page_teaches(desk: Client) -> None:
    text = desk.get(URL).text
    assert "No stations yet" in text
    assert "create_station" in text


def test_the_menu_says_where_one_is(desk: Client) -> None:
    menu = desk.get(URL).context["menu"]
    assert [str(item["label"]) for item in menu if item["active"]] == ["Stations"]


def test_the_fleets_counter_counts_what_one_sees(desk: Client) -> None:
    StationFactory(connected=False)
    StationFactory()
    fleet = desk.get(URL).context["fleet"]
    assert (fleet.connected, fleet.total) == (1, 2)
