"""Codes switched on, out and in again; a theme that holds everywhere; a browser signed out."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from operations.statuses import Role
from tests.browser.looking import faults
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.browser


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or `steps` half-minutes from now: each is good for once."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def test_codes_are_switched_on_and_asked_for(sign_in: Callable[..., Page]) -> None:
    user = UserFactory(username="ada", role=Role.ADMIN)
    page = sign_in(user)
    found = []
    page.locator("#user-menu summary").click()
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("link", name="Switch codes on").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    found += faults(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    found += faults(page)
    secret = page.locator(".account-steps code").inner_text()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".account-recovery li")).to_have_count(10)
    found += faults(page)

    # Signing in may lead back to where one signed out: to a page that asks for nothing more.
    page.get_by_role("link", name="Overview").first.click()
    page.locator("#user-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    found += faults(page)
    page.get_by_label("Code").fill(code(secret, steps=1))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#user-menu")).to_contain_text("ada")
    page.locator("#user-menu summary").click()
    page.get_by_role("link", name="What roles may do").click()
    expect(page.get_by_role("heading", name="Viewer")).to_be_visible()
    assert found == []


def test_a_theme_holds_on_the_next_computer_and_a_browser_is_signed_out(
    sign_in: Callable[..., Page],
) -> None:
    user = UserFactory(role=Role.VIEWER)
    page = sign_in(user)
    root = page.locator("html")
    with page.expect_response("**/account/theme/"):
        page.locator("#user-menu summary").click()
        page.get_by_role("button", name="Dark").click()
    expect(root).to_have_attribute("data-bs-theme", "dark")

    other = sign_in(user)
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(other.locator("#live-state")).to_have_attribute("data-state", "live")
    base = page.url.split("/operations/")[0]
    page.goto(f"{base}/account/")
    page.get_by_role("button", name="Sign all others out").click()
    # The other page finds itself at the sign-in page, without a click, and still dark.
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")
