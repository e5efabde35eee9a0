"""Every page about one thing, for everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.looking import faults_of_pages
from tests.pages.everything import everything
from tests.portal import Portal

pytestmark = pytest.mark.browser

# What a page fetches is seen there.
PARTS = ("/connectors/",)


def test_pages_of_one_are_for_everybody(sign_in: Callable[..., Page], portal: Portal) -> None:
    world = everything()
    urls = [url for url in world.pages() if world.is_of_one(url) and not url.endswith(PARTS)]
    assert len(urls) > 40
    assert faults_of_pages(sign_in(world.user), portal.url, urls) == []
