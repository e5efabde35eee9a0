"""A real browser, signed in, that fails the test on any error it would have told a developer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from evcharge.demo.fleet import FleetThread
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.models import User
from operations.statuses import Role
from tests.factories import PASSWORD, UserFactory
from tests.portal import Portal

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# What is no fault: a form that is sent back with what is wrong in it (422), and a request of htmx's
# that leaving the page cut off. The browser tells of those that fail for another reason, too.
HARMLESS = ("status of 422", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")


# Playwright keeps an event loop in this thread: no longer than its module, or the next one's
# asynchronous tests could not run.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Django would take us for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        instance = playwright.chromium.launch(
            executable_path=str(chromium), args=list(SWITCHES), headless=True
        )
        yield instance
        instance.close()


# What the content security policy forbids is done without a word where a script asks for it.
TELL_OF_POLICY = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`forbidden by ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));"""


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What browsers complain of, in any of a test's pages; it fails the test."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_browser(
    browser: Browser, portal: Portal, complaints: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser of its own, whose every page is listened to."""
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        is_harmless = any(words in message.text for words in HARMLESS)
        if message.type in {"error", "warning"} and not is_harmless:
            complaints.append(message.text)

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1600, "height": 1000}} | options)
        contexts.append(context)
        context.set_default_timeout(8000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
        context.add_init_script(TELL_OF_POLICY)
        context.on("console", note)
        context.on("weberror", lambda fault: complaints.append(str(fault.error)))
        return context

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(open_browser: Callable[..., BrowserContext], portal: Portal) -> Callable[..., Page]:
    """Opens a page for a user of a role."""

    def open_page(user: User | Role = Role.OPERATOR, **options: Any) -> Page:
        if isinstance(user, Role):
            user = UserFactory(role=user)
        page = open_browser(**options).new_page()
        page.goto(f"{portal.url}/sign-in/?next=/operations/chargers/")
        page.get_by_label("Username").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/operations/chargers/")
        return page

    return open_page


@pytest.fixture
def fleet(portal: Portal) -> Iterator[Callable[..., None]]:
    """Runs simulated stations beside the portal."""
    running: list[FleetThread] = []

    def start(*specs: StationSpec, pace: Pace | None = None) -> None:
        thread = FleetThread(specs, pace)
        thread.start(portal.stations_url)
        running.append(thread)

    yield start
    for thread in running:
        thread.stop()
