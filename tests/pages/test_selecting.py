"""From ticked rows to a form about them: the boxes, the bar, the choices."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operations.commands import COMMANDS
from operations.models import Charger, CommandBatch, CommandRun, FirmwareImage
from operations.statuses import Role
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.choosing import ASK_CHARGERS, ASK_STATIONS, CHARGERS, STATIONS, confirm, rebooting
from tests.pages.reading import csv_lines, page_lines, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    """An operator's browser."""
    client.force_login(UserFactory(role=Role.OPERATOR, username="anna"))
    return client


# --- ticking -----------------------------------------------------------------------------------


def test_rows_have_boxes_that_belong_to_the_bar(desk: Client) -> None:
    station = StationFactory(name="Quay 1")
    page = desk.get(STATIONS).text
    box = f'<input type="checkbox" form="selection" name="pick" value="{station.pk}"'
    assert f'{box} aria-label="Select Quay 1">' in page
    assert 'id="selection"' in page
    assert 'value="reboot"' in page
    assert 'aria-label="Select Quay 1" checked' not in page


def test_without_scripts_a_link_ticks_the_page(desk: Client) -> None:
    StationFactory(name="Quay 1")
    assert "tick=page" in desk.get(STATIONS).text
    assert 'aria-label="Select Quay 1" checked>' in desk.get(STATIONS, {"tick": "page"}).text


def test_viewers_have_nothing_to_tick(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER))
    charger = ConnectorFactory().charger
    assert 'form="selection"' not in client.get(CHARGERS, {"expand": charger.pk}).text
    assert 'id="selection"' not in client.get(CHARGERS).text
    assert client.get(ASK_CHARGERS, {"command": "unlock", "all": "1"}).status_code == 403


def test_boxes_are_no_data(desk: Client) -> None:
    StationFactory()
    assert csv_lines(desk.get(STATIONS, {"export": "csv"}))[0][0] == "Name"
    assert page_lines(desk.get(STATIONS))[0][0] == "Name"


def test_connectors_can_be_ticked_by_themselves(desk: Client) -> None:
    connector = ConnectorFactory()
    page = desk.get(CHARGERS, {"expand": connector.charger.pk}).text
    assert f'form="selection" name="connector" value="{connector.pk}"' in page


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OPERATOR, False), (Role.ENGINEER, True)], ids=["operator", "engineer"]
)
def test_the_bar_offers_what_the_role_may_ask(client: Client, role: Role, may: bool) -> None:
    client.force_login(UserFactory(role=role))
    StationFactory()
    assert ('value="custom-message"' in client.get(STATIONS).text) is may


# --- the form ----------------------------------------------------------------------------------


def test_the_form_says_what_is_asked_of_how_many(desk: Client) -> None:
    stations = [StationFactory() for _number in range(3)]
    picked = [station.pk for station in stations[:2]]
    page = desk.get(ASK_STATIONS, {"command": "reboot", "pick": picked})
    assert "Reboot 2 stations" in page.text
    assert "Stations: the ticked rows" in page.text


def test_all_of_a_filter_is_a_text_not_its_rows(desk: Client) -> None:
    for vendor in ("ABB", "ABB", "Alfen"):
        StationFactory(vendor=vendor)
    link = {"command": "reboot", "all": "1", "filter": "vendor=ABB"}
    page = desk.get(ASK_STATIONS, link)
    assert "Reboot 2 stations" in page.text
    assert "all with Vendor: ABB" in page.text
    assert 'name="pick"' not in page.text


@pytest.mark.parametrize(
    ("source", "command", "title"),
    [
        ("stations", "reboot", "Reboot 1 station"),
        ("stations", "change-availability", "Turn off 1 charger"),
        ("stations", "unlock", "Unlock 2 connectors"),
        ("chargers", "reboot", "Reboot 1 station"),
        ("chargers", "change-availability", "Turn off 1 charger"),
        ("chargers", "unlock", "Unlock 2 connectors"),
    ],
)
def test_a_command_is_asked_of_what_it_is_for(
    desk: Client, source: str, command: str, title: str
) -> None:
    charger = ChargerFactory()
    ConnectorFactory(charger=charger)
    ConnectorFactory(charger=charger)
    link = {"command": command, "all": "1", "availability": "off"}
    assert title in said(desk.get(f"/operations/ask/{source}/", link))


def test_a_connector_ticked_by_itself_never_means_its_charger(desk: Client) -> None:
    one, other = ConnectorFactory(), ConnectorFactory()
    values = {
        "command": "change-availability",
        "availability": "off",
        "pick": other.charger.pk,
        "connector": one.pk,
    }
    confirm(desk, desk.post(ASK_CHARGERS, values))
    asked = CommandRun.objects.values_list("connector", flat=True)
    assert set(asked) == {one.pk, other.pk}


