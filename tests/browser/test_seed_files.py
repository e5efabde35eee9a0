"""What the seed says of firmware upgrades and diagnostic logs, sentence by sentence."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from operations.models import Station
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser import seeds
from tests.browser.journeys import STATIONS, open_dialog, request
from tests.factories import UserFactory

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Fleet = Callable[..., None]
# What the page looks like is the same in each; every version is asked in tests/e2e.
VERSIONS = pytest.mark.parametrize("version", [V16, V201], ids=str)
# Nobody listens there: what is asked is what counts.
NOWHERE = "127.0.0.1:9"
NEXT_YEAR = datetime.now(UTC).year + 1


@pytest.fixture
def station(fleet: Fleet, version: OcppVersion) -> Station:
    """Simulated and connected."""
    return seeds.connected(fleet, version)


@pytest.mark.parametrize(
    ("version", "location"),
    [
        (V16, f"ftp://user:password@{NOWHERE}/terra.bin"),
        (V201, f"ftp://user@{NOWHERE}/terra.bin"),
        (V21, "http://127.0.0.1/terra.bin"),
    ],
    ids=str,
)
def test_provide_a_location_in_url_form(
    sign_in: SignIn, station: Station, version: OcppVersion, location: str
) -> None:
    """The format of the FTP URL is ftp://user:password@host:port/path, where ... can be omitted."""
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Firmware update")
    page.get_by_role("dialog").get_by_label("Location").fill(location)
    request(page)
    # Who signs in, and how, is not for reading in the log.
    shown = re.sub("//.*@", "//•••@", location)
    payload = seeds.asked("UpdateFirmware")
    assert (payload if version is V16 else payload["firmware"])["location"] == shown


@VERSIONS
def test_clicking_request_schedules_the_firmware_upgrade(
    sign_in: SignIn, station: Station, version: OcppVersion
) -> None:
    """Retrieve at ..., Install at ..., Retries and Retry interval ..."""
    page = sign_in(UserFactory(own_time_zone="Europe/Ljubljana"), at=STATIONS)
    open_dialog(page, station, "Firmware update")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Location").fill(f"http://{NOWHERE}/terra.bin")
    dialog.get_by_label("Retrieve at").fill(f"{NEXT_YEAR}-03-01T02:00")
    dialog.get_by_label("Retries").fill("3")
    dialog.get_by_label("Retry interval").fill("60")
    if version is not V16:
        dialog.get_by_label("Install at").fill(f"{NEXT_YEAR}-03-01T04:00")
    request(page)
    payload = seeds.asked("UpdateFirmware")
    assert (payload["retries"], payload["retryInterval"]) == (3, 60)
    firmware = payload if version is V16 else payload["firmware"]
    retrieve = firmware["retrieveDate" if version is V16 else "retrieveDateTime"]
    assert retrieve.startswith(f"{NEXT_YEAR}-03-01T01:00:00")
    if version is not V16:
        assert firmware["installDateTime"].startswith(f"{NEXT_YEAR}-03-01T03:00:00")
    told = "The station accepted" if version is V16 else "will download the firmware later"
    expect(page.locator(".truth")).to_contain_text(told)


@pytest.mark.parametrize(
    ("version", "scheme"), [(V16, "ftp"), (V201, "sftp"), (V21, "http")], ids=str
)
def test_provide_a_url_where_the_logs_will_be_uploaded(
    sign_in: SignIn, station: Station, version: OcppVersion, scheme: str
) -> None:
    """You will need an SFTP/FTP server where the file will be pushed or an HTTP address."""
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Diagnostic request")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Start time").fill("2026-03-01T00:00")
    dialog.get_by_label("Stop time").fill("2026-03-02T00:00")
    location = dialog.locator("input[name=location]")
    location.fill(f"{scheme}://{NOWHERE}/logs/")
    dialog.get_by_label("Retries").fill("2")
    dialog.get_by_label("Retry interval").fill("30")
    request(page)
    payload = seeds.asked("GetDiagnostics" if version is V16 else "GetLog")
    assert (payload["retries"], payload["retryInterval"]) == (2, 30)
    log = payload if version is V16 else payload["log"]
    names = ("startTime", "stopTime") if version is V16 else ("oldestTimestamp", "latestTimestamp")
    start, stop = (log[name] for name in names)
    assert start.startswith("2026-03-01T00:00:00")
    assert stop.startswith("2026-03-02T00:00:00")
    where = log["location" if version is V16 else "remoteLocation"]
    assert where == f"{scheme}://{NOWHERE}/logs/"
