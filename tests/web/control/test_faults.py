"""Faults: each condition, each effect, and chaos that follows from the seed."""

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

import pytest

from tests.api import CREDITS, credits, match, request, track
from tests.web.control.described import CheckedServer
from tests.web.control.test_jobs import reveal, seconds

FOUND = {"personId": "mock-found"}
TEAPOT = {"status": 418}


def statuses(mock: CheckedServer, times: int, key: str = "test_max_t") -> list[int]:
    return [request(mock, "GET", CREDITS, api_key=key).status for _ in range(times)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [418, 418, 418]),
        ({"apiKey": "test_max_t"}, [418, 200, 418]),
        ({"operationId": "getCredits"}, [418, 418, 200]),
        ({"personId": "mock-found"}, [200, 200, 418]),
        ({"apiKey": "test_max_t", "operationId": "revealPhone"}, [200, 200, 418]),
    ],
)
def test_a_fault_happens_to_the_calls_that_are_meant(
    mock: CheckedServer, when: Mapping[str, Any], expected: list[int]
) -> None:
    mock.fault(TEAPOT, when=when)

    mine, others = statuses(mock, 1)[0], statuses(mock, 1, "test_max_other")[0]

    assert [mine, others, match(mock, FOUND).status] == expected


def test_a_person_is_meant_by_the_slug_of_the_profile_too(mock: CheckedServer) -> None:
    mock.fault(TEAPOT, when={"personId": "mock-found"})

    body = {"linkedinUrl": "https://www.linkedin.com/in/mock-found/"}

    assert match(mock, body).status == 418


@pytest.mark.parametrize(
    ("nth", "times", "expected"),
    [
        (None, None, [418] * 5),
        (None, 2, [418, 418, 200, 200, 200]),
        (2, None, [200, 418, 200, 200, 200]),
        (2, 3, [200, 418, 418, 418, 200]),
    ],
)
def test_a_fault_counts_the_calls_of_each_key(
    mock: CheckedServer, nth: int | None, times: int | None, expected: list[int]
) -> None:
    fault = mock.fault(TEAPOT, when={} if nth is None else {"nth": nth}, times=times)

    assert statuses(mock, 5) == expected
    assert statuses(mock, 5, "test_max_other") == expected
    [listed] = mock.faults()
    assert listed == {**fault, "matched": 10, "happened": 2 * expected.count(418)}


def test_of_two_faults_the_older_happens_until_it_is_removed(mock: CheckedServer) -> None:
    older = mock.fault({"status": 500})
    mock.fault({"status": 503})

    before = statuses(mock, 1)
    mock.remove_faults(older["id"])
    between = statuses(mock, 1)
    mock.remove_faults()

    assert before + between + statuses(mock, 1) == [500, 503, 200]


def test_a_response_can_be_anything(mock: CheckedServer) -> None:
    headers = {"X-Odd": "yes", "Retry-After": "7"}
    mock.fault({"status": 429, "headers": headers, "body": ["what"]})

    answer = mock.exchange("GET", CREDITS, None, {"X-API-KEY": "test_max_t"})

    assert (answer.status, answer.body) == (429, b'["what"]')
    assert (answer.headers["x-odd"], answer.headers["retry-after"]) == ("yes", "7")


def test_headers_alone_let_the_call_be_carried_out(mock: CheckedServer) -> None:
    mock.fault({"headers": {"Content-Type": "text/html"}})

    answer = mock.exchange("GET", CREDITS, None, {"X-API-KEY": "test_max_t"})

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html")
    assert answer.body == b'{"remainingCredits":10000}'


def test_a_connection_can_be_broken_off(mock: CheckedServer) -> None:
    mock.fault({"disconnect": True}, times=1)

    with pytest.raises((HTTPException, OSError)):
        statuses(mock, 1)

    assert statuses(mock, 1) == [200]
    assert [each["status"] for each in mock.requests()] == [200, 200]


def test_the_key_is_checked_before_any_fault(mock: CheckedServer) -> None:
    mock.fault(TEAPOT)

    assert statuses(mock, 1, "nobody's") == [401]


def test_a_fault_of_a_webhook_is_not_used_up_by_calls_that_send_none(mock: CheckedServer) -> None:
    fault = mock.fault({"webhook": {"drop": True}}, times=1)["id"]
    mock.fault({"headers": {"X-Bent": "yes"}})
    assert match(mock, {}).status == 400
    assert match(mock, FOUND, prefer="code=402").status == 402
    assert statuses(mock, 1) == [200]
    assert match(mock, FOUND).status == 200, "a job, but nobody to tell"
    assert fault_of(mock, fault)["matched"] == 0

    reveal(mock)
    reveal(mock)
    mock.advance(to="idle")

    told = fault_of(mock, fault)
    assert (told["matched"], told["happened"]) == (2, 1)
    assert len(arrivals(mock)) == 1, "exactly one of two was to be lost"


