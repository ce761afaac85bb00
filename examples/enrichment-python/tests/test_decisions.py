"""What is done about each answer, as values: no server, no waiting."""

import pytest
from enrichment.decisions import (
    Accepted,
    Answer,
    Closed,
    Hold,
    Stop,
    Unsure,
    after_match,
    after_poll,
    enough,
    pause_before_poll,
)
from enrichment.results import NotAResultError, Result, State, read_result
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from(
    ("trackingId", "personId", "status", "providers", "provider", "phoneNumbers")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner),
)


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (Answer(200, {"trackingId": "t"}), Accepted("t")),
        (Answer(402, {"message": "none left"}), Stop("402 none left", credits=True)),
        (Answer(401), Stop("401")),
        (Answer(403), Stop("403")),
        (Answer(404), Closed(State.NOT_FOUND, "404")),
        (Answer(422), Closed(State.REFUSED, "422")),
        (Answer(429, retry_after=7), Hold(7, "429")),
        (Answer(429), Hold(20, "429")),
        (Answer(503, retry_after=9e9), Hold(600, "503")),
        (Answer(sent=False), Hold(20, "no answer")),
        (Answer(), Unsure("no answer")),
        (Answer(500), Unsure("500")),
        (Answer(200, "queued"), Unsure("200")),
    ],
)
def test_only_what_was_surely_refused_is_sent_again(answer: Answer, decision: object) -> None:
    assert after_match(answer, tries=2) == decision


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (Answer(200, {"trackingId": "t", "status": "processing"}), Hold(60, "200")),
        (Answer(200, {"personId": "p", "phoneNumbers": []}), Result(State.NOT_FOUND, None, "p")),
        (Answer(429, retry_after=9), Hold(9, "429")),
        (Answer(404), Closed(State.LOST, "Clodura does not know the trackingId: 404")),
        (Answer(), Hold(60, "no answer")),
    ],
)  # fmt: skip
def test_a_poll_is_repeated_until_it_tells_a_result(answer: Answer, decision: object) -> None:
    assert after_poll(answer, pause=60) == decision


def test_polls_become_seldom() -> None:
    assert [pause_before_poll(n, 60) for n in (0, 1, 2, 3, 4, 99)] == [60, 120, 240, 480, 600, 600]


def test_credits_count_in_the_form_of_the_plan() -> None:
    assert enough({"remainingCredits": 10})
    assert not enough({"remainingCredits": 9})
    assert enough({"directDials": 99, "maxDirectDials": 100})
    assert not enough({"directDials": 100, "maxDirectDials": 100})
    assert not enough(None)


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_any_document_is_a_result_or_refused(document: object) -> None:
    try:
        result = read_result(document)
    except NotAResultError:
        return
    assert result is None or (result.state is State.FOUND) == bool(result.numbers)


@pytest.mark.parametrize(
    ("provider", "credits"), [("Wiza", 14), ("A provider of next year's", 20), (None, 1)]
)
def test_an_unknown_price_is_taken_as_the_dearest(provider: str | None, credits: int) -> None:
    assert Result(State.FOUND, provider=provider, numbers=("+12025550143",)).credits == credits
