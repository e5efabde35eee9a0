"""What the seed says of Operations > Stations, sentence by sentence, in a real browser."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import CommandRun, Station
from operations.statuses import Role, RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.browser import seeds
from tests.browser.journeys import BRISK, PROFILE, SOON_MS, STATIONS, open_dialog, request
from tests.e2e.waiting import wait_until_true
from tests.factories import StationFactory

pytestmark = pytest.mark.browser

# What the page looks like is the same in each; every version is asked in tests/e2e.
VERSIONS = pytest.mark.parametrize("version", [V16, V21], ids=str)
# Long enough for a browser on a busy machine to have shown it.
AWAY_FOR_A_WHILE = replace(BRISK, reboot_s=4.0)
SignIn = Callable[..., Page]
Fleet = Callable[..., None]


def test_click_stations_and_take_the_page_home(sign_in: SignIn) -> None:
    """A paginated list of all charging stations is shown ... CSV ... Print ... Copy."""
    for number in range(1, 31):
        StationFactory(name=f"Quay {number:02d}", vendor="ABB")
    page = sign_in(Role.VIEWER)
    seeds.choose(page, "Stations")
    expect(page.locator("#list")).to_contain_text("Showing 1\u201325 of 30")
    page.get_by_role("link", name="Page 2").click()
    expect(seeds.rows(page)).to_have_count(5)
    names = [f"Quay {number}" for number in range(26, 31)]
    file = seeds.spreadsheet(page)
    assert [row["Name"] for row in file] == names
    headings, *lines = seeds.copied(page)
    assert headings == list(file[0])
    assert [line[0] for line in lines] == names
    everyone = Station.objects.order_by("name").values_list("name", flat=True)
    assert seeds.are_on_paper(seeds.printed(page), everyone) == names


def test_you_can_filter_for_a_charging_station(sign_in: SignIn) -> None:
    """... by name, serial number, model, vendor, or/and operational status."""
    StationFactory(
        name="Quay 7",
        serial_number="SN-7",
        model="Terra",
        vendor="ABB",
        operational_status="Inoperative",
    )
    StationFactory(name="Quay 8", serial_number="SN-8", model="Eve", vendor="Alfen")
    page = sign_in(Role.VIEWER)
    seeds.choose(page, "Stations")
    wanted = {
        "Name": "Quay 7",
        "Serial number": "SN-7",
        "Model": "Terra",
        "Vendor": "ABB",
        "Operational status": "Inoperative",
    }
    for label, value in wanted.items():
        seeds.filter_by(page, label, value)
        expect(seeds.rows(page)).to_have_count(1)
        expect(seeds.rows(page)).to_contain_text("Quay 7")
        page.get_by_role("link", name="Clear", exact=True).click()
        expect(seeds.rows(page)).to_have_count(2)


def test_operations_on_the_charging_station_include_four(sign_in: SignIn) -> None:
    """Reboot, firmware upgrade, diagnostic logs, trigger message."""
    station = StationFactory(name="Quay 1", open_connection=True)
    page = sign_in()
    seeds.choose(page, "Stations")
    for label in ("Reboot", "Firmware update", "Diagnostic request", "Trigger message"):
        button = seeds.row_of(page, station).get_by_role("link", name=label).first
        expect(button).to_be_visible()


@VERSIONS
def test_to_send_a_reboot_request_click_reboot(
    sign_in: SignIn, fleet: Fleet, version: OcppVersion
) -> None:
    """To send a reboot request to the charging station, click Reboot."""
    station = seeds.connected(fleet, version, pace=AWAY_FOR_A_WHILE)
    page = sign_in()
    seeds.choose(page, "Stations")
    row = seeds.row_of(page, station)
    seeds.ask(page, row, "Reboot")
    expect(row).to_contain_text("Offline", timeout=SOON_MS)
    expect(row).to_contain_text("Connected", timeout=SOON_MS)
    wait_until_true(lambda: CommandRun.objects.filter(status="done").count() == 1)
    assert list(CommandRun.objects.get().transitions.values_list("to_status", flat=True)) == [
        "queued",
        "sent",
        "accepted",
        "done",
    ]


@pytest.mark.parametrize(
    ("version", "message", "arrives"),
    [
        (V16, "Diagnostics status notification", "DiagnosticsStatusNotification"),
        (V201, "Firmware status notification", "FirmwareStatusNotification"),
        (V21, "Meter values", "MeterValues"),
    ],
    ids=str,
)
def test_select_the_type_of_trigger_message(
    sign_in: SignIn, fleet: Fleet, version: OcppVersion, message: str, arrives: str
) -> None:
    """To trigger a message, click Trigger message, and select the type of trigger message ..."""
    station = seeds.connected(fleet, version)
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Trigger message")
    kinds = page.get_by_role("dialog").get_by_label("Message", exact=True)
    for kind in ("Boot notification", "Heartbeat", "Meter values", "Status notification"):
        expect(kinds).to_contain_text(kind)
    kinds.select_option(label=message)
    request(page)
    expect(page.locator(".truth")).to_contain_text(f": {arrives} came", timeout=SOON_MS)
    page.get_by_role("link", name=arrives).first.click()
    page.wait_for_url("**/operations/messages/*/")
    expect(page.locator("main")).to_contain_text(arrives)
    seeds.asked("TriggerMessage")


def test_a_trigger_that_was_accepted_is_not_done_before_its_message_came(
    sign_in: SignIn, fleet: Fleet
) -> None:
    station: Station = StationFactory(identity="QUAY-1", name="Quay 1", connected=False)
    fleet(StationSpec("QUAY-1", V16, PROFILE, quirks=quirks_of(["ignores"]), seed=1), pace=BRISK)
    wait_until_true(lambda: station.connectors.exclude(charging_status="").exists())
    page = sign_in(at=STATIONS)
    open_dialog(page, station, "Trigger message")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Message", exact=True).select_option("heartbeat")
    request(page)
    expect(page.locator(".truth")).to_contain_text("Accepted", timeout=SOON_MS)
    run = CommandRun.objects.get()
    # Its time passes; the sweeper comes by.
    CommandRun.objects.filter(pk=run.pk).update(deadline_at=run.created_at)
    expect(page.locator(".truth")).to_contain_text("nothing received", timeout=SOON_MS)
    run.refresh_from_db()
    assert run.status == RunStatus.NOT_CONFIRMED
