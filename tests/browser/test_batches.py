"""Asking many in a real browser: ticking with mouse and keys, the preview, a batch that moves."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandBatch, CommandRun, Station
from operations.statuses import Role, RunStatus
from operations.versions import V16, V201
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory
from tests.portal import Portal

pytestmark = pytest.mark.browser

PROFILE = Profile("ABB", "Terra 54", ("1.0",), (1,), 50_000)
SOON_MS = 30_000


def listed(page: Page, portal: Portal, count: int) -> list[Station]:
    """Stations on the page that lists them."""
    stations = [StationFactory(name=f"Quay {number:02}") for number in range(count)]
    page.goto(f"{portal.url}/operations/stations/")
    return stations


def boxes(page: Page) -> list[bool]:
    return [box.is_checked() for box in page.locator("input[name=pick]").all()]


def test_rows_are_ticked_by_mouse_range_and_key(
    sign_in: Callable[..., Page], portal: Portal
) -> None:
    page = sign_in(Role.OPERATOR)
    listed(page, portal, 6)
    bar = page.locator("#selection")
    expect(bar).to_be_hidden()
    picks = page.locator("input[name=pick]")
    picks.nth(1).click()
    picks.nth(4).click(modifiers=["Shift"])
    assert boxes(page) == [False, True, True, True, True, False]
    expect(bar).to_contain_text("4 selected")
    page.locator("tbody tr").nth(5).get_by_role("link", name="Quay 05").focus()
    page.keyboard.press("x")
    assert boxes(page)[5] is True
    expect(bar).to_contain_text("5 selected")
    page.get_by_label("Select all on this page").click()
    expect(bar).to_contain_text("6 selected")
    page.get_by_role("button", name="Untick").click()
    expect(bar).to_be_hidden()
    page.locator("[data-filters]").get_by_label("Name", exact=True).fill("x")
    expect(bar).to_be_hidden()


def test_what_is_ticked_stays_so_while_rows_change(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    station = StationFactory(identity="QUAY-1", name="Quay 1", connected=False)
    page = sign_in(Role.OPERATOR, at="/operations/stations/")
    page.get_by_label("Select Quay 1").check()
    fleet(StationSpec("QUAY-1", V16, PROFILE, seed=1))
    expect(page.locator(f"#station-{station.pk}")).to_contain_text("Connected", timeout=SOON_MS)
    expect(page.get_by_label("Select Quay 1")).to_be_checked()
    expect(page.locator("#selection")).to_contain_text("1 selected")


def test_a_batch_runs_to_its_end_before_ones_eyes(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    specs = [
        StationSpec(f"QUAY-{number}", (V16, V201)[number % 2], PROFILE, seed=number)
        for number in range(4)
    ]
    for spec in specs:
        StationFactory(identity=spec.identity, name=spec.identity, connected=False)
    StationFactory(name="QUAY-9", connected=False)
    fleet(*specs)
    wait_until_true(lambda: Station.objects.connected().count() == 4)
    page = sign_in(Role.OPERATOR, at="/operations/stations/")
    page.get_by_label("Select all on this page").check()
    page.get_by_label("All 5 there are").check()
    expect(page.locator("#selection")).to_contain_text("All selected")
    page.locator("#selection").get_by_role("button", name="Reboot").click()
    expect(page.get_by_role("heading", name="Reboot 5 stations")).to_be_visible()
    page.get_by_text("How many at a time").click()
    page.get_by_label("Spread over (seconds)").fill("0")
    page.get_by_label("At most open at a time").fill("2")
    page.get_by_label("Reason").fill("new firmware")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview-count")).to_have_text(re.compile(r"4\s+will be asked,\s+1"))
    page.locator("summary").filter(has_text="Not connected").click()
    expect(page.get_by_text("QUAY-9 is not connected since")).to_be_visible()
    page.get_by_role("button", name="Ask 4").click()
    page.wait_for_url("**/operations/batches/*/")
    page.evaluate("window.stayed = true")
    expect(page.locator(".truth")).to_contain_text("Done: 5 of 5 have ended", timeout=2 * SOON_MS)
    assert page.evaluate("window.stayed") is True
    batch = CommandBatch.objects.get()
    assert (batch.most_open, batch.reason) == (2, "new firmware")
    page.get_by_role("link", name="Not connected").click()
    page.wait_for_url("**status=not-connected**")
    expect(page.locator("#list tbody tr")).to_have_count(1)


def test_a_batch_is_paused_cancelled_and_asked_again(
    sign_in: Callable[..., Page], portal: Portal
) -> None:
    page = sign_in(Role.OPERATOR)
    listed(page, portal, 3)
    page.get_by_label("Select all on this page").check()
    page.locator("#selection").get_by_role("button", name="Reboot").click()
    page.get_by_text("When", exact=True).click()
    page.get_by_label("Begin at").fill("2100-01-01T00:00")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask 3").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".truth")).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("link", name="Cancel the rest").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 were not sent yet")
    dialog.get_by_role("button", name="Cancel the rest").click()
    expect(page.locator(".truth")).to_contain_text("Cancelled")
    assert set(CommandRun.objects.values_list("status", flat=True)) == {RunStatus.CANCELLED}


def test_a_phone_shows_all_of_it(sign_in: Callable[..., Page], portal: Portal) -> None:
    page = sign_in(Role.OPERATOR)
    page.set_viewport_size({"width": 390, "height": 844})
    listed(page, portal, 3)
    page.get_by_label("Select Quay 01").check()
    page.locator("#selection").get_by_role("button", name="Reboot").click()
    for summary in page.locator("details.more > summary").all():
        summary.click()
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    assert page.evaluate(wide) is False
    page.get_by_role("button", name="Preview").click()
    assert page.evaluate(wide) is False
    page.get_by_role("button", name="Ask 1").click()
    page.wait_for_url("**/operations/batches/*/")
    assert page.evaluate(wide) is False
