"""Diagnostic requests in a real browser: asked for, brought by the station, read on the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandRun, ReceivedFile, Station
from operations.services import files as store
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser.journeys import (
    BRISK,
    IN_TIME_MS,
    PROFILE,
    SOON_MS,
    STATIONS,
    open_dialog,
    request,
)
from tests.browser.looking import faults
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory
from tests.portal import Portal

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def files(portal: Portal, tmp_path: Path, settings: Any) -> None:
    """An empty store, and an address that stations can reach it by."""
    settings.EVCHARGE_FILES_ROOT = tmp_path / "files"
    settings.EVCHARGE_PUBLIC_URL = portal.url


def connected(fleet: Callable[..., None], version: OcppVersion, *behaviours: str) -> Station:
    """A station that has booted."""
    station = StationFactory(identity="QUAY-1", name="Quay 1", connected=False)
    fleet(StationSpec("QUAY-1", version, PROFILE, quirks=quirks_of(behaviours), seed=1), pace=BRISK)
    wait_until_true(
        lambda: Station.objects.connected().filter(protocol=version.name).exists(),
    )
    return station


@pytest.mark.parametrize(
    ("version", "behaviour", "kind", "action"),
    [
        (V16, "normal", "diagnostics", "GetDiagnostics"),
        (V21, "uploads-by-post", "security", "GetLog"),
    ],
    ids=["1.6", "2.1 security log"],
)
def test_a_log_is_asked_for_and_read(
    sign_in: Callable[..., Page],
    fleet: Callable[..., None],
    version: OcppVersion,
    behaviour: str,
    kind: str,
    action: str,
) -> None:
    station = connected(fleet, version, behaviour)
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Diagnostic request")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Log", exact=True).select_option(kind)
    # The portal's own receiver is what the form proposes.
    expect(dialog.get_by_label("Send it to")).to_have_value("http")
    request(page)

    expect(page.locator(".truth")).to_contain_text("Done", timeout=IN_TIME_MS)
    expect(page.locator(".files-card")).to_contain_text("Complete", timeout=SOON_MS)
    expect(page.locator("main")).to_contain_text(action)
    assert page.evaluate("window.stayed") is True
    assert faults(page) == []

    received = ReceivedFile.objects.get()
    content = store.path_of(received.stored_name).read_bytes()
    assert content
    page.locator(".files-card").get_by_role("link").first.click()
    page.wait_for_url("**/operations/diagnostic-logs/*/")
    heading = "What is in it" if kind == "diagnostics" else "How it begins"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert faults(page) == []
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download").click()
    assert Path(begun.value.path()).read_bytes() == content
    if kind == "diagnostics":
        entries = page.get_by_role("region", name="Entries")
        entries.get_by_role("link", name="about.txt").click()
        expect(page.locator("pre").first).to_contain_text("QUAY-1")
        assert faults(page) == []

    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Diagnostic logs").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#list tbody tr")).to_contain_text("Quay 1")


def test_a_station_without_logs_is_told_of_in_words(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    station = connected(fleet, V16, "no-logs")
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Diagnostic request")
    request(page)
    expect(page.locator(".truth")).to_contain_text("No logs available", timeout=SOON_MS)
    expect(page.get_by_role("link", name="Ask again").first).to_be_visible()
    assert CommandRun.objects.get().status == RunStatus.FAILED


def test_credentials_of_a_location_are_on_no_page(
    sign_in: Callable[..., Page], fleet: Callable[..., None]
) -> None:
    station = connected(fleet, V201)
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Diagnostic request")
    location = page.get_by_role("dialog").locator("input[name=location]")
    location.fill("ftp://anna:s3cret@127.0.0.1:9/logs/")
    request(page)
    expect(page.locator(".truth")).to_contain_text("upload", timeout=IN_TIME_MS)
    assert "s3cret" not in page.content()
    for path in ("requests", "messages"):
        page.goto(f"{page.url.split('/operations/')[0]}/operations/{path}/")
        expect(page.locator("main")).to_contain_text("Quay 1")
        assert "s3cret" not in page.content()
