"""Tables people like: columns, several sorts, views, keys, search; in place and with history."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from operations.models import ListLook, User
from operations.statuses import Role
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.browser

STATIONS = "/operations/stations/"
# Every request fails as it does without a network.
NO_NETWORK = """() => {
  XMLHttpRequest.prototype.send = function () {
    setTimeout(() => this.dispatchEvent(new ProgressEvent("error")));
  };
}"""
SignIn = Callable[..., Page]


@pytest.fixture
def desk(sign_in: SignIn) -> Page:
    """An operator's browser at the list of stations."""
    StationFactory(name="Quay 1", identity="CP-1", vendor="ABB", model="A")
    StationFactory(name="Quay 2", identity="CP-2", vendor="Alfen", model="B")
    StationFactory(name="Quay 3", identity="CP-3", vendor="ABB", model="C")
    return sign_in(Role.OPERATOR, at=STATIONS)


def names(page: Page) -> list[str]:
    return (
        page.locator('.list tbody tr:not(.detail-row) a[href^="/operations/stations/"]')
        .filter(has_text="Quay")
        .all_inner_texts()
    )


def headings(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".list th a.sort").all_inner_texts()]


def test_columns_are_chosen_ordered_and_kept(desk: Page) -> None:
    desk.locator("#columns-menu summary").click()
    menu = desk.locator("#columns-menu")
    for label in ("Serial number", "Model", "Vendor", "Protocol", "Firmware", "Site"):
        menu.get_by_label(label, exact=True).uncheck()
    menu.get_by_role("button", name="Move Identity up").click()
    menu.get_by_label("Compact").check()
    menu.get_by_role("button", name="Show").click()
    expect(desk.locator(".list")).to_have_attribute("data-density", "compact")
    assert headings(desk)[:2] == ["Identity", "Name"]
    assert "Vendor" not in headings(desk)
    # The address says so, for a colleague; the list itself knows it next time.
    assert "columns=identity%2Cname" in desk.url
    desk.goto(desk.url.split("?")[0])
    assert headings(desk)[:2] == ["Identity", "Name"]
    desk.wait_for_url("**columns=identity*")
    # A filter keeps them.
    desk.locator("[data-filters]").get_by_label("Name", exact=True).fill("Quay 2")
    desk.wait_for_url("**name=Quay*")
    expect(desk.locator(".list tbody tr")).to_have_count(1)
    assert "columns=identity" in desk.url
    assert headings(desk)[:2] == ["Identity", "Name"]


def test_shift_click_sorts_by_a_second_column(desk: Page) -> None:
    desk.locator("#sort-vendor").click()
    desk.wait_for_url("**sort=vendor*")
    desk.locator("#sort-name").click(modifiers=["Shift"])
    desk.wait_for_url("**sort=name*")
    expect(desk.locator(".sort-rank")).to_have_text(["2", "1"])
    assert names(desk) == ["Quay 1", "Quay 3", "Quay 2"]
    desk.locator("#sort-name").click(modifiers=["Shift"])
    desk.wait_for_url("**sort=-name*")
    assert names(desk) == ["Quay 3", "Quay 1", "Quay 2"]
    # Without the mouse, by the menu.
    desk.locator("#columns-menu summary").press("Enter")
    desk.get_by_label("Then by").select_option("")
    desk.get_by_role("button", name="Sort", exact=True).press("Enter")
    desk.wait_for_url(re.compile(r"\?sort=vendor$"))


def test_a_view_is_saved_opened_and_deleted(desk: Page) -> None:
    filters = desk.locator("[data-filters]")
    filters.get_by_label("Vendor").fill("Alfen")
    desk.wait_for_url("**vendor=Alfen*")
    expect(desk.locator(".list tbody tr")).to_have_count(1)
    desk.get_by_role("link", name="Save view").click()
    desk.get_by_role("dialog").get_by_label("Name").fill("Alfens")
    desk.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(desk.locator("#toasts")).to_contain_text("The view Alfens is saved.")
    desk.get_by_role("link", name="Clear", exact=True).click()
    expect(desk.locator(".list tbody tr")).to_have_count(3)
    desk.locator("#views-menu summary").click()
    desk.locator("#views-menu").get_by_role("link", name="Alfens", exact=True).click()
    desk.wait_for_url("**vendor=Alfen*")
    expect(desk.locator(".list tbody tr")).to_have_count(1)
    desk.locator("#views-menu summary").click()
    desk.get_by_role("link", name="Delete Alfens").click()
    desk.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(desk.locator("#toasts")).to_contain_text("The view Alfens is deleted.")


