"""A real browser, signed in, that fails the test on any error it would have told a developer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from evcharge.demo.fleet import FleetThread
from ocpp_gateway.simulator.specs import Pace, StationSpec
from operations.models import User
from operations.statuses import Role
from tests.browser.windows import IN_TIME_MS, Windows
from tests.factories import UserFactory
from tests.portal import Portal

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Where Tab leads is in sight at once.
    "--disable-smooth-scrolling",
)


# Playwright keeps an event loop in this thread: no longer than its module, or the next one's
# asynchronous tests could not run.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Django would take us for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=IN_TIME_MS)
        instance = playwright.chromium.launch(
            executable_path=str(chromium), args=list(SWITCHES), headless=True
        )
        yield instance
        instance.close()


@pytest.fixture(scope="module")
def windows(browser: Browser, _served: Portal) -> Windows:
    return Windows(browser, _served.url)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What browsers complain of, in any of a test's pages; it fails the test."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_browser(
    windows: Windows, portal: Portal, complaints: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser of its own."""
    yield lambda **options: windows.open(options, complaints)
    windows.leave()


@pytest.fixture
def sign_in(open_browser: Callable[..., BrowserContext], portal: Portal) -> Callable[..., Page]:
    """Opens a page for a user of a role; journeys of accounts try the form that asks who it is."""

    def open_page(
        user: User | Role = Role.OPERATOR, at: str = "/operations/chargers/", **options: Any
    ) -> Page:
        if isinstance(user, Role):
            user = UserFactory(role=user)
        client = Client()
        client.force_login(user)
        context = open_browser(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": portal.url}])
        page = context.new_page()
        page.goto(f"{portal.url}{at}")
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
