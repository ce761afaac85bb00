"""The dashboard as a page: for every eye and hand, with any content, under load, and when the server goes away."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Route, expect

from mock_server import MockServer
from mock_server.settings import ClockSetting
from tests.api import match
from tests.e2e.conftest import Opens
from tests.e2e.dashboards import EXECUTED, VIEWS, Dashboard
from tests.e2e.worlds import lively, many, sending

BREAKS_OUT = """"><img src=x onerror="window.executed=1"><script>window.executed=1</script>'"""
VIEWPORTS = {"phone": (360, 740), "wide": (1920, 1080)}


@pytest.fixture(scope="module")
def alive() -> Iterator[MockServer]:
    """A fake with a few dozen jobs, for tests that only look."""
    with MockServer(clock="manual", seed=1) as server:
        lively(server)
        server.fault({"status": 503}, when={"operationId": "getCredits", "nth": 2})
        yield server


def routes(server: MockServer) -> list[str]:
    retried = next(each for each in server.jobs() if len(each["deliveries"]) > 1)
    return [*VIEWS, f"jobs/{retried['trackingId']}", "accounts/test_max"]


@pytest.mark.parametrize(("scheme", "rules"), [("light", ()), ("dark", ("color-contrast",))])
def test_axe_finds_nothing_in_any_view(
    opens: Opens, alive: MockServer, scheme: str, rules: tuple[str, ...]
) -> None:
    dashboard = opens(alive, color_scheme=scheme, viewport={"width": 1280, "height": 640})
    page = dashboard.open()
    found = {}
    for route in routes(alive):
        dashboard.visit(route)
        expect(page.locator("main h1").first).to_be_visible()
        if route == "requests":
            dashboard.rows().nth(2).click()
        found[route] = dashboard.violations(*rules)
    page.keyboard.press("?")
    found["help"] = dashboard.violations(*rules)

    assert {route: each for route, each in found.items() if each} == {}


@pytest.mark.parametrize("size", VIEWPORTS)
def test_no_view_is_wider_than_the_window(opens: Opens, alive: MockServer, size: str) -> None:
    width, height = VIEWPORTS[size]
    dashboard = opens(alive, viewport={"width": width, "height": height})
    page = dashboard.open()
    wide = {}
    for route in routes(alive):
        dashboard.visit(route)
        expect(page.locator("main h1").first).to_be_attached()
        wide[route] = page.evaluate(
            "() => Math.max(document.documentElement.scrollWidth, document.getElementById('main').scrollWidth)"
        )

    assert {route: each for route, each in wide.items() if each > width} == {}


def test_light_and_dark_can_be_turned_and_are_remembered(opens: Opens, alive: MockServer) -> None:
    dashboard = opens(alive, color_scheme="dark")
    page = dashboard.open()
    colour = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)

    page.keyboard.press("t")
    light = page.evaluate(colour)
    page.reload()
    dashboard.live()

    assert (dark, light) == ("rgb(13, 15, 19)", "rgb(245, 246, 248)")
    assert page.evaluate(colour) == light


def test_everything_can_be_done_with_the_keyboard(opens: Opens, alive: MockServer) -> None:
    dashboard = opens(alive)
    page = dashboard.open()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.get_by_role("listbox").focus()
    page.keyboard.press("End")
    last = page.get_by_role("option", selected=True)
    expect(last).to_have_attribute("aria-posinset", str(len(alive.jobs())))
    expect(page.get_by_role("listbox")).to_have_attribute(
        "aria-activedescendant", last.get_attribute("id") or ""
    )
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(alive.jobs()[-2]["personId"])
    page.keyboard.press("3")
    expect(page.get_by_role("heading", level=1)).to_have_text("Requests")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("?2")
    expect(page.get_by_role("heading", level=1)).to_have_text("Requests")


def test_single_keys_are_told_and_can_be_switched_off(opens: Opens, alive: MockServer) -> None:
    dashboard = opens(alive)
    page = dashboard.open()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Single keys do things").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("4")
    page.keyboard.press("?")

    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_whatever_a_request_holds_is_shown_as_text(dashboard: Dashboard) -> None:
    mock, page = dashboard.mock, dashboard.page
    key = "test_max_<b>x</b>"
    body = {
        "personId": BREAKS_OUT,
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": f"{mock.inbox('x').url}/%22%3E%3Cimg%20src=x%20onerror=window.executed=1%3E'onerror='x",
        "more": {BREAKS_OUT: BREAKS_OUT},
    }
    hostile = {"User-Agent": BREAKS_OUT}
    tracking_id = match(mock, body, key, **hostile).body["trackingId"]
    match(mock, {"personId": 7, BREAKS_OUT: BREAKS_OUT}, key)
    mock.call("PUT", f"/people/{'%3Cscript%3E'}", {"firstName": BREAKS_OUT, "numbers": {}})
    mock.fault({"body": {"x": BREAKS_OUT}}, when={"personId": BREAKS_OUT, "apiKey": BREAKS_OUT})
    mock.advance(to="idle")

    dashboard.open()
    expect(page.locator(".row strong").first).to_have_text(BREAKS_OUT)
    quoted = key.replace("<", "%3C").replace(">", "%3E").replace("/", "%2F")
    for route in (f"jobs/{tracking_id}", f"accounts/{quoted}", "requests", "faults", "try"):
        dashboard.visit(route)
        expect(page.locator("main h1").first).to_be_visible()
        if route == "requests":
            dashboard.rows().last.click()
            expect(page.get_by_role("region", name="Request body")).to_contain_text("onerror")
        if route.startswith("jobs"):
            expect(page.get_by_role("heading", level=1)).to_have_text(BREAKS_OUT)
    dashboard.visit(f"jobs/{BREAKS_OUT.replace('/', '')}")
    expect(page.get_by_text("This job is not there")).to_be_visible()

    assert page.evaluate(EXECUTED) is None
    assert page.locator("main img, main script, main b:has-text('x')").count() == 0
    dashboard.complaints = [each for each in dashboard.complaints if "404" not in each]


