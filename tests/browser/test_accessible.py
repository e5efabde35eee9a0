"""Every page for everybody: axe in both themes, narrow windows, the size of what is pressed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.pages.everything import everything
from tests.portal import Portal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")
# 320 px is 1280 px at 400 %.
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 900}
# The other theme has other colours, and nothing else.
ALL = {"resultTypes": ["violations"]}
OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
# What a page fetches is seen there.
PARTS = ("/connectors/",)


def look(page: Page) -> list[str]:
    """What is wrong with the page as it stands."""
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate(AXE_SCRIPT)
    page.evaluate(SCRIPT)
    found = [f"light: {fault}" for fault in page.evaluate("o => faults.axeFaults(o)", ALL)]
    found += [f"small: {fault}" for fault in page.evaluate("faults.tooSmall()")]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {fault}" for fault in page.evaluate("o => faults.axeFaults(o)", OF_COLOURS)]
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    return found + [f"wide: {fault}" for fault in page.evaluate("faults.tooWide()")]


def test_axe_finds_nothing_on_any_page(sign_in: Callable[..., Page], portal: Portal) -> None:
    world = everything()
    page = sign_in(world.user)
    faults: list[str] = []
    for url in world.pages():
        if url.endswith(PARTS):
            continue
        response = page.goto(f"{portal.url}{url}")
        assert response is not None
        assert response.ok, url
        faults += [f"{url}: {fault}" for fault in look(page)]
    assert faults == []
