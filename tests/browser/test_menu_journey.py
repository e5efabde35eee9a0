"""Through the whole menu in a real browser: clean in both themes, nothing wider than a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from operations.statuses import Role
from tests.browser.journeys import faults
from tests.factories import ChargerFactory, ConnectorFactory, RunFactory, StationFactory

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
IS_TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"


def test_every_page_of_the_menu_is_clean(sign_in: Callable[..., Page]) -> None:
    station = StationFactory(name="Quay 1", open_connection=True)
    ConnectorFactory(charger=ChargerFactory(station=station), number=1)
    RunFactory(station=station)
    StationFactory(name="Quay 2", connected=False)
    page = sign_in(Role.ADMIN)
    menu = page.get_by_role("navigation", name="Menu").get_by_role("link")
    addresses = [str(link.get_attribute("href")) for link in menu.all()]
    assert len(addresses) >= 15
    found = []
    for address in addresses:
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.goto(page.url.split("/operations/")[0] + address)
        expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        found += [f"{address}: {fault}" for fault in faults(page)]
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        if page.evaluate(IS_TOO_WIDE):
            found.append(f"{address}: wider than a phone")
    assert found == []
