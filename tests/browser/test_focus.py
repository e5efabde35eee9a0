"""Without a mouse: in which order Tab walks a page, where the focus goes and comes back to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from operations.models import Charger, Station
from operations.services.live import switchboard
from operations.statuses import Role
from tests.browser.journeys import SOON_MS
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
SCRIPT = Path(__file__).with_name("focus.js").read_text(encoding="utf-8")
MOST_STEPS = 300
# 1280 by 1024 px at 400 %: what sticks to an edge leaves room.
NARROW = {"width": 320, "height": 256}


@pytest.fixture
def desk(sign_in: SignIn) -> Page:
    """An operator's browser at a list of three chargers, of which one can be asked."""
    station = StationFactory(name="Quay 1", open_connection=True)
    ConnectorFactory(charger=ChargerFactory(station=station, name="Quay 1-A"), number=1)
    for name in ("Pier 1", "Pier 2"):
        ChargerFactory(station=StationFactory(name=name, connected=False), name=name)
    page = sign_in(Role.OPERATOR)
    page.evaluate(SCRIPT)
    return page


def walk(page: Page) -> Iterator[dict[str, Any]]:
    """Where Tab leads, until it leaves the page."""
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        place = page.evaluate("focusNow.at()")
        if place is None or place["again"]:
            return
        yield place


def test_tab_walks_a_list_as_one_reads_it(desk: Page) -> None:
    places = list(walk(desk))
    regions = [place["region"] for place in places]
    assert regions == sorted(regions)
    assert set(regions) == set(range(8))
    rows = [place["row"] for place in places if place["row"] >= 0]
    assert rows == sorted(rows)
    assert [place["name"] for place in places if not place["inSight"]] == []
    assert [place["name"] for place in places if not place["ring"]] == []
    assert desk.evaluate("focusNow.missed()") == []


def test_nothing_covers_the_focus_at_400_percent(desk: Page) -> None:
    desk.set_viewport_size(NARROW)  # type: ignore[arg-type]
    desk.get_by_label("Select Quay 1-A").check()
    desk.locator("h1").click()
    assert [place["name"] for place in walk(desk) if not place["inSight"]] == []


def test_the_first_tab_offers_to_skip_the_menu(desk: Page) -> None:
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to content")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_be_focused()
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.closest('main') !== null") is True


def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(desk: Page) -> None:
    charger = Charger.objects.get(name="Quay 1-A")
    row = desk.locator(f"#charger-{charger.pk}")
    opener = row.get_by_role("link", name="Request availability change")
    opener.focus()
    opener.press("Enter")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Request")).to_be_visible()
    expect(dialog.locator(":focus")).to_have_count(1)
    for key in ("Tab", "Shift+Tab"):
        for _step in range(12):
            desk.keyboard.press(key)
            # Past its last element a browser's own bar may come, never the page below.
            assert desk.evaluate("document.activeElement.closest('main') === null")
    # Meanwhile another element is where the opener was: the station has gone.
    Station.objects.filter(pk=charger.station_id).update(connected_at=None)
    switchboard.changed({f"connectivity:{charger.station_id}"})
    expect(row.locator("[aria-disabled=true]")).to_have_count(1, timeout=SOON_MS)
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(row.locator(":focus")).to_have_count(1)


def test_menus_open_and_close_where_one_is(desk: Page) -> None:
    menus = {"#user-menu": "Sign out", "#columns-menu": "Show", "#views-menu": "All rows"}
    for menu, text in menus.items():
        summary = desk.locator(f"{menu} > summary")
        summary.press("Enter")
        expect(desk.locator(f"{menu} .menu-panel")).to_contain_text(text)
        desk.keyboard.press("Tab")
        assert desk.evaluate(f"document.activeElement.closest('{menu}') !== null"), menu
        desk.keyboard.press("Escape")
        expect(desk.locator(f"{menu} .menu-panel")).to_be_hidden()
        expect(summary).to_be_focused()
    desk.set_viewport_size({"width": 390, "height": 844})
    button = desk.get_by_role("button", name="Menu", exact=True)
    button.press("Enter")
    expect(desk.locator("#menu a").first).to_be_focused()
    desk.keyboard.press("Escape")
    expect(button).to_be_focused()
