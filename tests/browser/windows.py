"""A module's browsers: one that a test is done with is the next one's, its cache still warm."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

DESK = {"width": 1600, "height": 1000}
# Only what is broken takes this long, however busy the machine is.
IN_TIME_MS = 30_000

# What is no fault: a form that is sent back with what is wrong in it (422), and a request of htmx's
# that leaving the page cut off. The browser tells of those that fail for another reason, too.
HARMLESS = ("status of 422", "htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")

# What the content security policy forbids is done without a word where a script asks for it.
TELL_OF_POLICY = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`forbidden by ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));"""


class Windows:
    """Opens browsers that know nobody, and listens to all their pages."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self._browser = browser
        self._origin = origin
        self._idle: dict[str, list[BrowserContext]] = {}
        self._used: list[tuple[str, BrowserContext]] = []
        self._complaints: list[str] = []

    def open(self, options: dict[str, Any], complaints: list[str]) -> BrowserContext:
        """One of its own, for as long as the test; what it complains of is added."""
        self._complaints = complaints
        key = repr(sorted(options.items()))
        idle = self._idle.get(key)
        context = idle.pop() if idle else self._make(options)
        self._used.append((key, context))
        return context

    def leave(self) -> None:
        """Close the test's pages, and forget what they kept."""
        for key, context in self._used:
            context.clear_cookies()
            page = context.pages[0] if context.pages else context.new_page()
            kept = {"origin": self._origin, "storageTypes": "local_storage"}
            context.new_cdp_session(page).send("Storage.clearDataForOrigin", kept)
            for each in context.pages:
                each.close()
            self._idle.setdefault(key, []).append(context)
        self._used.clear()

    def _make(self, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(**{"viewport": DESK} | options)
        context.set_default_timeout(IN_TIME_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self._origin)
        context.add_init_script(TELL_OF_POLICY)
        context.on("console", self._note)
        context.on("weberror", lambda fault: self._complaints.append(str(fault.error)))
        return context

    def _note(self, message: ConsoleMessage) -> None:
        is_harmless = any(words in message.text for words in HARMLESS)
        if message.type in {"error", "warning"} and not is_harmless:
            self._complaints.append(message.text)
