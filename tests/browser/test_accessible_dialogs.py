"""What opens on top of a page, for everybody: dialogs, menus, the search, the selection's bar."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from operations.statuses import Role
from tests.browser.looking import WIDTHS, faults
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory, UserFactory

pytestmark = pytest.mark.browser

STATIONS = "/operations/stations/"
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
NARROW = {"width": min(WIDTHS), "height": 600}


@pytest.fixture
def desk(sign_in: Callable[..., Page]) -> Page:
    """An engineer's browser at a list of three stations, of which one can be asked."""
    station = StationFactory(name="Quay 1", open_connection=True)
    ConnectorFactory(charger=ChargerFactory(station=station))
    StationFactory.create_batch(2, name="Pier", connected=False)
    user = UserFactory(role=Role.ENGINEER, username="ada")
    return sign_in(user, at=STATIONS)


def dialog_of(page: Page) -> Locator:
    """The dialog, with all it fetches."""
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".dialog-loading")).to_have_count(0)
    expect(dialog.locator(".dialog-title")).to_be_visible()
    return dialog


def look(page: Page, part: str) -> list[str]:
    """What is wrong with what has opened, at the desk and at 400 %."""
    desk = page.viewport_size
    assert desk is not None
    found = faults(page, part)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    if page.evaluate(TOO_WIDE):
        found.append(f"{part}: too wide")
    page.set_viewport_size(desk)
    return found


def open_dialog(page: Page, name: str) -> Locator:
    page.get_by_role("row").filter(has_text="Quay 1").get_by_role("link", name=name).click()
    return dialog_of(page)


def test_asking(desk: Page) -> None:
    dialog = open_dialog(desk, "Firmware update")
    for summary in dialog.locator("details > summary").all():
        summary.click()
    found = look(desk, "#dialog")
    dialog.get_by_role("button", name="Request").click()
    expect(dialog.locator("[aria-invalid=true]").first).to_be_visible()
    found += look(desk, "#dialog")
    desk.keyboard.press("Escape")
    expect(open_dialog(desk, "More…")).to_contain_text("Set charging profile")
    assert found + look(desk, "#dialog") == []


def test_views(desk: Page) -> None:
    desk.get_by_role("link", name="Save view").click()
    dialog = dialog_of(desk)
    found = look(desk, "#dialog")
    dialog.get_by_label("Name").fill("Mine")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.locator("#toasts .notice")).to_be_visible()
    found += faults(desk, "#toasts")
    desk.locator("#views-menu summary").click()
    expect(desk.locator("#views-menu")).to_contain_text("Mine")
    assert found + look(desk, "#views-menu") == []


def test_menus_keys_and_the_search(desk: Page) -> None:
    found = []
    for menu in ("#columns-menu", "#user-menu"):
        desk.locator(f"{menu} > summary").click()
        expect(desk.locator(f"{menu} .menu-panel")).to_be_visible()
        found += look(desk, menu)
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    expect(dialog_of(desk)).to_contain_text("Select the row")
    found += look(desk, "#dialog")
    desk.keyboard.press("Escape")
    desk.get_by_role("link", name="Quay 1", exact=True).first.click()
    desk.wait_for_url(re.compile(r"/operations/stations/\d+/$"))  # and its scripts
    desk.keyboard.press("Control+k")
    hits = desk.get_by_role("listbox", name="Found")
    expect(hits.get_by_role("option")).to_contain_text(["Quay 1"])
    found += look(desk, "[data-palette]")
    desk.get_by_role("combobox", name="Search").fill("quay")
    expect(hits.get_by_role("option")).not_to_have_count(1)
    desk.keyboard.press("ArrowDown")
    assert found + look(desk, "[data-palette]") == []


def test_many_are_ticked_and_confirmed(desk: Page) -> None:
    desk.get_by_label("Select all on this page").check()
    desk.locator("#selection summary").click()
    found = look(desk, "#list")
    desk.locator("#selection").get_by_role("button", name="Reboot").click()
    expect(desk.get_by_role("heading", name="Reboot 3 stations")).to_be_visible()
    for summary in desk.locator("details.more > summary").all():
        summary.click()
    found += look(desk, "main")
    desk.get_by_role("button", name="Preview").click()
    desk.locator("summary").filter(has_text="Not connected").click()
    assert found + look(desk, "main") == []
