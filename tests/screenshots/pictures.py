"""Which pictures the guide has, and what is done on a page before each is taken."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

STATION = "Harbour East 1"
MOST_ENDED = re.compile(r"\b[12]\d of 25 have ended")
# A station that nobody has created boots.
STRANGER = """() => new Promise((resolve, reject) => {
  const socket = new WebSocket(`ws://${location.host}/ocpp/FORECOURT-7`, "ocpp1.6");
  const boot = { chargePointVendor: "Efacec", chargePointModel: "QC45" };
  socket.onopen = () => socket.send(JSON.stringify([2, "1", "BootNotification", boot]));
  socket.onmessage = () => resolve();
  socket.onclose = reject;
})"""
LIVE = "#live-state[data-state=live]"


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of docs/images: its name, the page, and what to do there first."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None


def turn_a_connector_off(page: Page) -> None:
    """Open a charger, and ask for one of its connectors."""
    page.locator(".expander, [aria-expanded=false]").and_(
        page.get_by_role("button", name="Expand ").or_(page.get_by_role("link", name="Expand "))
    ).first.click()
    ask = page.locator(".detail-row").get_by_role("link", name="Request availability change")
    ask.first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Request").click()
    dialog.wait_for(state="hidden")
    page.locator(".detail-row").get_by_text("Unavailable").first.wait_for()
    page.locator("#toasts").get_by_text("Done").first.wait_for()


def wait_for_markers(page: Page) -> None:
    """The map comes after its page."""
    page.locator(".leaflet-marker-icon").first.wait_for()


def open_dialog(label: str) -> Callable[[Page], None]:
    """Press the button of the first row that may be asked."""

    def press(page: Page) -> None:
        page.locator("#list").get_by_role("link", name=label).first.click()
        page.get_by_role("dialog").locator("button[type=submit]").wait_for()

    return press


def ask_many(page: Page) -> None:
    """Tick a page's stations, ask them for a heartbeat, and wait for most."""
    page.get_by_label("Select all on this page").check()
    page.locator("#selection").get_by_role("button", name="Trigger message").click()
    page.get_by_label("Message", exact=True).select_option("heartbeat")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask ").last.click()
    page.wait_for_url("**/operations/batches/*/")
    page.locator(".truth").get_by_text(MOST_ENDED).wait_for(timeout=90_000)


def open_station(page: Page) -> None:
    """Go to the station's own page."""
    page.locator("#list").get_by_role("link", name=STATION, exact=True).first.click()
    page.get_by_role("heading", level=1, name=STATION).wait_for()


def let_a_stranger_in(page: Page) -> None:
    """Connect as nobody's station, and look again."""
    page.evaluate(STRANGER)
    page.reload()
    page.locator("#list").get_by_text("FORECOURT-7").first.wait_for()


PICTURES = (
    Picture("overview", "/operations/"),
    Picture("map", "/operations/map/", wait_for_markers),
    Picture("chargers", "/operations/chargers/", turn_a_connector_off),
    Picture("stations", "/operations/stations/"),
    Picture("reboot", "/operations/stations/?connection=connected", open_dialog("Reboot")),
    Picture(
        "firmware-update",
        "/operations/stations/?library=outdated&name=castle",
        open_dialog("Firmware update"),
    ),
    Picture("station", f"/operations/stations/?name={STATION}", open_station),
    Picture("authorization", "/operations/authorization/"),
    Picture("local-lists", "/operations/local-authorization/"),
    Picture("authorization-cache", "/operations/authorization-cache/"),
    Picture("configuration-templates", "/operations/configuration-templates/"),
    Picture("sessions", "/operations/sessions/"),
    Picture("tokens", "/operations/tokens/"),
    Picture("firmware", "/operations/firmware/"),
    Picture("diagnostic-logs", "/operations/diagnostic-logs/"),
    Picture("batch", "/operations/stations/?connection=connected", ask_many),
    Picture("requests", "/operations/requests/"),
    Picture("messages", "/operations/messages/"),
    Picture("alerts", "/operations/alerts/"),
    Picture("audit-log", "/operations/audit-log/"),
    Picture("unknown-stations", "/operations/unknown-stations/", let_a_stranger_in),
    Picture("account", "/account/"),
)
