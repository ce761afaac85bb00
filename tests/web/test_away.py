"""A store that is away is told in the fake's own name: 503, when to come again, and nothing was done."""

import json

from tests.web.away import REASON, ask_away


def test_the_api_answers_503() -> None:
    answer = ask_away("GET", "/api/v1/credits")

    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    assert (
        answer.headers["x-mock-reason"]
        == r"the state cannot be written: no space left on \u65e5\u672c"
    )
    assert json.loads(answer.body) == {
        "statusCode": 503,
        "error": "Service Unavailable",
        "message": REASON,
    }
