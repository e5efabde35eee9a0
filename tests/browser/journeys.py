"""What journeys through the portal have in common: ask from a row, follow it, look with axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace
from operations.models import Station

# What StationFactory makes, so that an image for one is an image for the other.
PROFILE = Profile("ABB", "Terra 54", ("1.4.2",), (1,), 50_000)
# Long enough to be seen on the page, short enough to be waited for.
BRISK = Pace(reboot_s=0.3, install_s=0.3, retry_s=0.1, longest_retry_s=0.3)
SOON_MS = 10_000
IN_TIME_MS = 30_000
THEMES = ("light", "dark")


def open_dialog(page: Page, station: Station, label: str) -> None:
    """Press a command's button in the station's row of the list of stations."""
    page.goto(page.url.split("/operations/")[0] + "/operations/stations/")
    page.locator(f"#station-{station.pk}").get_by_role("link", name=label).first.click()
    expect(page.get_by_role("dialog").locator("button[type=submit]")).to_be_visible()


def request(page: Page) -> None:
    """Send the dialog, and follow its toast to the request's page."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Request").click()
    expect(dialog).to_be_hidden()
    page.locator("#toasts").get_by_role("link").first.click()
    page.wait_for_url("**/operations/requests/*/")
    page.evaluate("window.stayed = true")


def faults(page: Page) -> list[str]:
    """What axe finds in the page as it stands, in light and in dark, by rule."""
    found = []
    for theme in THEMES:
        # Colours that are still on their way from the other theme are no fault.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [
            f"{theme}: {each['id']}: {each['nodes'][0]['html']}"
            for each in Axe().run(page).response["violations"]
        ]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found
