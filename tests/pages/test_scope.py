"""Who sees what: other organisations' stations and chargers do not exist."""

import pytest
from django.test import Client

from tests.factories import ChargerFactory, OrganisationFactory, StationFactory, UserFactory
from tests.pages.reading import column

pytestmark = pytest.mark.django_db

LISTS = ("/operations/chargers/", "/operations/stations/")


@pytest.mark.parametrize("url", LISTS)
def test_a_user_sees_their_own_organisation(client: Client, url: str) -> None:
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    ChargerFactory(station=StationFactory(organisation=ours, name="Ours"), name="Ours")
    ChargerFactory(
        station=StationFactory(organisation=theirs, name="Theirs", vendor="Secret"),
        name="Theirs",
    )
    client.force_login(UserFactory(organisation=ours))
    response = client.get(url)
    assert column(response, "Name") == ["Ours"]
    assert "Theirs" not in response.text
    assert "Secret" not in response.text
    assert response.context["counts"][0]["value"] == 1


@pytest.mark.parametrize("url", LISTS)
def test_a_user_of_the_whole_network_sees_all(client: Client, url: str) -> None:
    ChargerFactory()
    ChargerFactory()
    client.force_login(UserFactory())
    assert len(column(client.get(url), "Name")) == 2


@pytest.mark.parametrize("url", LISTS)
def test_a_user_of_no_organisation_sees_nothing(client: Client, url: str) -> None:
    ChargerFactory()
    client.force_login(UserFactory(sees_all_organisations=False))
    response = client.get(url)
    assert not response.context["table"].records()


def test_unassigned_stations_are_for_the_whole_network_only(client: Client) -> None:
    StationFactory(organisation=None, name="New one")
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    assert "New one" not in client.get("/operations/stations/").text


def test_anothers_connectors_are_not_found(client: Client) -> None:
    charger = ChargerFactory()
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    assert client.get(f"/operations/chargers/{charger.pk}/connectors/").status_code == 404
    assert client.get("/operations/chargers/99999999/connectors/").status_code == 404


def test_export_keeps_to_the_scope(client: Client) -> None:
    ChargerFactory(name="Theirs")
    client.force_login(UserFactory(organisation=OrganisationFactory()))
    for url in LISTS:
        assert "Theirs" not in client.get(url, {"export": "csv"}).text


def test_times_are_in_the_organisations_zone(client: Client) -> None:
    organisation = OrganisationFactory(time_zone="Asia/Tokyo")
    charger = ChargerFactory(
        station=StationFactory(organisation=organisation),
        status_at="2026-01-01T20:00:00+00:00",
    )
    assert charger.pk
    client.force_login(UserFactory(organisation=organisation))
    assert column(client.get(LISTS[0]), "Since") == ["2026-01-02 05:00:00"]
