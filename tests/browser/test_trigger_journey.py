"""Trigger message in a real browser: not done as long as nothing came."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandRun, Station
from operations.statuses import RunStatus
from operations.versions import V16, OcppVersion
from tests.browser.journeys import BRISK, PROFILE, SOON_MS, open_dialog, request
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory

pytestmark = pytest.mark.browser


def connected(fleet: Callable[..., None], version: OcppVersion, *behaviours: str) -> Station:
    """A station that has told of its connector."""
    station = StationFactory(identity="QUAY-1", name="Quay 1", connected=False)
    fleet(StationSpec("QUAY-1", version, PROFILE, quirks=quirks_of(behaviours), seed=1), pace=BRISK)
    wait_until_true(lambda: station.connectors.exclude(charging_status="").exists())
    return station


def test_accepted_but_nothing_came_is_not_done(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    station = connected(fleet, V16, "ignores")
    page = sign_in()
    open_dialog(page, station, "Trigger message")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Message", exact=True).select_option("heartbeat")
    request(page)
    expect(page.locator(".truth")).to_contain_text("Accepted", timeout=SOON_MS)
    run = CommandRun.objects.get()
    # Its time passes; the sweeper comes by.
    CommandRun.objects.filter(pk=run.pk).update(deadline_at=run.created_at)
    expect(page.locator(".truth")).to_contain_text("nothing received", timeout=SOON_MS)
    run.refresh_from_db()
    assert run.status == RunStatus.NOT_CONFIRMED
