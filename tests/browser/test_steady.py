"""A list that lives: nothing moves under one's eyes, and nobody who listens is talked to death."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from operations.models import Charger, Station
from operations.services.live import switchboard
from operations.statuses import ChargingStatus, Role
from tests.browser import seeds
from tests.browser.journeys import SOON_MS
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
DESK = {"width": 1720, "height": 1000}
MOST_MOVED = 0.01
# What moves by itself, as the browser counts it, and what is said to those who listen.
NOTING = """() => {
  window.noted = { moved: 0, what: [], said: [] };
  const shifts = new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      noted.moved += value;
      noted.what.push(...sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 100)));
    }
  });
  shifts.observe({ type: "layout-shift", buffered: true });
  const LOUD = "[role=status], [role=alert], [role=log], [aria-live]";
  const isSaid = (node) => {
    const region = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(LOUD);
    return region && region.ariaLive !== "off" ? region.textContent.trim() : "";
  };
  const ears = new MutationObserver((changes) => {
    const said = changes.flatMap(({ target, addedNodes }) => [target, ...addedNodes]).map(isSaid);
    noted.said.push(...new Set(said.filter(Boolean)));
  });
  ears.observe(document.body, { childList: true, characterData: true, subtree: true });
}"""
# The browser tells of a shift after the frame that has it.
MOVED = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(noted.moved), 60)));
})"""


@pytest.fixture
def desk(sign_in: SignIn) -> Page:
    """An operator's browser at a list of fifty chargers, all of which are shown."""
    for number in range(10):
        station = StationFactory(name=f"Quay {number}", open_connection=True)
        for charger in ChargerFactory.create_batch(5, station=station):
            ConnectorFactory(charger=charger)
    page = sign_in(Role.OPERATOR, at="/operations/chargers/?per_page=50", viewport=DESK)
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.evaluate(NOTING)
    return page


def test_fifty_rows_come_and_change_where_they_are_and_in_silence(desk: Page) -> None:
    moved = [desk.evaluate(MOVED)]
    for status in (ChargingStatus.SUSPENDED_EVSE, ChargingStatus.FAULTED):
        Charger.objects.update(charging_status=status)
        switchboard.changed(
            {f"charger:{pk}" for pk in Charger.objects.values_list("pk", flat=True)}
        )
        cells = desk.locator("#list td").filter(has_text=str(status.label))
        expect(cells).to_have_count(50, timeout=SOON_MS)
        moved.append(desk.evaluate(MOVED))
    Station.objects.update(connected_at=None)
    stations = Station.objects.values_list("pk", flat=True)
    switchboard.changed({f"connectivity:{pk}" for pk in stations})
    off = desk.locator("#list tr[data-live] td.actions [aria-disabled=true]")
    expect(off).to_have_count(50, timeout=SOON_MS)
    moved.append(desk.evaluate(MOVED))
    steps = [after - before for before, after in pairwise([0, *moved])]
    assert max(steps) <= MOST_MOVED, (steps, desk.evaluate("noted.what"))
    assert desk.evaluate("noted.said") == []


def test_typefaces_that_come_late_move_nothing(desk: Page) -> None:
    late: list[Route] = []

    def keep_waiting(route: Route) -> None:
        late.append(route)

    desk.route("**/*.woff2", keep_waiting)
    desk.reload(wait_until="commit")
    expect(desk.locator("#live-state")).to_have_attribute("data-state", "live")
    desk.evaluate(NOTING)
    desk.evaluate(MOVED)
    desk.evaluate("Object.assign(noted, { moved: 0, what: [] })")
    assert late
    for route in late:
        route.continue_()
    desk.evaluate("document.fonts.ready.then(() => undefined)")
    assert desk.evaluate(MOVED) == 0, desk.evaluate("noted.what")


def test_what_was_asked_for_comes_in_its_place_and_is_said_once(desk: Page) -> None:
    with desk.expect_response("**sort=**"):
        desk.locator("#sort-name").click()
    expect(desk.locator("th[aria-sort]")).to_have_count(1)
    assert desk.evaluate(MOVED) <= MOST_MOVED
    assert desk.evaluate("noted.said") == ["Showing 1\u201350 of 50"]
    seeds.filter_by(desk, "Name", "Quay 7")
    expect(seeds.rows(desk)).to_have_count(5)
    assert desk.evaluate("noted.said")[1:] == ["Showing 1\u20135 of 5"]
    seeds.filter_by(desk, "Name", "nobody")
    expect(seeds.rows(desk)).to_have_count(0)
    assert len(desk.evaluate("noted.said")) == 3


def test_what_is_pressed_stays_until_it_is_released(sign_in: SignIn) -> None:
    """What is replaced between press and release hears no click."""
    charger = ChargerFactory(station__open_connection=True)
    page = sign_in(Role.OPERATOR, at="/operations/chargers/")
    light = page.locator("#live-state")
    expect(light).to_have_attribute("data-state", "live")
    with page.expect_websocket() as opened:
        page.reload()
    expect(light).to_have_attribute("data-state", "live")
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    actions = page.locator(f"#charger-{charger.pk}-actions")
    ask = actions.get_by_role("link", name="Request availability change")
    ask.hover()
    page.mouse.down()
    with opened.value.expect_event(
        "framereceived", lambda text: f"charger-{charger.pk}-actions" in str(text)
    ):
        Station.objects.update(connected_at=None)
        switchboard.changed({f"connectivity:{charger.station_id}"})
    expect(ask).to_be_visible()
    page.mouse.up()
    page.clock.resume()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(actions.locator("[aria-disabled=true]")).to_have_count(1)