def test_keys_walk_select_expand_and_open_rows(desk: Page) -> None:
    charger = ChargerFactory(name="Quay 1-A")
    ConnectorFactory(charger=charger, number=1)
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    expect(desk.locator(".list tbody tr:focus")).to_contain_text("Quay 2")
    desk.keyboard.press("x")
    expect(desk.locator("#selection")).to_contain_text("1 selected")
    desk.keyboard.press("k")
    expect(desk.locator(".list tbody tr:focus")).to_contain_text("Quay 1")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/stations/\d+/$"))
    desk.keyboard.press("g")
    desk.keyboard.press("c")
    desk.wait_for_url("**/operations/chargers/")
    desk.keyboard.press("j")
    desk.keyboard.press("e")
    expect(desk.locator(f"#charger-{charger.pk}-detail")).to_contain_text("Connector 1")


def test_keys_do_nothing_while_one_types_and_can_be_switched_off(desk: Page) -> None:
    desk.keyboard.press("/")
    field = desk.locator("[data-filters]").get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    desk.keyboard.type("jxg?")
    expect(field).to_have_value("jxg?")
    expect(desk.locator("#dialog")).not_to_be_visible()
    field.fill("")
    expect(desk.locator(".list tbody tr")).to_have_count(3)
    desk.locator("h1").click()
    desk.keyboard.press("?")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Select the row")
    dialog.get_by_label("Use single keys").uncheck()
    dialog.get_by_role("button", name="Close").click()
    desk.keyboard.press("j")
    expect(desk.locator(".list tbody tr:focus")).to_have_count(0)
    desk.keyboard.press("?")
    expect(dialog).not_to_be_visible()


def test_the_search_is_walked_with_arrows_and_remembers_where_one_was(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    box = desk.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    box.press_sequentially("quay 2")
    hits = desk.get_by_role("listbox", name="Found")
    expect(hits.get_by_role("option").first).to_contain_text("Quay 2")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(hits.locator('[aria-selected="true"]')).to_contain_text("Quay 2")
    expect(box).to_have_attribute("aria-activedescendant", re.compile("hit-"))
    box.press("Enter")
    desk.wait_for_url(re.compile(r"/stations/\d+/$"))
    desk.keyboard.press("Control+k")
    expect(hits.get_by_role("option")).to_contain_text(["Quay 2"])
    desk.keyboard.press("Escape")
    expect(hits).not_to_be_visible()


def test_back_brings_the_filter_and_its_rows_back(desk: Page) -> None:
    name = desk.locator("[data-filters]").get_by_label("Name", exact=True)
    name.fill("Quay 2")
    expect(desk.locator(".list tbody tr")).to_have_count(1)
    expect(name).to_be_focused()
    desk.go_back()
    expect(desk.locator(".list tbody tr")).to_have_count(3)
    expect(name).to_have_value("")
    desk.go_forward()
    expect(desk.locator(".list tbody tr")).to_have_count(1)
    expect(name).to_have_value("Quay 2")


def test_rows_stay_when_the_portal_cannot_be_reached(desk: Page) -> None:
    desk.evaluate(NO_NETWORK)
    desk.locator("[data-filters]").get_by_label("Name", exact=True).fill("Quay 2")
    expect(desk.locator("#toasts")).to_contain_text("try again")
    expect(desk.locator(".list tbody tr")).to_have_count(3)
    expect(desk.locator(".list")).not_to_have_class(re.compile("htmx-request"))


def test_without_scripts_columns_views_and_search_are_forms(desk: Page, sign_in: SignIn) -> None:
    page = sign_in(User.objects.get(), at=STATIONS, java_script_enabled=False)
    page.locator("#columns-menu summary").click()
    page.get_by_role("button", name="Move Identity up").click()
    assert headings(page)[:2] == ["Identity", "Name"]
    assert ListLook.objects.get().columns.startswith("identity,name")
    page.get_by_role("combobox", name="Search").fill("quay 3")
    page.get_by_role("combobox", name="Search").press("Enter")
    expect(page.locator("main")).to_contain_text("Quay 3")
