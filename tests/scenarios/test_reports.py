from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_server.client import Answer
from scenarios.events import Event
from scenarios.junit import junit
from scenarios.page import Axis, page
from scenarios.records import later, seconds
from tests.scenarios.stories import (
    Recorded,
    account,
    credits,
    passes,
    played,
    read,
    reveal,
    step,
    workflow,
)

START = "2026-01-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    asked = {
        "personId": "mock-found-wiza",
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": "http://127.0.0.1:1/?a&b",
    }
    retried = reveal(
        "$statusCode == 402",
        step_id="more",
        onFailure=[{"name": "a", "type": "retry", "retryAfter": 1, "retryLimit": 1}],
    )
    folder = tmp_path_factory.mktemp("good")
    story = read(
        folder,
        workflow(
            account(credits=24),
            reveal(payload=asked),
            passes(7),
            passes(3) | {"stepId": "rest"},
            retried,
        ),
    )
    return played(story)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    content = workflow(account(), credits("$statusCode == 200", "$statusCode == 201"), reveal())
    return played(read(tmp_path_factory.mktemp("bad"), content))


def test_junit_has_a_suite_for_each_story_and_a_case_for_each_step_that_was_played(
    good: list[Event], bad: list[Event]
) -> None:
    root = ET.fromstring(junit([bad, good]))

    first, second = root.findall("testsuite")
    assert (first.attrib["tests"], first.attrib["failures"]) == ("2", "1")
    assert second.attrib["failures"] == "0"
    assert [each.attrib["name"] for each in first.findall("testcase")] == ["openAccount", "credits"]


def test_junit_tells_what_failed(bad: list[Event]) -> None:
    [failure] = ET.fromstring(junit([bad])).iter("failure")

    assert failure.attrib["message"] == "expected $statusCode == 201"
    assert failure.text is not None
    assert failure.text.startswith(
        "expected $statusCode == 201\nseen     $statusCode is 200\nnearest  2026"
    )


def test_junit_holds_whatever_was_seen(tmp_path: Path) -> None:
    target = Recorded(Answer(200, {}, b'{"a": "\\u0000\\ud800<"}'))
    story = read(tmp_path, workflow(step("a", "clodura.getCredits", "$response.body#/a == 1")))

    [failure] = ET.fromstring(junit([played(story, target)])).iter("failure")

    assert "$response.body#/a is ??<" in str(failure.text)


def test_the_page_shows_timeline_exchanges_money_and_checks(good: list[Event]) -> None:
    shown = page([good], "1.2.3")

    for expected in (
        "clodura-kit 1.2.3",
        '<div class="row"><span>Wiza</span>',
        '<i class="good" style="left:',
        "POST /api/v1/search/people/phone/match",
        "-14 credits, 10 left",
        "is being searched",
        "Tried again, 1 of at most 1, after 1 s.",
        "/?a&amp;b",
        "<td>24</td>",
    ):
        assert expected in shown


def test_the_page_loads_nothing_and_runs_nothing(good: list[Event]) -> None:
    shown = page([good], "1")

    assert "default-src 'none'" in shown
    assert "<script" not in shown
    assert "src=" not in shown


def test_the_page_tells_what_failed(bad: list[Event]) -> None:
    shown = page([bad], "1")

    assert '<b class="badge bad">failed</b>' in shown
    assert "<code>$statusCode == 201</code> — seen: $statusCode is 200" in shown
    assert "nearest: 2026-01-01T00:00:00.000000Z GET /api/v1/credits: 200" in shown


def test_an_answer_that_never_came_is_on_the_page(tmp_path: Path) -> None:
    events = played(
        read(tmp_path, workflow(step("a", "clodura.getCredits"))), Recorded(ConnectionError("gone"))
    )

    assert '<b class="bad">gone</b>' in page([events], "1")


@given(st.lists(st.integers(0, 10**6), min_size=1))
@example([0, 1, 50, 100, 150])  # 0 and 1 are too near to each other
def test_the_timeline_keeps_the_order_and_its_width(moments: list[int]) -> None:
    axis = Axis(later(START, each) for each in moments)

    places = [axis.percent(later(START, each)) for each in sorted(moments)]
    labels = list(axis.labels())

    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] in (0, 100)
    assert labels[0][0] == later(START, min(moments))
    assert all(b[1] - a[1] >= 7 for a, b in pairwise(labels))
    assert seconds(START, labels[0][0]) == min(moments)