def test_a_webhook_s_body_is_shown_as_text(dashboard: Dashboard) -> None:
    dashboard.mock.person(
        "p-1",
        {"Clodura": ["+12025550143"]},
        first_name=BREAKS_OUT,
        linkedin_url="https://www.linkedin.com/in/p-1",
    )
    page = dashboard.open("try")
    page.get_by_label("Account").select_option("test_prospect")
    page.get_by_label("Person").select_option("")
    page.get_by_label("Id or LinkedIn profile").fill("p-1")
    dashboard.press("Send")
    dashboard.press("Idle")

    expect(page.get_by_role("region", name="Body of webhook 1")).to_contain_text("onerror")
    assert page.evaluate(EXECUTED) is None


def test_of_thousands_of_jobs_only_the_visible_ones_are_drawn(dashboard: Dashboard) -> None:
    many(dashboard.mock, 2000)
    count = len(dashboard.mock.jobs())
    page = dashboard.open()
    expect(dashboard.row("person-2000, ").or_(dashboard.row("person-1999, ")).first).to_be_visible()

    drawn = dashboard.rows().count()
    expect(page.get_by_role("button", name=re.compile(f"All {count:,}"))).to_be_visible()
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")

    expect(page.get_by_role("option", selected=True)).to_have_attribute("aria-posinset", str(count))
    assert max(drawn, dashboard.rows().count()) < 60
    assert dashboard.calls("/jobs") <= 2, "the newest at once, then all"


def test_a_thousand_events_are_shown_without_reading_everything_again(dashboard: Dashboard) -> None:
    page = dashboard.open()
    listed = dashboard.calls("/jobs")
    dashboard.mock.account(
        "max", api_key="test_burst", credits=1_000_000, requests_per_minute=10**6
    )
    with sending(dashboard.mock) as sender:
        for n in range(300):
            sender.send(f"mock-found-after-{n % 7}", "test_burst", None)
    dashboard.mock.advance(to="idle")

    expect(page.get_by_role("button", name=re.compile("Found 300"))).to_be_visible()
    assert dashboard.calls("/jobs") == listed
    assert dashboard.calls("/clock") < 300, "what waits is looked at once a second, not per event"


def test_events_that_were_missed_bring_the_list_anew(dashboard: Dashboard) -> None:
    page = dashboard.open()
    assert dashboard.mock._fake is not None
    journal = dashboard.mock._fake.engine.journal
    kept = journal._events

    journal._events = type(kept)(maxlen=3)
    match(dashboard.mock, {"personId": "mock-found"})
    dashboard.mock.advance(to="idle")

    expect(page.get_by_role("button", name=re.compile("Found 1"))).to_be_visible()


def test_the_page_is_painted_before_anything_is_read(dashboard: Dashboard) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    dashboard.page.route(re.compile("/_mock/(rules|jobs|clock|accounts|events)"), hold)

    dashboard.page.goto(f"{dashboard.mock.url}/_mock/")

    expect(dashboard.page.get_by_role("navigation")).to_be_visible()
    expect(dashboard.page.get_by_role("radio", name="Manual")).to_be_attached()
    dashboard.page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint').length"
    )
    assert held, "nothing was answered yet"
    for each in held:
        each.continue_()
    dashboard.page.unroute_all()


def test_with_a_token_the_page_opens_by_the_address_that_is_printed(opens: Opens) -> None:
    server = MockServer(clock="manual", seed=1)
    server._settings = replace(server._settings, control_token="t0ken")
    with server as mock:
        dashboard = opens(mock)
        page = dashboard.open("accounts", "?token=t0ken")
        mock.account("max", api_key="acme")

        expect(dashboard.row("acme")).to_be_visible()
        assert "t0ken" not in page.url
        dashboard.close()


def test_a_server_that_comes_back_is_found_and_read_anew(opens: Opens) -> None:
    first = MockServer(clock="manual", seed=1).start()
    dashboard = opens(first)
    page = dashboard.open()
    match(first, {"personId": "mock-found"})
    expect(dashboard.rows()).to_have_count(1)
    first.stop()
    expect(page.locator("[data-live=lost]")).to_have_text("no connection")

    second = MockServer(port=int(first.url.rpartition(":")[2]))
    second._settings = replace(second._settings, clock=ClockSetting.parse("x60"))
    with second:
        expect(page.locator("[data-live=on]")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("No jobs yet")).to_be_visible()
        expect(page.get_by_role("radio", name="Scaled")).to_be_checked()
        dashboard.complaints.clear()  # of the connection
        dashboard.close()
