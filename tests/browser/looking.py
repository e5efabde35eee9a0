"""What is wrong with a page for somebody: axe in both themes, sizes of what is pressed, zoom."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
# A window of 1280 px as it is, and what is left of it at 200 % and at 400 % (WCAG 1.4.4, 1.4.10).
WIDTHS = (1280, 640, 320)
HEIGHT = 900
# What scripts add to a page after it has come.
ADDED = {"/operations/": ".timeline canvas", "/operations/map/": "#map[data-ready]"}

SCRIPTS = (AXE_SCRIPT, Path(__file__).with_name("accessible.js").read_text(encoding="utf-8"))
Place = dict[str, Any]  # what axe takes
EVERYTHING: Place = {"include": [["html"]]}
# The frame is the same on each page: seen with the first.
IN_THE_FRAME: Place = {"exclude": [[".top-bar"], ["#menu"]]}


def faults(page: Page, *parts: str) -> list[str]:
    """What axe finds in the page as it stands, or in parts of it, in light and in dark."""
    place = {"include": [[part] for part in parts]} if parts else IN_THE_FRAME
    found = list(_by_axe(page, THEMES, place))
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def faults_of_pages(page: Page, origin: str, urls: Iterable[str]) -> list[str]:
    """Go to each, and look at it in every way."""
    for script in SCRIPTS:
        page.add_init_script(script)
    themes, widths, place = THEMES, WIDTHS, EVERYTHING
    found = []
    for url in urls:
        response = page.goto(f"{origin}{url}")
        assert response is not None
        assert response.ok, url
        if url in ADDED:
            page.locator(ADDED[url]).first.wait_for()
        found += [f"{url}: {fault}" for fault in _look(page, themes, widths, place)]
        # Each switch lays everything out again: the next page begins as this one ended.
        themes, widths, place = themes[::-1], widths[::-1], IN_THE_FRAME
    return found


def _look(
    page: Page, themes: tuple[Theme, ...], widths: tuple[int, ...], place: Place
) -> Iterator[str]:
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if width == max(widths):
            yield from _by_axe(page, themes, place)
            yield from (f"small: {fault}" for fault in page.evaluate("faults.tooSmall()"))
        yield from (f"at {width} px: {fault}" for fault in page.evaluate("faults.tooWide()"))


def _by_axe(page: Page, themes: tuple[Theme, ...], place: Place) -> Iterator[str]:
    if not page.evaluate("'faults' in window"):
        for script in SCRIPTS:
            page.evaluate(script)
    # The other theme has other colours, and nothing else.
    for theme, rules in zip(themes, ("all", "colours"), strict=True):
        # Colours that are still on their way from the other theme are no fault.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for fault in page.evaluate("look => faults.axeFaults(...look)", [place, rules]):
            yield f"{theme}: {fault}"
