"""What the seed says of Operations > Chargers, sentence by sentence, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from operations.models import Charger, CommandRun
from operations.statuses import Role
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser import seeds
from tests.browser.journeys import SOON_MS
from tests.e2e.waiting import wait_until_true
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.browser

# What the page looks like is the same in each; every version is asked in tests/e2e.
VERSIONS = pytest.mark.parametrize("version", [V16, V201], ids=str)
SignIn = Callable[..., Page]
Fleet = Callable[..., None]


@pytest.fixture
def depot(transactional_db: None) -> list[str]:
    """Sixty chargers, of which 29 are of ABB and faulted; the names of those on page two."""
    station = StationFactory(name="Depot")
    for number in range(1, 61):
        charger = ChargerFactory(
            station=station,
            number=number,
            name=f"Depot {number:02d}",
            vendor="ABB" if number % 2 else "Alfen",
            charging_status="Faulted" if number <= 58 else "Available",
        )
        ConnectorFactory(charger=charger, number=1)
    return [f"Depot {number:02d}" for number in (51, 53, 55, 57)]


def second_page(page: Page) -> None:
    """Filter twice in place, and turn the page."""
    seeds.filter_by(page, "Vendor", "ABB")
    seeds.filter_by(page, "Charging status", "Faulted")
    expect(page.locator("#list")).to_contain_text("of 29")
    expect(page).to_have_url(re.compile("vendor=ABB.*charging_status=Faulted"))
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#list")).to_contain_text("Showing 26\u201329 of 29")
    expect(seeds.rows(page)).to_have_count(4)


def test_from_the_menu_select_operations_and_click_chargers(
    sign_in: SignIn, depot: list[str]
) -> None:
    """A paginated list of all chargers is shown in a tabular format."""
    page = sign_in(Role.VIEWER)
    seeds.choose(page, "Stations")
    seeds.choose(page, "Chargers")
    expect(seeds.rows(page)).to_have_count(25)
    expect(page.locator("#list")).to_contain_text("Showing 1\u201325 of 60")


def test_they_are_generated_printed_and_copied_per_paginated_page(
    sign_in: SignIn, depot: list[str]
) -> None:
    """To generate the chargers list in a spreadsheet, click CSV. To print, click Print, ..."""
    page = sign_in(Role.VIEWER)
    second_page(page)
    rows = seeds.spreadsheet(page)
    assert [row["Name"] for row in rows] == depot
    assert {row["Vendor"] for row in rows} == {"ABB"}
    headings, *lines = seeds.copied(page)
    assert headings == list(rows[0])
    assert [line[0] for line in lines] == depot
    paper = seeds.printed(page)
    everyone = Charger.objects.order_by("name").values_list("name", flat=True)
    assert seeds.are_on_paper(paper, everyone) == depot
    # The table alone: no menu, no buttons.
    assert "Charging status" in paper
    assert "Unknown stations" not in paper
    assert "CSV" not in paper


def test_you_can_filter_for_a_charger(sign_in: SignIn) -> None:
    """... by name, serial number, model, vendor, operational status, or/and charging status."""
    hardware = {"serial_number": "SN-7", "model": "Terra", "vendor": "ABB"}
    states = {"operational_status": "Inoperative", "charging_status": "Faulted"}
    ChargerFactory(name="Quay 7", **hardware, **states)
    ChargerFactory(name="Quay 8", serial_number="SN-8", model="Eve", vendor="Alfen")
    page = sign_in(Role.VIEWER)
    wanted = {"Name": "Quay 7"} | {
        name.replace("_", " ").capitalize(): value for name, value in (hardware | states).items()
    }
    for label, value in wanted.items():
        seeds.filter_by(page, label, value)
        expect(seeds.rows(page)).to_have_count(1)
        expect(seeds.rows(page)).to_contain_text("Quay 7")
        page.get_by_role("link", name="Clear", exact=True).click()
        expect(seeds.rows(page)).to_have_count(2)
    # "And": two filters at once, of which each alone would find one.
    seeds.filter_by(page, "Vendor", "Alfen")
    expect(seeds.rows(page)).to_have_count(1)
    expect(seeds.rows(page)).to_contain_text("Quay 8")
    seeds.filter_by(page, "Charging status", "Faulted")
    expect(seeds.rows(page)).to_have_count(0)


@VERSIONS
def test_click_expand_and_turn_a_connector_off_and_on(
    sign_in: SignIn, fleet: Fleet, version: OcppVersion
) -> None:
    """Turning off a connector will send a request to the charger ... to make it inoperative."""
    seeds.connected(fleet, version)
    page = sign_in(Role.OPERATOR)
    page.evaluate("window.stayed = true")
    seeds.expand(page, "Quay 1")
    connector = seeds.connector_of(page, 2)
    expect(connector).to_contain_text("Available")
    seeds.ask(page, connector, "Request availability change")
    expect(connector).to_contain_text("Unavailable", timeout=SOON_MS)
    of_v2 = {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 2}}
    of_v16 = {"connectorId": 2, "type": "Inoperative"}
    assert seeds.asked("ChangeAvailability") == (of_v16 if version is V16 else of_v2)
    seeds.ask(page, connector, "Request availability change")
    expect(connector).to_contain_text("Available", timeout=SOON_MS)
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 2)
    # All of it came by itself.
    assert page.evaluate("window.stayed") is True


@pytest.mark.parametrize("version", [V21], ids=str)
def test_both_chargers_and_connectors_can_be_turned_off(
    sign_in: SignIn, fleet: Fleet, version: OcppVersion
) -> None:
    """To achieve this, click Request availability change."""
    station = seeds.connected(fleet, version)
    charger = Charger.objects.get(station=station)
    page = sign_in(Role.OPERATOR)
    row = page.locator(f"#charger-{charger.pk}")
    seeds.ask(page, row, "Request availability change")
    expect(row).to_contain_text("Unavailable", timeout=SOON_MS)
    seeds.expand(page, "Quay 1")
    for number in (1, 2):
        expect(seeds.connector_of(page, number)).to_contain_text("Unavailable")


def test_it_can_not_be_used_if_the_charging_device_is_not_connected(sign_in: SignIn) -> None:
    """This feature can not be used if the charging device is not connected ..."""
    station = StationFactory(name="Quay 9", connected=False)
    ConnectorFactory(charger=ChargerFactory(station=station, name="Quay 9"), number=1)
    page = sign_in(Role.OPERATOR)
    row = page.locator("tr").filter(has_text="Quay 9").first
    button = row.get_by_role("button", name="Request availability change").or_(
        row.get_by_role("link", name="Request availability change")
    )
    expect(button.first).to_have_attribute("aria-disabled", "true")
    expect(row).to_contain_text("a charger can only be asked while it is connected")


@VERSIONS
def test_a_connector_can_be_unlocked(sign_in: SignIn, fleet: Fleet, version: OcppVersion) -> None:
    """Furthermore, a connector can be locked/unlocked by clicking the padlock."""
    seeds.connected(fleet, version)
    page = sign_in(Role.OPERATOR)
    seeds.expand(page, "Quay 1")
    seeds.ask(page, seeds.connector_of(page, 1), "Unlock")
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Done", timeout=SOON_MS)
    toast.get_by_role("link").first.click()
    page.wait_for_url("**/operations/requests/*/")
    expect(page.locator("main")).to_contain_text("The station says the connector is unlocked.")
    expect(page.locator("main")).to_contain_text("UnlockConnector")


def test_a_viewer_sees_no_way_to_ask(sign_in: SignIn) -> None:
    """It is the operation which provides an operator to manage the availability."""
    station = StationFactory(name="Quay 3")
    ConnectorFactory(charger=ChargerFactory(station=station, name="Quay 3"), number=1)
    page = sign_in(Role.VIEWER)
    row = page.locator("tr").filter(has_text="Quay 3").first
    assert row.locator("a[data-dialog]").count() == 1
    row.get_by_role("link", name="More…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your role is viewer: you may look")
