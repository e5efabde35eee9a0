"""Sixty stations in a real browser: ticked, confirmed by their number, seen to their end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandBatch, CommandRun, OcppMessage, Station
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201
from tests.browser.journeys import BRISK, IN_TIME_MS, PROFILE, SOON_MS
from tests.browser.looking import faults
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory

pytestmark = pytest.mark.browser

COUNT = 60
REFUSING = 3


def test_sixty_are_asked_and_followed_to_the_end(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    _sixty_and_one_away(fleet)
    page = sign_in(at="/operations/stations/")
    _choose_all(page)
    expect(page.locator(".preview-count")).to_contain_text(f"{COUNT} will be asked, 1 can't be.")
    assert faults(page) == []
    _confirm(page)

    expect(page.locator(".truth")).to_contain_text(
        f"{COUNT + 1} of {COUNT + 1} have ended", timeout=2 * IN_TIME_MS
    )
    assert page.evaluate("window.stayed") is True
    assert faults(page) == []
    expect(page.locator("a.figure").filter(has_text="Done")).to_contain_text(str(COUNT - REFUSING))
    expect(page.locator("a.figure").filter(has_text="Refused")).to_contain_text(str(REFUSING))
    expect(page.locator(".answer").filter(has_text="Rejected")).to_contain_text(str(REFUSING))
    # As the stations saw it: each was asked once.
    asked = OcppMessage.objects.filter(is_from_station=False, action="TriggerMessage")
    assert asked.values("station").distinct().count() == asked.count() == COUNT
    _ask_the_failed_again(page)


def _sixty_and_one_away(fleet: Callable[..., None]) -> None:
    """Of every version, connected; some of them refuse."""
    specs = [
        StationSpec(
            f"QUAY-{number:02}",
            (V16, V201, V21)[number % 3],
            PROFILE,
            quirks=quirks_of(["rejects"] if number < REFUSING else []),
            seed=number,
        )
        for number in range(COUNT)
    ]
    for spec in specs:
        StationFactory(identity=spec.identity, name=spec.identity, connected=False)
    StationFactory(name="QUAY-99", connected=False)
    fleet(*specs, pace=BRISK)
    wait_until_true(lambda: Station.objects.connected().count() == COUNT, timeout_s=60)


def _choose_all(page: Page) -> None:
    page.get_by_label("Select all on this page").check()
    page.get_by_label(f"All {COUNT + 1} there are").check()
    page.locator("#selection").get_by_role("button", name="Trigger message").click()
    page.get_by_label("Message", exact=True).select_option("heartbeat")
    page.get_by_text("How many at a time").click()
    page.get_by_label("At most open at a time").fill("20")
    page.get_by_role("button", name="Preview").click()


def _confirm(page: Page) -> None:
    """Only with the number typed."""
    page.get_by_role("button", name=f"Ask {COUNT}").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Type the number {COUNT}")
    assert not CommandBatch.objects.exists()
    page.get_by_label(f"Type {COUNT} to confirm").fill(str(COUNT))
    page.get_by_role("button", name=f"Ask {COUNT}").click()
    page.wait_for_url("**/operations/batches/*/")
    page.evaluate("window.stayed = true")


def _ask_the_failed_again(page: Page) -> None:
    before = CommandBatch.objects.get()
    page.get_by_role("link", name="Ask the failed ones again").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/batches/" in url and not url.endswith(f"/{before.pk}/"))
    failed = f"{REFUSING + 1} of {REFUSING + 1} have ended"
    expect(page.locator(".truth")).to_contain_text(failed, timeout=SOON_MS)
    again = CommandBatch.objects.get(retried_from=before)
    statuses = CommandRun.objects.filter(batch=again).values_list("status", flat=True)
    assert sorted(statuses) == sorted([RunStatus.REFUSED] * REFUSING + [RunStatus.NOT_CONNECTED])
