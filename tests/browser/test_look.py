"""How pages look at work: the picture of a station, laptops, phones, paper, a lost network."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from operations.models import CommandRun, Connector
from operations.services.live import switchboard
from operations.statuses import ChargingStatus, OperationalStatus, Role
from operations.versions import V201
from tests.browser import seeds
from tests.browser.journeys import SOON_MS
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    MessageFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)
from tests.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[..., Page]
LONG_NAME = "Bench: Advertises lists, has none"
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
TABLET = {"width": 1024, "height": 768}
# A4 on its side, without the margins.
SHEET = {"width": 1032, "height": 700}
LISTS = ("chargers", "stations", "requests", "sessions", "authorization")
BESIDE = "list => list.scrollWidth - list.clientWidth"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINES = """cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
}"""


def socket(page: Page, connector: Connector) -> str:
    """The colour of a connector's ring on the front of its charger."""
    rings = page.locator(f"#cabinet-{connector.charger_id}-picture g")
    return rings.nth(connector.number - 1).get_attribute("data-tone") or ""


def test_the_picture_shows_each_connector_and_its_buttons_ask(
    sign_in: SignIn, fleet: Callable[..., None]
) -> None:
    station = seeds.connected(fleet, V201)
    first, second = station.connectors.order_by("number")
    page = sign_in(Role.OPERATOR, at=f"/operations/stations/{station.pk}/")
    assert (socket(page, first), socket(page, second)) == ("green", "green")
    outlet = page.locator(f"#outlet-{second.pk}")
    outlet.get_by_role("link", name="Request availability change").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Turn off connector 2 of Quay 1")
    dialog.get_by_role("button", name="Request").click()
    expect(outlet).to_contain_text("Unavailable", timeout=SOON_MS)
    assert (socket(page, first), socket(page, second)) == ("green", "orange")
    asked = page.get_by_role("region", name="Latest requests")
    expect(asked).to_contain_text("Turn off connector 2 of Quay 1")
    expect(asked.get_by_role("row", name="Turn off")).to_contain_text("Done", timeout=SOON_MS)


def test_without_a_network_the_light_says_so_and_the_picture_catches_up(sign_in: SignIn) -> None:
    connector = ConnectorFactory(charging_status=ChargingStatus.AVAILABLE)
    page = sign_in(Role.VIEWER, at=f"/operations/stations/{connector.station_id}/")
    light = page.locator("#live-state")
    expect(light).to_have_attribute("data-state", "live")
    page.context.set_offline(True)
    expect(light).to_have_text("Reconnecting…")
    Connector.objects.update(
        charging_status=ChargingStatus.FAULTED, operational_status=OperationalStatus.INOPERATIVE
    )
    switchboard.changed({f"charger:{connector.charger_id}"})
    page.context.set_offline(False)
    expect(light).to_have_text("Live")
    expect(page.locator(f"#outlet-{connector.pk}")).to_contain_text("Faulted", timeout=SOON_MS)
    assert socket(page, connector) == "red"


def test_an_open_message_stays_open_while_others_come(sign_in: SignIn) -> None:
    read = MessageFactory(action="BootNotification")
    page = sign_in(Role.VIEWER, at=f"/operations/stations/{read.station_id}/")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    page.locator(f"#message-{read.pk} summary").click()
    frame = page.locator(f"#message-{read.pk} pre").first
    element = frame.element_handle()
    come = MessageFactory(station=read.station, action="Heartbeat")
    switchboard.changed({f"station:{read.station_id}"})
    newest = page.locator("[data-keyed] > details").first
    expect(newest).to_have_id(f"message-{come.pk}", timeout=SOON_MS)
    expect(frame).to_be_visible()
    assert page.evaluate("same => same.isConnected", element), "what one marks in it stays marked"


def test_the_filters_say_whose_requests_one_sees(sign_in: SignIn) -> None:
    RunFactory(created_by=UserFactory(), command="reboot")
    RunFactory(command="unlock")
    page = sign_in(Role.VIEWER, at="/operations/requests/")
    who, rows = page.get_by_label("Asked by whom"), page.locator("#list tbody tr")
    expect(who).to_have_value("usual")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="People and schedules").click()
    expect(rows).to_have_count(2)
    expect(who).to_have_value("any")
    page.get_by_label("Command").select_option("unlock")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(rows).to_contain_text("Reboot")
    expect(who).to_have_value("usual")


@pytest.fixture
def bench() -> None:
    """Long names, and something asked."""
    station = StationFactory(name=LONG_NAME, model="Hypercharger HYC300", vendor="Schneider")
    charger = ChargerFactory(
        station=station, name=f"{LONG_NAME}-A", charging_status=ChargingStatus.CHARGING
    )
    ConnectorFactory(charger=charger, charging_status=ChargingStatus.CHARGING)
    RunFactory(station=station, summary="Received TEST-BENCH-24-20261123-diagnostics.tar.gz.")


@pytest.mark.usefixtures("bench")
def test_on_a_laptop_names_take_two_lines_at_most(sign_in: SignIn, portal: Portal) -> None:
    page = sign_in(Role.OPERATOR, viewport=LAPTOP)
    for list_ in ("chargers", "stations", "authorization"):
        page.goto(f"{portal.url}/operations/{list_}/")
        assert page.locator("#list tbody td.name").first.evaluate(LINES) <= 2, list_


@pytest.mark.usefixtures("bench")
def test_buttons_cover_no_column_on_a_laptop_or_a_tablet(sign_in: SignIn, portal: Portal) -> None:
    page = sign_in(Role.OPERATOR, viewport=LAPTOP)
    for size in (LAPTOP, TABLET):
        page.set_viewport_size(size)
        for list_ in ("chargers", "stations"):
            page.goto(f"{portal.url}/operations/{list_}/")
            assert page.locator("#list .table-scroll").evaluate(BESIDE) <= 0, (list_, size)


@pytest.mark.usefixtures("bench")
def test_on_a_phone_a_list_says_how_things_are_without_scrolling(
    sign_in: SignIn, portal: Portal
) -> None:
    page = sign_in(Role.OPERATOR, viewport=PHONE)
    state = page.locator("#list tbody").get_by_text("Charging", exact=True)
    expect(state).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("columnheader", name="Vendor")).to_be_hidden()
    # Who chose the columns sees what was chosen.
    page.goto(f"{portal.url}/operations/chargers/?columns=name,vendor")
    expect(page.get_by_role("columnheader", name="Vendor")).to_be_visible()


@pytest.mark.usefixtures("bench")
def test_nothing_runs_off_the_paper(sign_in: SignIn, portal: Portal) -> None:
    page = sign_in(Role.OPERATOR, viewport=SHEET)
    page.emulate_media(media="print")
    run = CommandRun.objects.get()
    for path in (*LISTS, f"requests/{run.pk}", f"stations/{run.station_id}"):
        page.goto(f"{portal.url}/operations/{path}/")
        assert page.evaluate(TOO_WIDE) == 0, path
