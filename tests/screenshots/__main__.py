"""`make screenshots`: start a demo, go through the portal, write docs/images (PORT=8000).

Names given (ARGS="chargers map") are the only ones taken. The window, the network and its noise
are the same each time; the clock is not, so pictures differ in times and in who charges.
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import services
from tests.portal import served_demo
from tests.screenshots.pictures import LIVE, PICTURES, Picture
from tests.screenshots.shrinking import shrink

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = os.environ.get("PORT") or "8000"
ADDRESS = f"http://127.0.0.1:{PORT}"
PASSWORD = "a-picture-of-the-portal"
WINDOW = {"width": 1440, "height": 900}
MOST_BYTES = 150_000
# Of the demo's stations; the others stay away on purpose.
MOST_CONNECTED = 70
SETTLED_S = 240


def main(names: list[str]) -> None:
    """Take those pictures, or all."""
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "demo.log"
        with (
            served_demo(log=log, password=PASSWORD, port=int(PORT)),
            sync_playwright() as playwright,
        ):
            chromium = services.require("Chromium")
            browser = playwright.chromium.launch(
                executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu"]
            )
            failed = take_all(browser, wanted)
            browser.close()
    if failed:
        sys.exit(f"Not taken: {', '.join(failed)}.")


def take_all(browser: Browser, wanted: list[Picture]) -> list[str]:
    """Take them in turn; the names of those that could not be."""
    context = browser.new_context(viewport=WINDOW, reduced_motion="reduce", color_scheme="light")  # type: ignore[arg-type]
    page, press = context.new_page(), browser.new_page()
    sign_in(page)
    wait_for_stations(page)
    return [picture.name for picture in wanted if not is_taken(page, press, picture)]


def sign_in(page: Page) -> None:
    """As the admin, who sees every entry of the menu."""
    page.goto(f"{ADDRESS}/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/operations/**")


def wait_for_stations(page: Page) -> None:
    """Until most are connected, and the demo's logs have come."""

    def is_settled() -> bool:
        page.goto(f"{ADDRESS}/operations/diagnostic-logs/")
        has_logs = page.locator("#list tbody tr[id]").count() > 0
        page.goto(f"{ADDRESS}/operations/stations/?connection=connected&per_page=100")
        return has_logs and page.locator("#list tbody tr[id]").count() >= MOST_CONNECTED

    services.wait_until(is_settled, what="the demo's stations", timeout_s=SETTLED_S)


def is_taken(page: Page, press: Page, picture: Picture) -> bool:
    """Write one picture, small enough for a repository; what is wrong goes to the terminal."""
    try:
        page.goto(f"{ADDRESS}{picture.path}")
        page.locator(LIVE).wait_for()
        if picture.prepare is not None:
            picture.prepare(page)
        page.evaluate("document.fonts.ready")
        small = shrink(press, page.screenshot(animations="disabled", caret="hide"))
    except Exception as fault:  # noqa: BLE001  the other pictures are taken all the same
        print(f"{picture.name}: {fault}", file=sys.stderr)  # noqa: T201
        return False
    if len(small) > MOST_BYTES:
        print(f"{picture.name}: {len(small)} bytes are too many", file=sys.stderr)  # noqa: T201
        return False
    (IMAGES / f"{picture.name}.png").write_bytes(small)
    return True


main(sys.argv[1:])
