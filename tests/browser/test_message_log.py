"""The message log in a real browser: following it, and the frames under a row."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from operations.models import OcppMessage
from operations.statuses import Role
from operations.tables.messages import MessageTable
from tests.factories import MessageFactory, StationFactory

pytestmark = pytest.mark.browser

URL = "/operations/messages/"
SignIn = Callable[..., Page]


def rows(page: Page) -> list[str]:
    return page.locator(
        "tbody tr[id^=message-]:not([data-detail]) td:nth-child(5)"
    ).all_inner_texts()


def test_new_messages_appear_while_the_log_is_followed(sign_in: SignIn) -> None:
    station = StationFactory(identity="CP-1")
    MessageFactory.create_batch(MessageTable.page_sizes[0], station=station)
    page = sign_in(Role.VIEWER, at=f"{URL}?station=CP-1")
    page.get_by_label("Follow").check()
    page.wait_for_url("**live=on**")
    reset = MessageFactory(
        station=station, action="Reset", is_from_station=False, answer="", answered_at=None
    )
    MessageFactory(action="Elsewhere")
    top = page.locator(f"#message-{reset.pk}")
    expect(top).to_contain_text("Waiting")
    assert rows(page)[0] == "Reset"
    # As many rows as before: the oldest went.
    expect(page.locator("tbody tr[id^=message-]:not([data-detail])")).to_have_count(
        MessageTable.page_sizes[0]
    )
    # Opened, it stays open while more comes, and its answer shows by itself.
    top.get_by_role("button", name="Expand Reset").click()
    expect(page.locator(f"#message-{reset.pk}-detail")).to_contain_text("No answer")
    OcppMessage.objects.filter(pk=reset.pk).update(answer="[3]", answered_at=timezone.now())
    expect(top).to_contain_text(" ms")
    MessageFactory(station=station, action="StatusNotification")
    expect(page.locator("tbody")).to_contain_text("StatusNotification")
    expect(page.locator(f"#message-{reset.pk}-detail")).to_be_visible()


def test_an_older_page_has_the_browsers_back(sign_in: SignIn) -> None:
    station = StationFactory()
    for number in range(MessageTable.page_sizes[0] + 1):
        MessageFactory(station=station, action=f"Number{number}")
    page = sign_in(Role.VIEWER, at=URL)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody")).not_to_contain_text("Number7")
    assert rows(page) == ["Number0"]
    page.go_back()
    expect(page.locator("tbody")).to_contain_text("Number7")


def test_an_operator_disconnects_a_station_in_a_dialog(sign_in: SignIn) -> None:
    station = StationFactory(open_connection=True, name="Quay 1")
    page = sign_in(Role.OPERATOR, at=f"/operations/stations/{station.pk}/")
    page.get_by_role("link", name="Health").first.click()
    page.get_by_role("link", name="Disconnect").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Disconnect Quay 1")
    dialog.get_by_role("button", name="Disconnect").click()
    expect(page.locator("#toasts")).to_contain_text("Quay 1 is being disconnected.")
