"""A station's pages: each at its own address, with the station's head around it."""

import pytest
from django.test import Client
from django.urls import reverse

from operations.models.audit import ActorKind, Deed
from operations.services import auditing
from operations.statuses import Role, RunStatus
from tests.factories import (
    AlertFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    SiteFactory,
    StationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TABS = (
    ("station-detail", "Overview"),
    ("station-sessions", "Sessions"),
    ("station-requests", "Requests"),
    ("station-messages", "Messages"),
    ("station-settings", "Settings"),
    ("station-local-list", "Local list"),
    ("station-files", "Files"),
    ("station-health", "Health"),
    ("station-changes", "Changes"),
)
NAMES = [name for name, _word in TABS]


@pytest.fixture
def desk(client: Client) -> Client:
    """An engineer's browser."""
    client.force_login(UserFactory(role=Role.ENGINEER))
    return client


@pytest.mark.parametrize(("name", "word"), TABS)
def test_each_tab_has_the_head_the_commands_and_the_way_to_the_others(
    desk: Client, name: str, word: str
) -> None:
    site = SiteFactory(name="North quay", time_zone="Asia/Tokyo")
    station = StationFactory(name="Quay 1", protocol="2.0.1", site=site)
    AlertFactory(rule__name="On fire", station=station)
    page = desk.get(reverse(name, args=[station.pk])).text
    for said in ("Quay 1", "Connected", "OCPP 2.0.1", "North quay", 'data-zone="Asia/Tokyo"'):
        assert said in page
    assert "On fire" in page
    order = [page.index(f"/ask/{slug}/") for slug in ("reboot", "firmware-update")]
    assert order == sorted(order)
    for other in NAMES:
        assert f'href="{reverse(other, args=[station.pk])}"' in page
    current = page.split('aria-current="page"')
    assert any(part.split("</a>")[0].endswith(word) or word in part[:200] for part in current[1:])


def test_lists_hold_what_is_the_stations_alone(desk: Client) -> None:
    station, other = StationFactory(), StationFactory()
    for number, each in enumerate((station, other)):
        SessionFactory(connector__charger__station=each, token=f"TOKEN-{number}")
        RunFactory(station=each, created_by=UserFactory(username=f"user-{number}"))
        MessageFactory(station=each, action=f"Action{number}")
    for name, mine, theirs in (
        ("station-sessions", "TOKEN-0", "TOKEN-1"),
        ("station-requests", "user-0", "user-1"),
        ("station-messages", "Action0", "Action1"),
    ):
        page = desk.get(reverse(name, args=[station.pk])).text
        assert mine in page
        assert theirs not in page
        assert 'name="station"' not in page


def test_they_are_lists_like_all_others(desk: Client) -> None:
    session = SessionFactory(token="TOKEN-0")
    url = reverse("station-sessions", args=[session.station_id])
    assert "No session matches this filter" in desk.get(f"{url}?token=nobody").text
    assert "TOKEN-0" in desk.get(f"{url}?export=csv").content.decode()
    assert "TOKEN-0" in desk.get(f"{url}?print=1").text
    bare = desk.get(url, headers={"HX-Request": "true", "HX-Target": "list"}).text
    assert "TOKEN-0" in bare
    assert "station-head" not in bare


def test_tabs_count_what_goes_on_now(desk: Client) -> None:
    station = StationFactory()
    for _number in range(2):
        SessionFactory(connector=ConnectorFactory(charger__station=station))
    RunFactory(station=station, status=RunStatus.SENT)
    AlertFactory(station=station)
    page = desk.get(reverse("station-files", args=[station.pk])).text
    tabs = page.split('class="nav nav-tabs"')[1].split("</ul>")[0]
    words = [" ".join(part.split("<")[0].split()) for part in tabs.split(">")]
    said = " ".join(word for word in words if word)
    assert "Sessions 2 running" in said
    assert "Requests 1 open" in said
    assert "Health 1 open alerts" in said


def test_changes_are_those_of_the_station_its_parts_and_its_requests(desk: Client) -> None:
    connector, elsewhere = ConnectorFactory(), ConnectorFactory()
    actor = auditing.Actor(ActorKind.PERSON, who="kim")
    with auditing.acting(actor):
        for part, name in (
            (connector.station, "the station"),
            (connector.charger, "its charger"),
            (connector, "its connector"),
            (RunFactory(station=connector.station), "what was asked"),
            (elsewhere.station, "another station"),
        ):
            auditing.note(Deed.CHANGED, part, name=name)
    page = desk.get(reverse("station-changes", args=[connector.station_id])).text
    for name in ("the station", "its charger", "its connector", "what was asked", "kim"):
        assert name in page
    assert "another station" not in page


def test_nobody_sees_another_organisations(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    station = StationFactory()
    for name in NAMES:
        assert client.get(reverse(name, args=[station.pk])).status_code == 404


def test_who_changed_what_is_for_those_who_read_the_audit_log(client: Client) -> None:
    client.force_login(UserFactory(role=Role.OPERATOR))
    station = StationFactory()
    url = reverse("station-changes", args=[station.pk])
    assert client.get(url).status_code == 403
    assert url not in client.get(reverse("station-detail", args=[station.pk])).text
