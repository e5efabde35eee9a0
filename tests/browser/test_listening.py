"""The browser tests' own ear: what the policy forbids and what a script breaks is heard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.portal import Portal

pytestmark = pytest.mark.browser

FOREIGN = "https://example.org/picture.png"
INLINE = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.body.append(script);
}"""


def test_a_broken_policy_and_a_broken_script_are_heard(
    sign_in: Callable[..., Page], portal: Portal, complaints: list[str]
) -> None:
    page = sign_in()
    assert complaints == []
    page.evaluate(INLINE)
    assert page.evaluate("window.ran") is None
    with page.expect_console_message(lambda message: FOREIGN in message.text):
        page.evaluate(f"() => {{ new Image().src = '{FOREIGN}' }}")
    # In another page of the same browser.
    other = page.context.new_page()
    other.goto(f"{portal.url}/operations/stations/")
    with other.expect_event("pageerror"):
        other.evaluate("() => { setTimeout(() => missing()) }")
    heard = " ".join(complaints)
    complaints.clear()
    assert "script-src" in heard
    assert FOREIGN in heard
    assert "missing is not defined" in heard