def test_choices_of_every_version_spoken_are_offered(desk: Client) -> None:
    stations = [StationFactory(protocol=protocol) for protocol in ("1.6", "1.6", "2.1")]
    link = {"command": "reboot", "pick": [station.pk for station in stations]}
    page = desk.get(ASK_STATIONS, link).text
    assert "Soft: ends sessions properly" in page
    assert "(OCPP 2.1)" in page
    preview = desk.post(ASK_STATIONS, rebooting(*stations, mode="resume"))
    assert "1 will be asked, 2 can't be." in said(preview)
    assert "OCPP 1.6 has no words for these choices." in preview.text


@pytest.mark.parametrize("slug", [each.slug for each in COMMANDS if each.asked_of_many])
def test_every_command_has_a_form_for_many(client: Client, slug: str) -> None:
    client.force_login(UserFactory(role=Role.ADMIN))
    for protocol in ("1.6", "2.0.1", "2.1"):
        ConnectorFactory(charger__station__protocol=protocol)
    link = {"command": slug, "all": "1"}
    for url in (ASK_STATIONS, ASK_CHARGERS):
        assert client.get(url, link).status_code == 200
        assert client.post(url, link).status_code in {200, 422}


def test_forms_know_what_all_stations_have_in_common(desk: Client) -> None:
    there = {"url": "https://files.example/image.bin", "created_at": timezone.now()}
    fits = FirmwareImage.objects.create(vendor="ABB", model="Terra 54", version="9.9.9", **there)
    FirmwareImage.objects.create(vendor="Alfen", model="Eve", version="8.8.8", **there)
    StationFactory(vendor="ABB", model="Terra 54")
    link = {"command": "firmware-update", "all": "1", "image": fits.pk}
    page = desk.get(ASK_STATIONS, link).text
    assert f'<option value="{fits.pk}" selected>' in page
    assert "8.8.8" not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "sideways"},
        {"most_open": "0"},
        {"stop_after_percent": "101"},
        {"window_from": "22:00"},
        {"starts_at": "2030-01-02T00:00", "expires_at": "2030-01-01T00:00"},
        {"weekdays": ["1"]},
        {"repeat_at": "03:00", "starts_at": "2030-01-02T00:00"},
        {"answer_timeout_s": "x"},
    ],
    ids=str,
)
def test_a_wrong_form_comes_back(desk: Client, wrong: dict[str, Any]) -> None:
    response = desk.post(ASK_STATIONS, rebooting(StationFactory(), **wrong))
    assert response.status_code == 422
    assert "field-error" in response.text
    assert not CommandBatch.objects.exists()


@pytest.mark.parametrize(
    "link",
    [
        {"command": "reboot"},
        {"command": "reboot", "pick": "x"},
        {"command": "reboot", "pick": "99999999999999999999"},
        {"command": "reboot", "all": "1", "filter": "operational_status=Sideways"},
    ],
    ids=str,
)
def test_nothing_chosen_leads_back(desk: Client, link: dict[str, str]) -> None:
    StationFactory()
    response = desk.get(ASK_STATIONS, link, follow=True)
    assert response.redirect_chain[0][0].startswith(STATIONS)
    assert "Tick the rows you want to ask first." in response.text


@pytest.mark.parametrize("url", ["/operations/ask/sessions/", ASK_STATIONS])
def test_unknown_lists_and_commands_are_not_there(desk: Client, url: str) -> None:
    StationFactory()
    assert desk.get(url, {"command": "explode", "all": "1"}).status_code == 404


# --- scope and cost ----------------------------------------------------------------------------


def test_other_organisations_rows_can_not_be_chosen(client: Client) -> None:
    mine = OrganisationFactory()
    client.force_login(UserFactory(role=Role.OPERATOR, organisation=mine))
    station = StationFactory(organisation=mine)
    theirs = ConnectorFactory()
    values = rebooting(station, theirs.station)
    assert "Reboot 1 station" in client.post(ASK_STATIONS, values).text
    link = {
        "command": "unlock",
        "pick": Charger.objects.get().pk,
        "connector": theirs.pk,
    }
    assert client.get(ASK_CHARGERS, link).status_code == 302
    everything = {"command": "reboot", "all": "1"}
    assert "Reboot 1 station" in client.get(ASK_STATIONS, everything).text


def test_a_preview_costs_the_same_for_any_number(desk: Client) -> None:
    counts = []
    for number in (2, 40):
        for _number in range(number):
            ConnectorFactory()
        desk.get(STATIONS)  # the top bar's figures are counted once in a while, whoever asks
        with CaptureQueriesContext(connection) as queries:
            desk.post(ASK_CHARGERS, {"command": "unlock", "all": "1"})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 12


def test_ticking_costs_the_lists_no_query(client: Client) -> None:
    for _number in range(30):
        StationFactory()
    counts = []
    for role in (Role.VIEWER, Role.OPERATOR):
        client.force_login(UserFactory(role=role))
        client.get(STATIONS)
        with CaptureQueriesContext(connection) as queries:
            client.get(STATIONS)
        counts.append(len(queries))
    assert counts[0] == counts[1]
