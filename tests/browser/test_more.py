"""Asking for what stands behind "More…" in a real browser: the menu, the form, the drawing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandRun, Station
from operations.statuses import Role
from operations.versions import V201
from tests.browser.journeys import STATIONS, press_request
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory

pytestmark = pytest.mark.browser

SOON_MS = 30_000


def test_a_profile_is_drawn_while_it_is_typed_and_asked_from_the_menu(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    StationFactory(identity="QUAY-1", name="Quay 1", connected=False)
    fleet(StationSpec("QUAY-1", V201, Profile("ABB", "Terra 54", ("1.0",), (2,), 50_000), seed=1))
    wait_until_true(lambda: Station.objects.get().connectors.count() == 2)
    page = sign_in(Role.ENGINEER, at=STATIONS)
    more = page.get_by_role("row").filter(has_text="Quay 1").get_by_role("link", name="More…")
    more.click()
    page.get_by_role("link", name="Set charging profile").click()

    dialog = page.get_by_role("dialog")
    line = dialog.locator("polyline")
    expect(line).to_have_attribute("points", "0.0,40.0 1000.0,40.0")
    periods = dialog.get_by_label("Periods")
    periods.click()
    periods.press("End")
    periods.type("\n12:00 8", delay=5)
    expect(line).to_have_attribute(
        "points", "0.0,40.0 500.0,40.0 500.0,120.0 1000.0,120.0", timeout=SOON_MS
    )
    # The drawing was replaced; what is being typed was not.
    expect(periods).to_be_focused()
    expect(periods).to_have_value("00:00 16\n12:00 8")

    press_request(page)
    expect(dialog).to_be_hidden(timeout=SOON_MS)
    expect(more).to_be_focused()
    wait_until_true(lambda: CommandRun.objects.get().status == "done")
    page.goto(
        page.url.split("/operations/")[0] + f"/operations/requests/{CommandRun.objects.get().pk}/"
    )
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.locator("polyline")).to_have_count(1)
