"""Operations > Authorization: the seed's eight settings of the whole fleet."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.known_settings.authorization import SETTINGS
from operations.models import AuthorizationProfile, CommandBatch, CommandRun, Station
from operations.statuses import Role
from tests.factories import OrganisationFactory, StationFactory, UserFactory
from tests.pages.reading import column, csv_lines, page_lines, said

pytestmark = pytest.mark.django_db

URL = "/operations/authorization/"
MOST_QUERIES = 12


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    return client


def profiled(name: str, **facts: Any) -> Station:
    """A station that told how it authorizes."""
    station: Station = StationFactory(name=name, open_connection=True)
    AuthorizationProfile.objects.create(station=station, read_at=timezone.now(), **facts)
    return station


def test_the_eight_settings_have_the_seeds_names_and_descriptions(desk: Client) -> None:
    StationFactory()
    page = desk.get(URL)
    header, _row = page_lines(page)
    assert header[1:9] == [
        "Local offline authorization",
        "Local pre-authorize",
        "Local auth list enabled",
        "Set local list max. length",
        "Local auth list",
        "Allow offline session of unknown id",
        "Authorization cache enabled",
        "Authorize remote start",
    ]
    for setting in SETTINGS:
        assert str(setting.description) in said(page)


def test_a_row_says_on_off_not_supported_or_unknown(desk: Client) -> None:
    profiled(
        "A",
        local_authorize_offline="on",
        local_pre_authorize="off",
        cache_enabled="unsupported",
        send_list_max=10,
        list_max=-1,
        read_only=["local_authorize_offline"],
    )
    StationFactory(name="B")
    page = desk.get(URL)
    assert column(page, "Local offline authorization") == ["On", "Unknown"]
    assert column(page, "Local pre-authorize") == ["Off", "Unknown"]
    assert column(page, "Authorization cache enabled") == ["Not supported", "Unknown"]
    assert column(page, "Set local list max. length") == ["10", "Unknown"]
    assert column(page, "Local auth list") == ["Not supported", "Unknown"]
    assert "The station says that it can" in page.text
    assert csv_lines(desk.get(URL, {"export": "csv"})) == page_lines(page)
    assert desk.get(URL, {"print": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"cache_enabled": "on"}, ["A"]),
        ({"cache_enabled": "off"}, ["B"]),
        ({"cache_enabled": "unknown"}, ["C", "D"]),
        ({"cache_enabled": "unsupported"}, []),
        ({"list_max": "known"}, ["A"]),
        ({"list_max": "unsupported"}, ["B"]),
        ({"list_max": "unknown"}, ["C", "D"]),
        ({"name": "a", "cache_enabled": "on"}, ["A"]),
        ({"protocol": "2.0.1"}, []),
    ],
)
def test_filters_find_each_state(desk: Client, query: dict[str, str], names: list[str]) -> None:
    profiled("A", cache_enabled="on", list_max=100)
    profiled("B", cache_enabled="off", list_max=-1)
    profiled("C")
    StationFactory(name="D")
    page = desk.get(URL, {**query, "export": "csv"})
    assert [row[0] for row in csv_lines(page)[1:]] == names
    assert ("No station matches this filter" in desk.get(URL, query).text) is (not names)


def test_columns_sort_by_state_and_number(desk: Client) -> None:
    profiled("A", list_max=10)
    profiled("B", list_max=500)
    assert column(desk.get(URL, {"sort": "-list_max"}), "Station") == ["B", "A"]


def test_one_is_switched_by_the_name_its_version_has(desk: Client) -> None:
    station = profiled("A", cache_enabled="on")
    url = reverse("ask-station", args=[station.pk, "change-authorization"])
    dialog = desk.get(url)
    assert "Now: On." in said(dialog)
    answer = desk.post(url, {"cache_enabled": "false"})
    assert answer.status_code == 302
    assert CommandRun.objects.get().params == {"cache_enabled": "false"}
    assert desk.post(url, {}).status_code == 422


def test_all_that_a_filter_finds_are_switched_as_a_batch(desk: Client) -> None:
    profiled("A", cache_enabled="on")
    profiled("B", cache_enabled="on")
    profiled("C", cache_enabled="off")
    asked = {"all": "1", "filter": "cache_enabled=on", "command": "change-authorization"}
    url = reverse("ask-many", args=["authorization"])
    assert "2 stations" in said(desk.get(url, asked))
    preview = desk.post(url, {**asked, "cache_enabled": "false", "step": "preview"})
    assert preview.status_code == 200
    question = preview.context["question"]
    answer = desk.post(url, {"question": question, "step": "confirm"})
    assert answer.status_code == 302
    batch = CommandBatch.objects.get()
    assert batch.params == {"cache_enabled": "false"}
    assert {run.station.name for run in batch.runs.all()} == {"A", "B"}


def test_only_ones_own_stations_are_shown(client: Client) -> None:
    mine = OrganisationFactory()
    profiled("Theirs", cache_enabled="on")
    StationFactory(name="Mine", organisation=mine)
    client.force_login(UserFactory(role=Role.VIEWER, organisation=mine))
    assert column(client.get(URL), "Station") == ["Mine"]


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for number in range(rows):
        profiled(f"S{number}")
    with CaptureQueriesContext(connection) as queries:
        desk.get(URL, {"per_page": "100"})
    assert len(queries) <= MOST_QUERIES
