"""The portal with scripts switched off: filter, sort, turn the page, ask, confirm."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from operations.models import CommandRun
from operations.statuses import Role
from operations.versions import V16
from tests.browser import seeds
from tests.e2e.waiting import wait_until_true
from tests.factories import ChargerFactory, StationFactory

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]


def names(page: Page) -> list[str]:
    return page.locator("#list tbody td.name").all_inner_texts()


def test_a_list_is_filtered_sorted_and_turned(sign_in: SignIn) -> None:
    station = StationFactory(name="Depot")
    for number in range(1, 61):
        vendor = "ABB" if number % 2 else "Alfen"
        ChargerFactory(station=station, number=number, name=f"Depot {number:02d}", vendor=vendor)
    page = sign_in(Role.VIEWER, java_script_enabled=False)
    page.locator("[data-filters]").get_by_label("Vendor").fill("ABB")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#list")).to_contain_text("Showing 1\u201325 of 30")
    page.locator("#sort-name").click()
    page.wait_for_url("**sort=*name*")
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("#list")).to_contain_text("Showing 26\u201330 of 30")
    shown = names(page)
    assert len(shown) == 5
    assert {row["Vendor"] for row in seeds.spreadsheet(page)} == {"ABB"}
    assert [row["Name"] for row in seeds.spreadsheet(page)] == shown
    # What only scripts can do is not offered.
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_hidden()


def test_one_is_asked_and_many_are_confirmed(sign_in: SignIn, fleet: Callable[..., None]) -> None:
    station = seeds.connected(fleet, V16)
    page = sign_in(Role.OPERATOR, java_script_enabled=False)
    seeds.expand(page, "Quay 1")
    connector = seeds.connector_of(page, 2)
    connector.get_by_role("link", name="Request availability change").first.click()
    page.get_by_role("button", name="Request").click()
    page.wait_for_load_state()
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 1)
    assert seeds.asked("ChangeAvailability") == {"connectorId": 2, "type": "Inoperative"}

    seeds.choose(page, "Stations")
    seeds.row_of(page, station).get_by_role("checkbox").check()
    page.locator("#selection").get_by_role("button", name="Trigger message").click()
    page.get_by_label("Message", exact=True).select_option("heartbeat")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask 1").click()
    page.wait_for_url("**/operations/batches/*/")
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 2)
    page.reload()
    expect(page.locator(".truth")).to_contain_text("1 of 1")
