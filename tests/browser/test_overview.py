"""The overview and the map in a real browser: what is drawn, what keys do."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from operations.models import FleetMinute
from operations.services import history
from operations.statuses import ChargingStatus, Role
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Whether anything but background was drawn onto the canvas.
IS_DRAWN = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some(value => value > 0);
}"""


@pytest.fixture
def lines() -> Iterator[None]:
    """Two hours of figures."""
    owner, now = OrganisationFactory(), history.minute_of(timezone.now())
    FleetMinute.objects.bulk_create(
        FleetMinute(
            organisation=owner,
            at=now - timedelta(minutes=ago),
            stations=50,
            connected=40 + ago % 7,
            messages=ago,
        )
        for ago in range(120)
    )
    return iter(())


def test_the_last_day_is_drawn_and_told(sign_in: Callable[..., Page], lines: None) -> None:
    ConnectorFactory(charging_status=ChargingStatus.FAULTED)
    page = sign_in(Role.OPERATOR, at="/operations/")
    canvases = page.locator(".timeline canvas")
    expect(canvases).to_have_count(2)
    assert all(canvas.evaluate(IS_DRAWN) for canvas in canvases.all())
    expect(page.get_by_text("in the last 24 hours between 40 and 46")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("region", name="The last 24 hours, hour by hour")).to_be_visible()
    # New figures move the lines.
    history.take_minute(now=timezone.now() + timedelta(minutes=1))
    page.locator(".timeline-plot").first.hover()
    expect(page.locator(".timeline .u-legend").first).to_be_visible()


def test_a_figure_leads_to_its_list(sign_in: Callable[..., Page]) -> None:
    for _number in range(3):
        ChargerFactory(charging_status=ChargingStatus.CHARGING)
    ChargerFactory()
    page = sign_in(Role.OPERATOR, at="/operations/")
    tile = page.get_by_role("link", name="Charging now")
    expect(tile).to_contain_text("3")
    tile.click()
    expect(page.locator("#list tbody tr[data-live]")).to_have_count(3)


def test_what_needs_someone_comes_and_can_be_acted_upon(sign_in: Callable[..., Page]) -> None:
    station = StationFactory(name="Quay 7")
    page = sign_in(Role.OPERATOR, at="/operations/")
    expect(page.get_by_text("Nothing needs anybody")).to_be_visible()
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    ConnectorFactory(charger__station=station, charging_status=ChargingStatus.FAULTED)
    history.switchboard.changed({f"charger:{station.chargers.get().pk}"})
    row = page.locator(".needs-row", has_text="Quay 7")
    expect(row).to_contain_text("Faulted")
    row.get_by_role("link", name="Reboot").click()
    expect(page.get_by_role("dialog")).to_contain_text("Quay 7")


def three_sites() -> None:
    """Two that lie together, and one far away."""
    places = {"Harbour": (55.68, 12.60), "Airport": (55.63, 12.65), "Castle <b>": (46.05, 14.51)}
    for name, (latitude, longitude) in places.items():
        site = SiteFactory(name=name, latitude=latitude, longitude=longitude)
        station = StationFactory(site=site, organisation=site.organisation)
        status = ChargingStatus.FAULTED if name == "Airport" else ChargingStatus.AVAILABLE
        ChargerFactory(station=station, charging_status=status)


def test_the_map_is_walked_with_the_keyboard(sign_in: Callable[..., Page]) -> None:
    three_sites()
    page = sign_in(Role.OPERATOR, at="/operations/map/")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    expect(page.locator(".world-land")).to_have_count(1)
    castle = page.get_by_role("button", name="Castle <b>: All well")
    castle.focus()
    castle.press("Enter")
    window = page.locator(".map-window")
    expect(window).to_contain_text("Castle <b>")
    expect(window.get_by_role("link", name="1 of 1 stations connected")).to_be_visible()
    expect(window.get_by_role("link").first).to_be_focused()  # then it hears the keyboard
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    expect(castle).to_be_focused()
    together = page.get_by_role("button", name=re.compile("^2 sites: Faulted"))
    together.focus()
    together.press("Enter")
    expect(page.get_by_role("button", name="Airport: Faulted")).to_be_visible()
    expect(page.get_by_role("button", name="Harbour: All well")).to_be_visible()


def test_the_filter_is_the_maps_too(sign_in: Callable[..., Page]) -> None:
    three_sites()
    page = sign_in(Role.OPERATOR, at="/operations/map/")
    expect(page.locator("#map[data-ready]")).to_be_visible()
    page.get_by_role("search").get_by_label("State").select_option("faulted")
    expect(page.locator("#list tbody tr[data-live]")).to_have_count(1)
    expect(page.locator(".map-pin")).to_have_count(1)
    expect(page.get_by_role("button", name="Airport: Faulted")).to_be_visible()


def test_a_marker_follows_its_site(sign_in: Callable[..., Page]) -> None:
    three_sites()
    page = sign_in(Role.OPERATOR, at="/operations/map/?site=castle")
    expect(page.get_by_role("button", name="Castle <b>: All well")).to_be_visible()
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    station = StationFactory._meta.model.objects.get(site__name="Castle <b>")
    type(station).objects.filter(pk=station.pk).update(connected_at=None)
    history.switchboard.changed({f"connectivity:{station.pk}", f"station:{station.pk}"})
    expect(page.get_by_role("button", name="Castle <b>: Offline")).to_be_visible()
    expect(
        page.get_by_role("row", name=re.compile("Castle")).get_by_text("Offline")
    ).to_be_visible()
