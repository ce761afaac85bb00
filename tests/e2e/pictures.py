"""Owns the pictures of the documentation, taken of the real page: `make screenshots`."""

from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, expect, sync_playwright

from mock_server import MockServer
from tests.e2e.chromium import chromium
from tests.e2e.dashboards import Dashboard
from tests.e2e.worlds import lively

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
PORT: Final = 4020  # as in the documentation


class Picture(NamedTuple):
    """One view; the route may name the job that was retried."""

    name: str
    route: str
    scheme: str = "light"
    width: int = 1280
    height: int = 720


PICTURES: Final = (
    Picture("dashboard", ""),
    Picture("dashboard-dark", "", "dark"),
    Picture("dashboard-job", "jobs/{job}", height=1240),
    Picture("dashboard-account", "accounts/test_max", height=860),
    Picture("dashboard-phone", "", width=360, height=720),
    Picture("dashboard-try", "try", height=900),  # the last: it moves the time
)


def take(browser: Browser, mock: MockServer, picture: Picture) -> None:
    size = {"width": picture.width, "height": picture.height}
    dashboard = Dashboard(browser, mock, viewport=size, color_scheme=picture.scheme)
    (job,) = (each for each in mock.jobs() if each["personId"] == "mock-found-leadmagic")
    page = dashboard.open(picture.route.format(job=job["trackingId"]))
    if picture.route == "try":
        dashboard.press("Send")
        expect(page.locator(".detail")).to_contain_text("asking Clodura")
        mock.advance(1000)
        expect(page.get_by_role("heading", name="Webhook 1")).to_be_visible()
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.locator("main svg, main .list").first).to_be_visible()
    page.screenshot(path=FOLDER / f"{picture.name}.png", animations="disabled")
    dashboard.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with MockServer(clock="manual", seed=1, port=PORT) as mock, sync_playwright() as playwright:
        lively(mock)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for picture in PICTURES:
            take(browser, mock, picture)
        browser.close()


if __name__ == "__main__":
    main()
