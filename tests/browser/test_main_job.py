"""The main job in a real browser: find a charger, turn it off and on, unlock it, reboot it."""

import csv
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandRun, OcppMessage, Station
from operations.statuses import Role
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.waiting import wait_until_true
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.browser
VERSIONS = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)

PROFILE = Profile("ABB", "Terra 54", ("1.0",), (2,), 50_000)
SOON_MS = 8000


def connected(fleet: Callable[..., None], version: OcppVersion, name: str = "Quay 1") -> Station:
    """A simulated station that has connected and told of both its connectors."""
    station = StationFactory(identity="QUAY-1", name=name, connected=False)
    fleet(StationSpec("QUAY-1", version, PROFILE, seed=1))
    wait_until_true(lambda: station.connectors.exclude(charging_status="").count() == 2)
    return station


@VERSIONS
def test_turning_a_connector_off_and_on_shows_without_a_reload(
    sign_in: Callable[..., Page], fleet: Callable[..., None], version: OcppVersion
) -> None:
    connected(fleet, version)
    page = sign_in(Role.OPERATOR)
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Expand Quay 1").or_(
        page.get_by_role("link", name="Expand Quay 1")
    ).first.click()
    connector = page.locator("[data-connector='2'], tr").filter(has_text="Connector 2").last
    expect(connector).to_contain_text("Available")

    ask(page, connector, "Request availability change")
    expect(connector).to_contain_text("Unavailable", timeout=SOON_MS)
    message = OcppMessage.objects.get(action="ChangeAvailability")
    expected = (
        '{"connectorId":2,"type":"Inoperative"}'
        if version is V16
        else '{"operationalStatus":"Inoperative","evse":{"id":1,"connectorId":2}}'
    )
    assert expected in message.call

    ask(page, connector, "Request availability change")
    expect(connector).to_contain_text("Available", timeout=SOON_MS)
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 2)
    assert page.evaluate("window.stayed") is True


@VERSIONS
def test_unlocking_a_connector_is_told_in_a_toast_that_leads_to_the_run(
    sign_in: Callable[..., Page], fleet: Callable[..., None], version: OcppVersion
) -> None:
    connected(fleet, version)
    page = sign_in(Role.OPERATOR)
    page.get_by_role("button", name="Expand Quay 1").or_(
        page.get_by_role("link", name="Expand Quay 1")
    ).first.click()
    connector = page.locator("[data-connector='1'], tr").filter(has_text="Connector 1").last
    ask(page, connector, "Unlock")
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Done", timeout=SOON_MS)
    toast.get_by_role("link").first.click()
    page.wait_for_url("**/operations/requests/*/")
    expect(page.locator("main")).to_contain_text("The station says the connector is unlocked.")
    expect(page.locator("main")).to_contain_text("UnlockConnector")


@VERSIONS
def test_a_rebooted_station_goes_offline_and_comes_back(
    sign_in: Callable[..., Page], fleet: Callable[..., None], version: OcppVersion
) -> None:
    station = connected(fleet, version)
    page = sign_in(Role.OPERATOR)
    page.get_by_role("link", name="Stations").first.click()
    page.wait_for_url("**/operations/stations/")
    row = page.locator(f"#station-{station.pk}")
    ask(page, row, "Reboot")
    expect(row).to_contain_text("Offline", timeout=SOON_MS)
    expect(row).to_contain_text("Connected", timeout=SOON_MS)
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 1)
    assert list(CommandRun.objects.get().transitions.values_list("to_status", flat=True)) == [
        "queued",
        "sent",
        "accepted",
        "done",
    ]


def test_filters_combine_and_page_two_is_what_its_csv_holds(
    sign_in: Callable[..., Page],
) -> None:
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
    page = sign_in(Role.VIEWER)
    filters = page.locator("[data-filters]")
    filters.get_by_label("Vendor").fill("ABB")
    filters.get_by_label("Charging status").select_option("Faulted")
    expect(page.locator("#list")).to_contain_text("of 29")
    expect(page).to_have_url(re.compile("vendor=ABB.*charging_status=Faulted"))
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#list")).to_contain_text("Showing 26\u201329 of 29")

    shown = page.locator("#list tbody tr[id^=charger-] >> internal:has-text=/Depot/")
    names = [f"Depot {number:02d}" for number in (51, 53, 55, 57)]
    expect(shown).to_have_count(4)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    assert [row["Name"] for row in rows] == names
    assert {row["Vendor"] for row in rows} == {"ABB"}

    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#toasts")).to_contain_text("4 rows")
    copied = page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert copied[0].split("\t") == list(rows[0])
    assert [line.split("\t")[0] for line in copied[1:]] == names


def test_an_offline_charger_can_not_be_asked_and_says_why(sign_in: Callable[..., Page]) -> None:
    station = StationFactory(name="Quay 9", connected=False)
    ConnectorFactory(charger=ChargerFactory(station=station, name="Quay 9"), number=1)
    page = sign_in(Role.OPERATOR)
    row = page.locator("tr").filter(has_text="Quay 9").first
    button = row.get_by_role("button", name="Request availability change").or_(
        row.get_by_role("link", name="Request availability change")
    )
    expect(button.first).to_have_attribute("aria-disabled", "true")
    expect(row).to_contain_text("a charger can only be asked while it is connected")


def test_a_viewer_sees_no_way_to_ask(sign_in: Callable[..., Page]) -> None:
    station = StationFactory(name="Quay 3")
    ConnectorFactory(charger=ChargerFactory(station=station, name="Quay 3"), number=1)
    page = sign_in(Role.VIEWER)
    assert page.locator("tr").filter(has_text="Quay 3").locator("a[data-dialog]").count() == 0


def ask(page: Page, row: object, label: str) -> None:
    """Press a row's button and the dialog's Request."""
    row.get_by_role("link", name=label).first.click()  # type: ignore[attr-defined]
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Request").click()
    expect(dialog).to_be_hidden()
