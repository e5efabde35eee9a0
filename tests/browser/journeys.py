"""What journeys through the portal have in common: ask from a row, follow it."""

from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace
from operations.models import Station

# What StationFactory makes, so that an image for one is an image for the other.
PROFILE = Profile("ABB", "Terra 54", ("1.4.2",), (1,), 50_000)
# Long enough to be seen on the page, short enough to be waited for.
BRISK = Pace(reboot_s=0.3, install_s=0.3, retry_s=0.1, longest_retry_s=0.3)
STATIONS = "/operations/stations/"
SOON_MS = 30_000
IN_TIME_MS = 60_000


def open_dialog(page: Page, station: Station, label: str) -> None:
    """Press a command's button in the station's row of the list of stations."""
    page.locator(f"#station-{station.pk}").get_by_role("link", name=label).first.click()
    expect(page.get_by_role("dialog").locator("button[type=submit]")).to_be_visible()


def press_request(page: Page) -> None:
    """Send the dialog, once it has followed what was chosen in it: nobody is as quick as a test."""
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    dialog.get_by_role("button", name="Request").click()


def request(page: Page) -> None:
    """Send the dialog, and follow its toast to the request's page."""
    dialog = page.get_by_role("dialog")
    press_request(page)
    expect(dialog).to_be_hidden()
    page.locator("#toasts").get_by_role("link").first.click()
    page.wait_for_url("**/operations/requests/*/")
    page.evaluate("window.stayed = true")
