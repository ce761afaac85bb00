from collections.abc import Callable
from typing import Any

import pytest

from scenarios.criteria import Checked, Criterion, jsonpath, regex, simple

SCOPE: dict[str, Any] = {
    "statusCode": 402,
    "response": {
        "body": {"providers": [{"status": "Insufficient Credits"}], "none": [], "long": "x" * 400}
    },
}


def test_a_failed_criterion_says_what_was_expected_and_what_was_seen() -> None:
    checked = simple("$statusCode == 200 || $response.body#/gone == 1").check(SCOPE)

    assert checked == Checked(
        passed=False,
        expected="$statusCode == 200 || $response.body#/gone == 1",
        seen="$response.body#/gone is not there (gone is missing)",
    )


def test_what_was_not_needed_may_be_missing() -> None:
    checked = simple("$statusCode == 402 || $response.body#/gone == 1").check(SCOPE)

    assert checked.passed
    assert checked.seen == "$statusCode is 402; $response.body#/gone is not there"


def test_a_long_value_is_cut_where_it_is_shown() -> None:
    seen = simple("$response.body#/long == 'y'").check(SCOPE).seen

    assert seen.endswith("x...")
    assert len(seen) < 350


@pytest.mark.parametrize(
    ("pattern", "context", "passed"),
    [
        ("^Insufficient Credits$", "$response.body#/providers/0/status", True),
        ("^insufficient credits$", "$response.body#/providers/0/status", False),
        ("/^insufficient credits$/i", "$response.body#/providers/0/status", True),
        (r"^(\[\])?$", "$response.body#/none", True),
        (r"^(\[\])?$", "$response.body#/providers", False),
        ("^402$", "$statusCode", True),
        ("x", "$response.body#/gone", False),
    ],
)
def test_a_regex_looks_into_the_text_of_its_context(
    pattern: str, context: str, passed: bool
) -> None:
    assert regex(pattern, context).check(SCOPE).passed is passed


@pytest.mark.parametrize(
    ("query", "passed"),
    [
        ("$.providers[?@.status == 'Insufficient Credits']", True),
        ("$.providers[?@.status == 'found']", False),
        ("$[?count(@.*) > 0]", True),
        ("$.providers[?match(@.status, 'Insuff.*')]", True),
        ("$.gone", False),
    ],
)
def test_a_jsonpath_holds_if_it_selects_something(query: str, passed: bool) -> None:
    assert jsonpath(query, "$response.body").check(SCOPE).passed is passed


@pytest.mark.parametrize(
    ("make", "condition", "context", "problem"),
    [
        (regex, "(", "$statusCode", "is no regular expression"),
        (regex, "/x/gy", "$statusCode", "has the flag g; there are i, m and s"),
        (regex, "x", "statusCode", "is no runtime expression"),
        (jsonpath, "$.a[?", "$response.body", "is no JSONPath of RFC 9535"),
        (jsonpath, "$.a | $.b", "$response.body", "is no JSONPath of RFC 9535"),
        (jsonpath, "$.a", "body", "is no runtime expression"),
    ],
)
def test_what_can_not_be_checked_is_refused(
    make: Callable[[str, str], Criterion], condition: str, context: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        make(condition, context)


def test_a_query_selects_nothing_in_a_text_though_it_looks_like_a_document() -> None:
    query = jsonpath("$[0]", "$response.body")

    assert not query.check({"response": {"body": "["}}).passed
    assert not query.check({"response": {"body": "[1]"}}).passed
    assert query.check({"response": {"body": [1]}}).passed
