"""A station's page: what it reported, its chargers, its latest requests and messages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.models import Station
from operations.statuses import Registration, Role, RunStatus
from tests.factories import (
    ChargerFactory,
    ConnectionFactory,
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

MOST_QUERIES = 18


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR))
    return client


def page(desk: Client, station: Station) -> str:
    return desk.get(reverse("station-detail", args=[station.pk])).text


def test_it_says_who_the_station_is_and_what_it_reported(desk: Client) -> None:
    site = SiteFactory(name="North quay")
    station = StationFactory(
        name="Quay 1",
        identity="CP-1",
        site=site,
        organisation=site.organisation,
        protocol="2.0.1",
        iccid="8938",
        booted_at=timezone.now(),
        boot_reason="PowerUp",
    )
    text = page(desk, station)
    for word in ("Quay 1", "CP-1", "North quay", "OCPP 2.0.1", "1.4.2", "8938", "PowerUp", "ABB"):
        assert word in text
    assert "Connected" in text


def test_its_chargers_and_connectors_can_be_asked_from_here(desk: Client) -> None:
    station = StationFactory()
    charger = ChargerFactory(station=station, name="Quay 1-A")
    connector = ConnectorFactory(charger=charger)
    text = page(desk, station)
    assert "Quay 1-A" in text
    for kind, pk, slug in (
        ("station", station.pk, "reboot"),
        ("charger", charger.pk, "change-availability"),
        ("connector", connector.pk, "unlock"),
    ):
        assert reverse(f"ask-{kind}", args=[pk, slug]) in text


def test_offline_nothing_can_be_asked(desk: Client) -> None:
    station = StationFactory(connected=False)
    connector = ConnectorFactory(charger__station=station)
    text = page(desk, station)
    assert reverse("ask-station", args=[station.pk, "reboot"]) not in text
    assert reverse("ask-connector", args=[connector.pk, "unlock"]) not in text
    assert "a charger can only be asked while it is connected" in text


def test_it_shows_what_happened_lately(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    connector = ConnectorFactory(charger__station=station)
    SessionFactory(connector=connector, meter_start_wh=0.0, meter_last_wh=41_200.0)
    run = RunFactory(station=station, status=RunStatus.DONE)
    MessageFactory(station=station, action="MeterValues")
    ConnectionFactory(
        station=station,
        closed_at=timezone.now() - timedelta(hours=2),
        close_code=1006,
        close_reason="Nothing heard for 12 min.",
    )
    text = page(desk, station)
    assert "41.2 kWh" in text
    assert reverse("run-detail", args=[run.pk]) in text
    assert "Reboot Quay 1" in text
    assert "MeterValues" in text
    assert "1006" in text
    assert "Nothing heard for 12 min." in text


def test_what_stations_say_is_only_text(desk: Client) -> None:
    hostile = "<script>alert(1)</script>"
    station = StationFactory(name=hostile, vendor=hostile, model=hostile, firmware_version=hostile)
    ConnectorFactory(charger__station=station, error_code=hostile[:50], error_info=hostile)
    MessageFactory(station=station, action=hostile, call=hostile, answer=hostile)
    assert hostile not in page(desk, station)


def test_secrets_in_messages_are_masked(desk: Client) -> None:
    station = StationFactory()
    MessageFactory(
        station=station,
        action="ChangeConfiguration",
        call='[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"secret"}]',
    )
    assert "secret" not in page(desk, station)


@pytest.mark.parametrize("size", [1, 30])
def test_the_number_of_queries_does_not_grow(desk: Client, size: int) -> None:
    station = StationFactory(site=SiteFactory())
    for _number in range(size):
        connector = ConnectorFactory(charger__station=station)
        SessionFactory(connector=connector)
        RunFactory(
            station=station,
            charger=connector.charger,
            connector=connector,
            command="unlock",
            created_by=UserFactory(),
        )
        MessageFactory(station=station)
        ConnectionFactory(station=station, closed_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        page(desk, station)
    assert len(queries) <= MOST_QUERIES


def test_other_organisations_stations_are_not_there(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    station = StationFactory()
    for name in ("station-detail", "station-approve"):
        assert client.get(reverse(name, args=[station.pk])).status_code == 404


def test_a_waiting_station_is_approved_for_an_organisation(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN))
    station = StationFactory(organisation=None, registration=Registration.PENDING)
    organisation = OrganisationFactory()
    url = reverse("station-approve", args=[station.pk])
    assert url in page(client, station)
    assert organisation.name in client.get(url).text
    client.post(url, {"organisation": organisation.pk})
    station.refresh_from_db()
    assert station.registration == Registration.ACCEPTED
    assert station.organisation == organisation
    assert url not in page(client, station)


def test_with_scripts_approving_reloads_the_page(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN))
    station = StationFactory(registration=Registration.PENDING)
    url = reverse("station-approve", args=[station.pk])
    response = client.post(url, {"organisation": ""}, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == reverse("station-detail", args=[station.pk])
    wrong = client.post(url, {"organisation": "999"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ENGINEER])
def test_only_admins_approve(client: Client, role: Role) -> None:
    client.force_login(UserFactory(role=role))
    station = StationFactory(registration=Registration.PENDING)
    url = reverse("station-approve", args=[station.pk])
    assert url not in page(client, station)
    assert client.post(url, {}).status_code == 403
    station.refresh_from_db()
    assert station.registration == Registration.PENDING
