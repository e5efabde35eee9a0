"""Operations > Unknown stations: who belongs to nobody yet, and what becomes of them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from operations.models import OcppMessage, Station
from operations.services.live import switchboard
from operations.statuses import Registration, Role
from tests.factories import (
    ChargerFactory,
    ConnectionFactory,
    MessageFactory,
    OrganisationFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.reading import column, csv_lines, page_lines

pytestmark = pytest.mark.django_db

URL = "/operations/unknown-stations/"
MOST_QUERIES = 12


@pytest.fixture
def desk(client: Client) -> Client:
    """An admin's browser."""
    client.force_login(UserFactory(role=Role.ADMIN, username="lee"))
    return client


def unknown(**fields: Any) -> Station:
    fields = {"organisation": None, "registration": Registration.PENDING, **fields}
    station: Station = StationFactory(**fields)
    return station


def test_a_row_says_who_it_claims_to_be_and_from_where(desk: Client) -> None:
    StationFactory(name="Ours")
    station = unknown(identity="NEW-1", protocol="2.0.1", epoch=2)
    for epoch, address in ((1, "192.0.2.1"), (2, "192.0.2.2")):
        ConnectionFactory(
            station=station, epoch=epoch, remote_address=address, closed_at=station.connected_at
        )
    header, row = page_lines(desk.get(URL))
    shown = dict(zip(header, row, strict=True))
    assert shown["Identity"] == "NEW-1"
    assert shown["Registration"] == "Waits for approval"
    assert shown["Protocol"] == "OCPP 2.0.1"
    assert (shown["Vendor"], shown["Model"]) == ("ABB", "Terra 54")
    assert shown["From"] == "192.0.2.2"
    assert shown["First seen"].startswith("2")


def test_accepted_ones_without_an_owner_are_here_too(desk: Client) -> None:
    unknown(identity="B", registration=Registration.ACCEPTED)
    unknown(identity="A")
    response = desk.get(URL, {"sort": "identity"})
    assert column(response, "Registration") == ["Waits for approval", "Accepted, not assigned"]
    assert column(desk.get(URL, {"registration": "Pending"}), "Identity") == ["A"]
    exported = csv_lines(desk.get(URL, {"sort": "identity", "export": "csv"}))
    assert exported == page_lines(response)


def test_only_people_who_see_all_see_them(client: Client) -> None:
    station = unknown()
    client.force_login(UserFactory(role=Role.ADMIN, organisation=OrganisationFactory()))
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}{station.pk}/forget/").status_code == 404
    assert "Unknown stations" not in client.get("/operations/stations/").text


def test_the_menu_counts_them(desk: Client) -> None:
    StationFactory()
    assert desk.get("/operations/stations/").context["menu"][-1]["count"] == 0
    unknown()
    unknown()
    assert desk.get("/operations/stations/").context["menu"][-1]["count"] == 2


def test_only_admins_let_in_and_forget(client: Client) -> None:
    station = unknown()
    client.force_login(UserFactory(role=Role.ENGINEER))
    page = client.get(URL)
    assert "it takes the role admin" in page.text
    assert "/approve/" not in page.text
    assert client.get(f"{URL}{station.pk}/forget/").status_code == 403
    assert client.post(f"{URL}{station.pk}/forget/").status_code == 403
    assert Station.objects.exists()


def test_approve_gives_it_an_owner(desk: Client) -> None:
    station, organisation = unknown(), OrganisationFactory()
    assert f'href="/operations/stations/{station.pk}/approve/"' in desk.get(URL).text
    desk.post(f"/operations/stations/{station.pk}/approve/", {"organisation": organisation.pk})
    station.refresh_from_db()
    assert (station.registration, station.organisation) == (Registration.ACCEPTED, organisation)
    assert page_lines(desk.get(URL)) == []


def test_forget_deletes_it_with_all_it_told(
    desk: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(switchboard, "tell", lambda *message: told.append(message))
    station, other = unknown(open_connection=True), StationFactory()
    ChargerFactory(station=station)
    MessageFactory(station=station)
    MessageFactory(station=other)
    channel = station.connections.get().channel_name
    page = desk.get(f"{URL}{station.pk}/forget/")
    assert "all it told is deleted" in page.text
    with django_capture_on_commit_callbacks(execute=True):
        response = desk.post(f"{URL}{station.pk}/forget/", follow=True)
    assert list(Station.objects.all()) == [other]
    assert OcppMessage.objects.get().station == other
    assert told == [(channel, {"type": "station.disconnect", "why": "Forgotten by lee."})]
    assert f"{station.name} is forgotten." in response.text


def test_what_belongs_to_somebody_is_not_forgotten(desk: Client) -> None:
    station = StationFactory(registration=Registration.PENDING)
    assert desk.post(f"{URL}{station.pk}/forget/").status_code == 404
    assert Station.objects.filter(pk=station.pk).exists()


@pytest.mark.parametrize(
    ("policy", "words"),
    [("refuse", "are refused"), ("quarantine", "wait for approval"), ("accept", "are accepted")],
)
def test_an_empty_list_says_what_becomes_of_strangers(
    desk: Client, settings: Settings, policy: str, words: str
) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = policy
    assert words in desk.get(URL).text


@pytest.mark.parametrize("rows", [25, 100])
def test_the_number_of_queries_does_not_grow(desk: Client, rows: int) -> None:
    for _ in range(rows):
        unknown(open_connection=True)
    with CaptureQueriesContext(connection) as queries:
        response = desk.get(URL, {"per_page": str(rows)})
    assert len(response.context["table"].records()) == rows
    assert len(queries) <= MOST_QUERIES
