"""What the seed says of authorization, local lists and caches, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.specs import StationSpec
from operations.known_settings.authorization import SETTINGS
from operations.models import LocalList, Station, StationList, Token
from operations.models.local_lists import ListState
from operations.services.local_lists import assigning, tending
from operations.statuses import Role
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser import seeds
from tests.browser.journeys import BRISK, PROFILE, SOON_MS, press_request
from tests.browser.looking import faults
from tests.e2e.waiting import wait_until_true
from tests.factories import OrganisationFactory, StationFactory, TokenFactory

pytestmark = pytest.mark.browser

VERSIONS = pytest.mark.parametrize("version", [V16, V201], ids=str)
PING = {V16: "WebSocketPingInterval", V201: "OCPPCommCtrlr.WebSocketPingInterval"}


@pytest.fixture
def station(fleet: Callable[..., None], version: OcppVersion) -> Station:
    """A simulated station that has booted, of an organisation with a pre-paid token."""
    owner = OrganisationFactory()
    TokenFactory(identifier="PREPAID", organisation=owner, payment="pre-paid")
    found: Station = StationFactory(identity="QUAY-1", connected=False, organisation=owner)
    fleet(StationSpec("QUAY-1", version, PROFILE, seed=1), pace=BRISK)
    wait_until_true(lambda: Station.objects.connected().filter(protocol=version.name).exists())
    return found


def press(page: Page, name: str | re.Pattern[str]) -> None:
    """Press what opens a dialog."""
    page.locator("main").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("dialog").locator("button[type=submit]")).to_be_visible()


def request(page: Page, told: str) -> None:
    """Send the dialog, and see the request through to what came of it."""
    here = page.url
    dialog = page.get_by_role("dialog")
    press_request(page)
    expect(dialog).to_be_hidden()
    page.locator("#toasts").get_by_role("link").first.click()
    page.wait_for_url("**/operations/requests/*/")
    expect(page.locator(".truth")).to_contain_text(told, timeout=SOON_MS)
    page.goto(here)


@pytest.mark.parametrize("version", [V21], ids=str)
def test_the_eight_settings_are_read_of_the_fleet(
    sign_in: Callable[..., Page], station: Station, version: OcppVersion
) -> None:
    """Local offline authorization, local pre-authorize, local auth list enabled, ..."""
    page = sign_in(Role.ENGINEER, at=f"/operations/stations/{station.pk}/settings/")
    press(page, "Read settings")
    request(page, "Done")
    seeds.choose(page, "Authorization")
    row = page.locator("#list tbody tr").filter(has_text=station.name)
    states = row.inner_text()
    assert len(re.findall(r"\b(On|Off|\d+)\b", states)) >= 4, states
    page.get_by_text("What these settings mean").click()
    for setting in SETTINGS:
        expect(page.locator(".meanings")).to_contain_text(str(setting.label))
        expect(page.locator(".meanings")).to_contain_text(str(setting.description))


@pytest.mark.parametrize("version", [V21], ids=str)
def test_get_local_authorization_list_version(
    sign_in: Callable[..., Page], station: Station, version: OcppVersion
) -> None:
    """This way an operator can find out which list is currently being set up on the charger."""
    page = sign_in()
    seeds.choose(page, "Local Authorization Management")
    row = page.locator("#list tbody tr").filter(has_text=station.name)
    row.get_by_role("link", name="Get local list version").first.click()
    expect(page.get_by_role("dialog").locator("button[type=submit]")).to_be_visible()
    request(page, "Done")
    assert seeds.asked("GetLocalListVersion") == {}


@VERSIONS
def test_a_setting_is_found_changed_and_read_again(
    sign_in: Callable[..., Page], station: Station, version: OcppVersion
) -> None:
    """Handling the charging station's configuration settings ..."""
    page, key = sign_in(Role.ENGINEER), PING[version]
    page.goto(page.url.replace("/chargers/", f"/stations/{station.pk}/settings/"))
    press(page, "Read settings")
    request(page, "Done")
    page.goto(f"{page.url}?search=pingint")
    press(page, re.compile(f"Change settings.*{re.escape(key)}"))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(key).fill("30")
    request(page, "is now 30. It takes effect after a reboot.")
    expect(page.locator("main")).to_contain_text("Reboot required")
    press(page, "Reboot")
    request(page, "Done")
    # It has been read again by itself.
    row = page.locator("tbody tr").filter(has_text=key)
    expect(row).to_contain_text("30", timeout=SOON_MS)
    expect(page.locator("main")).not_to_contain_text("Reboot required", timeout=SOON_MS)
    page.get_by_role("link", name="Who changed what, and when").click()
    change = page.locator("tbody tr").filter(has_text=key)
    expect(change).to_contain_text("30")
    expect(change).to_contain_text("In effect", timeout=SOON_MS)


@pytest.mark.parametrize("version", [V16], ids=str)
def test_a_list_is_assigned_looked_at_and_sent(
    sign_in: Callable[..., Page], station: Station, version: OcppVersion
) -> None:
    """Full override (overrides all identifiers) or differential (add/update ...)."""
    for number in range(12):  # two messages, of at most ten
        TokenFactory(identifier=f"TAG{number:02}", organisation=station.organisation)
    Token.objects.filter(identifier="PREPAID").delete()
    local_list = LocalList(name="Cards", organisation=station.organisation)
    assigning.save(local_list=local_list, sites=[], tokens=[])
    page = sign_in(Role.ENGINEER, at=f"/operations/stations/{station.pk}/local-list/")
    press(page, "Assign a list")
    dialog = page.get_by_role("dialog")
    dialog.locator("select").select_option(label="Cards")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("The whole list: 12 identifiers")
    press(page, "Send differential")
    request(page, "Nothing was sent yet: send the list in full.")
    press(page, "Send full")
    request(page, "12 identifiers, by 2 messages")
    expect(page.locator("main")).to_contain_text("In step")
    Token.objects.filter(identifier="TAG03").delete()
    TokenFactory(identifier="NEW", organisation=station.organisation)
    LocalList.objects.update(stale_at=station.created_at)
    tending.tend()
    page.reload()
    expect(page.locator("main")).to_contain_text("1 added, 0 changed, 1 removed: 1 message.")
    assert faults(page) == []
    press(page, "Send differential")
    request(page, "12 identifiers, by 1 message")
    expect(page.locator("main")).to_contain_text("In step")
    assert StationList.objects.get().state == ListState.IN_STEP


@pytest.mark.parametrize("version", [V201], ids=str)
def test_a_cache_is_switched_off_with_caution_and_cleared(
    sign_in: Callable[..., Page], station: Station, version: OcppVersion
) -> None:
    """This feature is controllable ... needs to be used carefully ... only post-paid customers."""
    page = sign_in(Role.ENGINEER, at=f"/operations/authorization-cache/{station.pk}/")
    press(page, "Read settings")
    request(page, "Done")
    expect(page.locator("main")).to_contain_text("Pre-paid tokens may charge at this station")
    press(page, "Turn the cache off")
    expect(page.get_by_role("dialog")).to_contain_text("Proper only for post-paid customers")
    assert faults(page) == []
    request(page, "false")
    expect(page.locator("main")).to_contain_text("The cache was turned off, but not cleared since")
    press(page, "Turn the cache on")
    request(page, "true")
    press(page, "Clear cache")
    request(page, "Done")
    expect(page.locator("main")).not_to_contain_text("but not cleared since")
