"""The map: the worst of each site, its markers, and the list that says the same."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evcharge import environment
from operations.models import Site
from operations.statuses import ChargingStatus, OperationalStatus, Role
from tests.factories import (
    ChargerFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines
from tests.pages.test_import_export import exported, imported, preview

pytestmark = pytest.mark.django_db

URL = "/operations/map/"
MARKERS = "/operations/map/sites.json"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def site(name: str, *charger_statuses: str, connected: bool = True, **fields: Any) -> Site:
    """A site with a station, and a charger of each of these statuses."""
    made = SiteFactory(name=name, **({"latitude": 55.6, "longitude": 12.6} | fields))
    station = StationFactory(site=made, organisation=made.organisation, connected=connected)
    for status in charger_statuses:
        ChargerFactory(station=station, charging_status=status)
    return made


def markers(desk: Client, query: str = "") -> dict[str, Any]:
    return {each["name"]: each for each in desk.get(MARKERS + query).json()["sites"]}


def test_a_site_is_as_bad_as_the_worst_of_it(desk: Client) -> None:
    site("A", ChargingStatus.FAULTED, ChargingStatus.CHARGING, connected=False)
    site("B", ChargingStatus.CHARGING, connected=False)
    site("C", ChargingStatus.CHARGING, ChargingStatus.AVAILABLE)
    site("D", ChargingStatus.AVAILABLE)
    SiteFactory(name="E", latitude=1, longitude=1)
    response = desk.get(URL)
    states = ["Faulted", "Offline", "Charging", "All well", "No stations"]
    assert column(response, "State") == states
    assert [each["state"] for each in markers(desk).values()] == [
        "faulted",
        "offline",
        "charging",
        "well",
        "empty",
    ]


def test_discarded_parts_make_no_site_worse(desk: Client) -> None:
    made = site("A", ChargingStatus.AVAILABLE)
    gone = OperationalStatus.CLOSED
    StationFactory(site=made, connected=False, operational_status=gone)
    station = made.stations.first()
    ChargerFactory(station=station, charging_status="Faulted", operational_status=gone)
    assert column(desk.get(URL), "State") == ["All well"]


def test_figures_lead_to_lists_of_as_many(desk: Client) -> None:
    made = site("Harbour", ChargingStatus.FAULTED, ChargingStatus.CHARGING, ChargingStatus.CHARGING)
    StationFactory(site=made, connected=False)
    site("Harbour East", ChargingStatus.FAULTED, connected=False)  # alike, but another
    facts = markers(desk)["Harbour"]["facts"]
    assert [fact["words"] for fact in facts] == [
        "1 of 2 stations connected",
        "1 station offline",
        "1 charger faulted",
        "2 chargers charging",
    ]
    counts = [desk.get(fact["url"]).context["table"].paginator.count for fact in facts]
    assert counts == [1, 1, 1, 2]
    chips = desk.get(facts[0]["url"]).context["chips"]
    assert ("At site", "Harbour") in [(str(chip.label), chip.value) for chip in chips]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("?site=east", ["East"]), ("?state=faulted", ["West"]), ("?state=nonsense", [])],
)
def test_the_filter_is_the_lists_and_the_maps(
    desk: Client, query: str, expected: list[str]
) -> None:
    site("East", ChargingStatus.AVAILABLE)
    site("West", ChargingStatus.FAULTED)
    assert list(markers(desk, query)) == expected
    response = desk.get(URL + query)
    assert [record.name for record in response.context["table"].records()] == expected


def test_organisations_are_a_filter_for_those_who_see_several(desk: Client) -> None:
    east, _west = site("East"), site("West")
    assert list(markers(desk, f"?organisation={east.organisation_id}")) == ["East"]
    desk.force_login(UserFactory(organisation=east.organisation))
    assert "organisation" not in desk.get(URL).context["filter"].form.fields


def test_people_see_their_own_sites(client: Client) -> None:
    ours, theirs = site("Ours"), site("Theirs")
    client.force_login(UserFactory(organisation=ours.organisation))
    assert column(client.get(URL), "Site") == ["Ours"]
    assert list(markers(client)) == ["Ours"]
    listed = client.get(f"/operations/stations/?at_site={theirs.pk}")
    assert not listed.context["table"].records()
    assert "Theirs" not in listed.text


def test_a_site_without_a_place_is_in_the_list_alone(desk: Client) -> None:
    site("Somewhere", latitude=None, longitude=None)
    assert markers(desk) == {}
    assert column(desk.get(URL), "Place") == ["not on the map"]


def test_the_list_is_exported_as_it_stands(desk: Client) -> None:
    site("=1+1", ChargingStatus.FAULTED)
    page, export = desk.get(URL), csv_lines(desk.get(URL + "?export=csv"))
    assert export[0] == page_lines(page)[0]
    assert export[1][0] == "'=1+1"


def test_queries_do_not_grow_with_the_sites(desk: Client) -> None:
    counts = []
    for _round in range(2):
        site("More", ChargingStatus.FAULTED)
        for url in (URL, MARKERS):
            with CaptureQueriesContext(connection) as taken:
                desk.get(url)
            counts.append(len(taken))
        for _number in range(5):
            site("More", ChargingStatus.CHARGING)
    assert counts[2] <= counts[0]
    assert counts[3] == counts[1] <= 6


def test_without_scripts_the_list_is_there(desk: Client) -> None:
    site("Quay")
    text = desk.get(URL).text
    assert '<section class="map-part js-only"' in text
    assert "<table" in text


def test_nobody_elses_tiles_are_asked_for_by_default(desk: Client) -> None:
    policy = desk.get(URL).headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in f"{policy};"
    assert settings.EVCHARGE_MAP_TILES == ""


def test_tiles_widen_the_policy_by_their_host_alone() -> None:
    url = "https://{s}.tiles.example.org/base/{z}/{x}/{y}.png?key=1"
    assert environment.tile_hosts(url) == ["https://*.tiles.example.org"]
    assert environment.tile_hosts("") == []


@pytest.mark.parametrize(
    "url", ["tiles.example.org/{z}/{x}/{y}", "https://t.example.org/", "ftp://t/{z}/{x}/{y}"]
)
def test_an_address_that_cannot_give_tiles_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EVCHARGE_MAP_TILES"):
        environment.tile_hosts(url)


@pytest.mark.parametrize(
    "fields",
    [{"latitude": 91, "longitude": 0}, {"latitude": 0, "longitude": -181}, {"latitude": 5}],
)
def test_a_place_that_is_none_is_refused(fields: dict[str, float]) -> None:
    made = SiteFactory.build(organisation=OrganisationFactory(), **fields)
    with pytest.raises(ValidationError):
        made.full_clean()


SITES = "code,name,organisation,address,time_zone,latitude,longitude\n"


def test_sites_come_and_go_in_files_with_their_places(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN))
    OrganisationFactory(code="north")
    content = f"{SITES}quay,Quay,north,Porto,Europe/Lisbon,41.1456,-8.6109\nbare,,north,,,,\n"
    imported(client, "site", content)
    quay, bare = Site.objects.order_by("-code")
    assert (quay.name, quay.latitude, quay.longitude) == ("Quay", 41.1456, -8.6109)
    assert (bare.name, bare.latitude, bare.time_zone) == ("bare", None, "UTC")
    file = exported(client, "site", "0").decode()
    imported(client, "site", file.replace("quay,Quay", "quay,Quay 2"))
    quay.refresh_from_db()
    assert (quay.name, quay.latitude, quay.longitude) == ("Quay 2", 41.1456, -8.6109)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("quay,Quay,north,,UTC,nan,1", "is not a number of degrees"),
        ("quay,Quay,north,,UTC,95,1", "less than or equal to 90"),
        ("quay,Quay,north,,UTC,5,", "Give latitude and longitude, or neither."),
        ("quay,Quay,,,UTC,5,5", "A site needs an organisation."),
        (",Quay,north,,UTC,5,5", "A site needs a code."),
    ],
)
def test_a_site_that_cannot_be_is_refused_in_words(client: Client, row: str, why: str) -> None:
    client.force_login(UserFactory(role=Role.ADMIN))
    OrganisationFactory(code="north")
    response = preview(client, "site", f"{SITES}{row}\n")
    assert "confirm_form" not in response.context
    assert why in response.text
    assert not Site.objects.exists()


def test_no_coast_is_drawn_across_the_world() -> None:
    """From 180° to -180° a map draws a line through everything in between."""
    path = "static/vendor/natural-earth-110m/world.json"
    world = json.loads((Path(settings.BASE_DIR) / path).read_text(encoding="utf-8"))
    rings = [ring for polygon in world["land"]["coordinates"] for ring in polygon]
    steps = [(one, other) for ring in rings for one, other in pairwise(ring)]
    far = [(one, other) for one, other in steps if abs(one[0] - other[0]) > 180]
    assert all(one[1] == other[1] == -90 for one, other in far)
