"""Owns the dashboard as tests use it: a page in a real Chromium that may neither complain nor ask another host."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from mock_server import MockServer

EXECUTED: Final = "window.executed"
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
VIEWS: Final = {
    "": "Timeline",
    "accounts": "Accounts",
    "requests": "Requests",
    "try": "Try it",
    "faults": "Faults",
    "snapshot": "Snapshot",
}


class Dashboard:
    """The page of one fake, in a browser's context of its own."""

    def __init__(self, browser: Browser, mock: MockServer, **context: Any) -> None:
        self.mock = mock
        self.context: BrowserContext = browser.new_context(**context)
        self.context.set_default_timeout(20_000)
        self.asked: list[Request] = []
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("request", self._asks)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asks(self, request: Request) -> None:
        self.asked.append(request)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def open(self, route: str = "", query: str = "") -> Page:
        """Go to a view and wait until it is live and shown."""
        self.page.goto(f"{self.mock.url}/_mock/{query}#/{route}")
        self.live()
        return self.page

    def live(self) -> None:
        expect(self.page.locator("[data-live=on]")).to_be_visible()
        expect(self.page.locator("main .view")).to_be_visible()

    def visit(self, route: str) -> None:
        """Another view, as a link leads there."""
        self.page.evaluate("route => { location.hash = `#/${route}`; }", route)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def rows(self) -> Locator:
        return self.page.locator(".row")

    def row(self, text: str) -> Locator:
        return self.page.locator(".row").and_(
            self.page.get_by_role("option", name=re.compile(re.escape(text)))
        )

    def told(self, text: str) -> None:
        """What the page says at its foot."""
        expect(self.page.locator("#said")).to_contain_text(text)

    def other_hosts(self) -> list[str]:
        own = urlsplit(self.mock.url).netloc
        return [
            each.url
            for each in self.asked
            if not each.url.startswith(("data:", "blob:")) and urlsplit(each.url).netloc != own
        ]

    def calls(self, path: str) -> int:
        """How often the page asked for that path of the control API."""
        return sum(urlsplit(each.url).path == f"/_mock{path}" for each in self.asked)

    def violations(self, *rules: str) -> list[str]:
        """What axe finds by these rules, or by all of WCAG 2.2 A and AA; also what is not serious."""
        found = Axe().run(self.page, options={"runOnly": list(rules or WCAG)})
        assert found.response["passes"], "axe looked at nothing"
        return [
            f"{each['impact']} {each['id']}: {each['help']} {each['nodes'][0]['html'][:200]}"
            for each in found.response["violations"]
        ]

    def close(self) -> None:
        self.context.close()
        assert self.complaints == [], f"the page complained: {self.complaints}"
        assert self.other_hosts() == [], f"the page asked another host: {self.other_hosts()}"
