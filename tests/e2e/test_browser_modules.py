"""What the dashboard's modules decide, each alone, in the browser that runs them."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page

from mock_server import MockServer
from mock_server.web.control.events import name_of, view_of
from tests.e2e.worlds import lively

JOBS = """async ({ statuses, list, events }) => {
  const { Jobs } = await import("/_mock/dashboard/jobs.js");
  const known = new Jobs(statuses, { rate: 0 });
  known.load(list);
  for (const [name, data] of events) known.apply(name, data);
  return JSON.stringify([...known.byId.values()], (_, each) => (each instanceof Map ? [...each] : each));
}"""
SPAN = """async milliseconds => (await import("/_mock/dashboard/time.js")).span(milliseconds)"""
TICKS = """async ([from, to, width]) => {
  const { Scale } = await import("/_mock/dashboard/scale.js");
  return new Scale(from, to, width).ticks().map(each => each.label);
}"""
CURL = """async given => (await import("/_mock/dashboard/api.js")).curl(given)"""


@pytest.fixture(scope="module")
def lived() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=1) as server:
        lively(server)
        yield server


@pytest.fixture
def page(browser: Browser, lived: MockServer) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{lived.url}/_mock/dashboard/icon.svg")
    yield page
    context.close()


def events(server: MockServer) -> list[tuple[str, Any]]:
    """All that was told, as the stream tells it."""
    assert server._fake is not None
    _, noted = server._fake.engine.journal.since(0, 10_000)
    return [(name_of(each), orjson.loads(orjson.dumps(view_of(each)))) for each in noted]


def test_events_lead_to_the_list_and_coming_twice_they_change_nothing(
    page: Page, lived: MockServer
) -> None:
    told = events(lived)
    statuses = lived.call("GET", "/rules")["statuses"]

    def known(jobs: list[Any], stream: list[tuple[str, Any]]) -> Any:
        return page.evaluate(JOBS, {"statuses": statuses, "list": jobs, "events": stream})

    listed = known(lived.jobs(), [])
    assert known([], told) == listed, "events alone"
    assert known(lived.jobs(), told) == listed, "events that came while the list was read"
    assert known([], [each for event in told for each in (event, event)]) == listed, "each twice"
    assert known([], told + told) == listed, "all twice"
    for cut in range(0, len(told), 97):
        assert known([], told[: cut + 40] + told[cut:]) == listed, f"again from {cut}"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (249.6, "250 ms"),
        (1000, "1 s"),
        (4240, "4.2 s"),
        (59_600, "1 min"),
        (60_000, "1 min"),
        (130_000, "2 min 10 s"),
        (12_000_000, "3 h 20 min"),
        (8.64e8, "10 d"),
    ],
)
def test_a_span_of_time_is_told_in_words(page: Page, milliseconds: float, text: str) -> None:
    assert page.evaluate(SPAN, milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "first"),
    [(0.5, "00:00:00.000"), (60, "00:00:00"), (7200, "00:00"), (1e7, "1970-01-01")],
)
def test_ticks_are_round_and_do_not_touch(page: Page, seconds: float, first: str) -> None:
    labels = page.evaluate(TICKS, [0, seconds * 1000, 960])

    assert labels[0] == first
    assert 2 <= len(labels) <= 11
    assert len(set(labels)) == len(labels)


def test_a_line_of_curl_quotes_whatever_it_holds(page: Page) -> None:
    line = page.evaluate(
        CURL, {"method": "POST", "url": "http://x/'$(id)'", "headers": {"A": "'"}, "body": "`id`'"}
    )

    assert line == "\n".join(
        [
            r"curl -X POST 'http://x/'\''$(id)'\''' " + "\\",
            r"  -H 'A: '\''' " + "\\",
            r"  -d '`id`'\'''",
        ]
    )
