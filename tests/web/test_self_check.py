"""The self-check notices what the fake answers and sends against its own file."""

import logging

import pytest

from mock_server.service.calls import Reply
from mock_server.spec import load_spec
from mock_server.web.self_check import KEPT, SelfCheck

SPEC = load_spec()
CREDITS = next(each for each in SPEC.operations if each.operation_id == "getCredits")


@pytest.fixture
def check() -> SelfCheck:
    return SelfCheck(SPEC)


def test_a_documented_answer_is_no_problem(check: SelfCheck) -> None:
    check.response(CREDITS, Reply(200, {"remainingCredits": 5}, ""))

    assert list(check.problems) == []


def test_an_answer_of_another_form_is_told_and_logged(
    check: SelfCheck, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        check.response(CREDITS, Reply(401, {"statusCode": 401, "error": ""}, ""))

    assert list(check.problems) == [
        "getCredits answered 401: message is required.",
        "getCredits answered 401: error must have at least 1 character.",
    ]
    assert caplog.messages[0].startswith("self-check: getCredits answered 401")


def test_a_status_that_is_not_documented_is_told(check: SelfCheck) -> None:
    check.response(CREDITS, Reply(418, {}, ""))

    assert list(check.problems) == ["getCredits answered 418: 418 is not a documented status."]


def test_what_a_fault_bent_and_what_is_marked_as_ours_is_not_judged(check: SelfCheck) -> None:
    check.response(CREDITS, Reply(418, {}, "", bent=True))
    check.response(CREDITS, Reply(418, {}, "", {"x-mock-reason": "ours"}))

    assert list(check.problems) == []


def test_a_webhook_of_another_form_is_told(check: SelfCheck) -> None:
    check.webhook("multiProvider", {"status": "success", "providers": []})
    check.webhook("standard", None)

    assert len(check.problems) == 3
    assert check.problems[0].startswith("the webhook multiProvider: ")


def test_only_the_newest_problems_are_kept(check: SelfCheck) -> None:
    for status in range(500, 500 + KEPT + 5):
        check.response(CREDITS, Reply(status, {}, ""))

    assert len(check.problems) == KEPT
    assert "604" in check.problems[-1]
