"""A person at a portal's pages: `python -m tests.bench.probes.felt ADDRESS PASSWORD ROUNDS`.

Presses are a real browser's own, and so is what they are timed with: the browser tells how long
each took until its next paint (Event Timing), to 8 ms, and what moved by itself (Layout Shift).
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests import services
from tests.bench.scripts import quantile

WINDOW = {"width": 1440, "height": 900}
CHARGERS, STATIONS = "/operations/chargers/", "/operations/stations/"
SETTLED_MS = 1_500
LIVE_MS = 15_000
LISTENING = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

Step = Callable[[Page], None]


def open_dialog(page: Page) -> None:
    page.locator("#list td.actions a[data-dialog]:not([aria-disabled=true])").first.click()
    expect(page.get_by_role("dialog").locator("button[type=submit]")).to_be_visible()


def close_dialog(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def type_in_filter(page: Page) -> None:
    with page.expect_response(lambda answer: "name=harbour" in answer.url):
        page.locator("[data-filters] input[name=name]").press_sequentially("harbour", delay=30)
    page.wait_for_url("**name=harbour**")


def clear_filter(page: Page) -> None:
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(page.locator("[data-filters] input[name=name]")).to_have_value("")


def sort(page: Page) -> None:
    with page.expect_response(lambda answer: "sort=" in answer.url):
        page.locator("#sort-vendor").click()


def expand(page: Page) -> None:
    page.locator("#list [data-expand]").first.click()


def tick_all(page: Page) -> None:
    page.get_by_label("Select all on this page").click()


def open_columns(page: Page) -> None:
    page.locator("#columns-menu > summary").click()


def open_search(page: Page) -> None:
    page.keyboard.press("Control+k")


def type_in_search(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#search-input").press_sequentially("harbour", delay=30)
    expect(page.locator("#search-hits a[role=option]").first).to_be_visible()


def leave_search(page: Page) -> None:
    page.locator("#search-input").fill("")
    page.keyboard.press("Escape")
    page.locator("h1").click()


def nothing(_page: Page) -> None:
    """What was done stays."""


# What it is called, where it is done, what is pressed, what takes it back.
PRESSES: tuple[tuple[str, str, Step, Step], ...] = (
    ("a dialog opens", STATIONS, open_dialog, close_dialog),
    ("a filter is typed", STATIONS, type_in_filter, clear_filter),
    ("a list is sorted", STATIONS, sort, nothing),
    ("a row is expanded", CHARGERS, expand, nothing),
    ("all rows are ticked", STATIONS, tick_all, tick_all),
    ("the columns are shown", STATIONS, open_columns, open_columns),
    ("the search opens", STATIONS, open_search, leave_search),
    ("a search is typed", STATIONS, type_in_search, leave_search),
)


def bare(page: Page, rounds: int) -> list[float]:
    """The same where there is nothing but a button: what browser and machine need themselves."""
    page.goto("about:blank")
    page.set_content("<button>Press</button>")
    return [timed(page, lambda page: page.locator("button").click()) for _round in range(rounds)]


def timed(page: Page, press: Step) -> float:
    page.evaluate("felt.slowest()")
    press(page)
    page.evaluate("felt.painted()")
    slowest: float = page.evaluate("felt.slowest()")
    return slowest


def presses(page: Page, address: str, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """How long each took, from the press until the next paint."""
    for name, path, press, take_back in PRESSES:
        page.goto(f"{address}{path}")
        page.locator("#live-state[data-state=live]").wait_for()
        page.evaluate("felt.painted()")
        times = []
        for _round in range(rounds):
            times.append(timed(page, press))
            take_back(page)
            page.evaluate("felt.painted()")
        yield name, times


def tabs(page: Page, address: str, rounds: int) -> list[float]:
    """From the press on a station's next tab until its page is painted."""
    page.goto(f"{address}{STATIONS}")
    page.locator("#list tbody td.name a, #list tbody td.fw-medium a").first.click()
    page.locator(".tabs").wait_for()
    count = page.locator(".tabs a").count()
    times = []
    for number in range(1, rounds + 1):
        with page.expect_navigation():
            page.locator(".tabs a").nth(number % count).click()
        times.append(page.evaluate("felt.sincePressed()"))
    return times


def moved(page: Page, address: str) -> Mapping[str, float]:
    """What moved by itself: while the first list came, and while it was looked at."""
    page.goto(f"{address}{CHARGERS}")
    page.locator("#live-state[data-state=live]").wait_for()
    page.wait_for_timeout(SETTLED_MS)
    first = page.evaluate("felt.moved()")
    page.wait_for_timeout(LIVE_MS)
    return {"first": first, "live": page.evaluate("felt.moved()") - first}


def sign_in(page: Page, address: str, password: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/operations/**")


def figures(address: str, password: str, rounds: int) -> dict[str, Any]:
    """All of it, in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(services.find_chromium()), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
        context.add_init_script(LISTENING)
        page = context.new_page()
        sign_in(page, address, password)
        answer = {
            "bare": quantile(bare(page, rounds), 0.95),
            "presses": {
                name: {"p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}
                for name, times in presses(page, address, rounds)
            },
            "tab": quantile(tabs(page, address, rounds), 0.95),
            # By now the demo's stations have all come.
            "moved": moved(page, address),
        }
        browser.close()
    return answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("password")
    parser.add_argument("rounds", type=int)
    arguments = parser.parse_args()
    print(json.dumps(figures(arguments.address, arguments.password, arguments.rounds)))  # noqa: T201


if __name__ == "__main__":
    main()