def fault_of(mock: CheckedServer, fault_id: str) -> Any:
    told = request(mock, "GET", "/_mock/faults").body["faults"]
    return next(each for each in told if each["id"] == fault_id)


def webhook(mock: CheckedServer, **effect: Any) -> str:
    mock.fault({"webhook": effect})
    return reveal(mock)


def arrivals(mock: CheckedServer) -> list[float]:
    return [seconds(each["receivedAt"]) for each in mock.inbox("t").messages()]


def test_a_webhook_can_be_dropped_and_the_poll_still_completes(mock: CheckedServer) -> None:
    tracking_id = webhook(mock, drop=True)
    mock.advance(to="idle")

    assert arrivals(mock) == []
    assert track(mock, tracking_id).status == 200
    assert credits(mock) == {"remainingCredits": 10_000 - 10}


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        ({"times": 3}, [1, 1, 1]),
        ({"delaySeconds": 2.5}, [3.5]),
        ({"shuffle": True}, [61]),
        ({"fail": 2}, [1, 6, 36]),
    ],
)
def test_a_webhook_can_come_often_late_or_again(
    mock: CheckedServer, effect: Mapping[str, Any], expected: list[float]
) -> None:
    webhook(mock, **effect)
    mock.advance(to="idle")

    assert arrivals(mock) == expected


def test_a_webhook_can_come_before_the_answer(mock: CheckedServer) -> None:
    webhook(mock, early=True)

    assert arrivals(mock) == [0]


def test_a_shuffled_webhook_comes_after_the_next(mock: CheckedServer) -> None:
    first = webhook(mock, shuffle=True)
    mock.remove_faults()
    second = reveal(mock)
    mock.advance(2)

    came = [each["body"]["trackingId"] for each in mock.inbox("t").messages()]

    assert came == [second, first]


def test_a_webhook_can_be_cut_off(mock: CheckedServer) -> None:
    tracking_id = webhook(mock, truncate=True)
    mock.advance(to="idle")

    assert [each["outcome"] for each in mock.job(tracking_id)["deliveries"]] == [
        "failed",
        "delivered",
    ]
    assert arrivals(mock) == [6]


def test_a_webhook_can_claim_to_be_something_else(mock: CheckedServer) -> None:
    webhook(mock, contentType="text/plain; charset=latin-1")
    mock.advance(1)

    [message] = mock.inbox("t").messages()

    assert message["headers"]["content-type"] == "text/plain; charset=latin-1"


def chaos(seed: int) -> list[int]:
    with CheckedServer(clock="manual", seed=seed) as mock:
        mock.fault(chaos={"rate": 0.3, "effects": [{"status": 500}, {"status": 503}]})
        return statuses(mock, 60)


def test_chaos_misbehaves_the_same_way_for_the_same_seed() -> None:
    first = chaos(7)

    assert first == chaos(7)
    assert first != chaos(8)
    assert set(first) == {200, 500, 503}
    assert 5 < 60 - first.count(200) < 35


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({}, "body", "either then or chaos"),
        ({"then": {}, "chaos": {"rate": 1, "effects": [{}]}}, "body", "either then or chaos"),
        ({"then": {"status": 99}}, "then.status", "greater than or equal to 200"),
        ({"then": {"webhook": {"drops": True}}}, "then.webhook.drops", "drop, times, delaySeconds"),
        ({"then": {"headers": {"a b": ""}}}, "then.headers.a b.[key]", "name of a header"),
        ({"then": {"headers": {"a": "\n"}}}, "then.headers.a", "printable ASCII"),
        (
            {"then": {"headers": {"Content-Length": "1"}}},
            "then.headers.Content-Length.[key]",
            "frame",
        ),
        (
            {"when": {"operationId": "nope"}, "then": {}},
            "when.operationId",
            "revealPhone, trackReveal",
        ),
        ({"when": {"nth": 0}, "then": {}}, "when.nth", "greater than or equal to 1"),
        ({"chaos": {"rate": 2, "effects": [{}]}}, "chaos.rate", "less than or equal to 1"),
        ({"chaos": {"rate": 1, "effects": []}}, "chaos.effects", "at least 1"),
        ({"chaos": {"effects": [{}]}}, "chaos.rate", "required"),
    ],
)
def test_what_is_wrong_with_a_fault_is_told(
    mock: CheckedServer, body: object, field: str, expected: str
) -> None:
    status, problem = mock.ask("POST", "/faults", body)

    assert (status, problem["field"]) == (422, field)
    assert expected in problem["expected"]
    assert "then" in problem["example"]
