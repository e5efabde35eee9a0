"""What the seed's journeys share: stations to ask, the menu, and what a page hands out."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from ocpp_gateway.simulator.profiles import Profile
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.models import OcppMessage, Station
from operations.versions import OcppVersion
from tests.browser.journeys import BRISK, press_request
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory

PROFILE = Profile("ABB", "Terra 54", ("1.0",), (2,), 50_000)


def connected(
    fleet: Callable[..., None],
    version: OcppVersion,
    name: str = "Quay 1",
    *,
    pace: Pace = BRISK,
    **facts: Any,
) -> Station:
    """A simulated station that has connected and told of both its connectors."""
    identity = name.upper().replace(" ", "-")
    station: Station = StationFactory(identity=identity, name=name, connected=False, **facts)
    fleet(StationSpec(identity, version, PROFILE, seed=1), pace=pace)
    wait_until_true(lambda: station.connectors.exclude(charging_status="").count() == 2)
    return station


def choose(page: Page, entry: str) -> None:
    """Go where an entry of the menu leads."""
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu).to_contain_text("Operations")
    menu.get_by_role("link", name=entry, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(entry)


def row_of(page: Page, station: Station) -> Locator:
    return page.locator(f"#station-{station.pk}")


def rows(page: Page) -> Locator:
    """The list's rows, without what can be expanded under them."""
    return page.locator("#list tbody tr[id]:not(.detail-row)")


def filter_by(page: Page, label: str, value: str) -> None:
    """Type it or choose it; the list follows."""
    field = page.locator("[data-filters]").get_by_label(label, exact=True)
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def expand(page: Page, name: str) -> None:
    """Show what is under a row."""
    label = f"Expand {name}"
    page.get_by_role("button", name=label).or_(page.get_by_role("link", name=label)).first.click()


def connector_of(page: Page, number: int) -> Locator:
    return page.locator("[data-connector], tr").filter(has_text=f"Connector {number}").last


def ask(page: Page, place: Locator, label: str) -> None:
    """Press a row's button and the dialog's Request."""
    place.get_by_role("link", name=label).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    press_request(page)
    expect(dialog).to_be_hidden()


def asked(action: str) -> dict[str, Any]:
    """What a station was sent, once it was: the newest of this action."""
    sent = OcppMessage.objects.filter(action=action, is_from_station=False)
    wait_until_true(sent.exists)
    newest = sent.order_by("-pk").first()
    assert newest is not None
    payload: dict[str, Any] = json.loads(newest.call)[3]
    return payload


def spreadsheet(page: Page) -> list[dict[str, str]]:
    """The rows of the file behind CSV."""
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def copied(page: Page) -> list[list[str]]:
    """The lines that Copy leaves on the clipboard, cell by cell."""
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("rows")
    text = page.evaluate("() => navigator.clipboard.readText()")
    return [line.split("\t") for line in text.splitlines()]


def printed(page: Page) -> str:
    """The text of the paper that Print asks the browser for."""
    page.evaluate("() => { window.print = () => { window.asked = true } }")
    page.get_by_role("button", name="Print", exact=True).click()
    assert page.evaluate("window.asked") is True
    sheets = PdfReader(io.BytesIO(page.pdf(format="A4", landscape=True))).pages
    return re.sub(r"\s+", " ", " ".join(sheet.extract_text() for sheet in sheets))


def are_on_paper(text: str, names: Iterable[str]) -> list[str]:
    """Those of the names that were printed; a narrow column may break one."""
    paper = text.replace(" ", "")
    return [name for name in names if name.replace(" ", "") in paper]
