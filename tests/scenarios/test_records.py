from typing import Any

import pytest

from scenarios.records import (
    Charged,
    Finished,
    Records,
    Searched,
    Sent,
    between,
    later,
    seconds,
)

T = "2026-01-01T00:00:0{}.000000Z".format
STEP = {
    "provider": "Clodura",
    "status": "notFound",
    "phoneNumbers": [],
    "askedAt": T(0),
    "answeredAt": T(1),
    "why": "it has no number",
}
FOUND = {
    **STEP,
    "provider": "Wiza",
    "status": "found",
    "phoneNumbers": ["+1"],
    "askedAt": T(1),
    "answeredAt": T(4),
}
ASKING = {"provider": "Wiza", "askedAt": T(1), "answersAt": T(4)}
DELIVERY = {
    "attempt": 1,
    "sentAt": T(4),
    "dueAt": T(4),
    "url": "http://x",
    "outcome": "delivered",
    "why": "WH-1",
}
ENTRY = {"at": T(4), "kind": "unified", "amount": -14, "balanceAfter": 86, "why": "CR-7"}


def job(**fields: Any) -> dict[str, Any]:
    idle: dict[str, Any] = {
        "asking": None,
        "steps": [],
        "finishedAt": None,
        "charged": 0,
        "deliveries": [],
        "result": None,
    }
    return {"trackingId": "0123456789", "why": "", **idle, **fields}


def test_a_search_that_goes_on_is_told_once() -> None:
    running = job(steps=[STEP], asking=ASKING)

    first = between(Records(T(0)), Records(T(2), [running])).happened
    again = between(Records(T(2), [running]), Records(T(3), [running])).happened

    assert [(type(each), each.at) for each in first] == [(Searched, T(0)), (Searched, T(1))]
    assert again == ()


def test_what_ends_at_the_same_instant_is_told_as_search_money_end_and_webhook() -> None:
    before = job(steps=[STEP], asking=ASKING)
    after = job(
        steps=[STEP, FOUND], finishedAt=T(4), charged=14, deliveries=[DELIVERY], result={"n": 1}
    )

    seen = between(Records(T(2), [before]), Records(T(4), [after], {"k": [ENTRY]}))

    assert (seen.now, seen.passed) == (T(4), 2)
    assert [type(each) for each in seen.happened] == [Searched, Charged, Finished, Sent]
    assert seen.happened[0] == Searched(
        T(1), "01234567", "Wiza", 3, "found", ("+1",), "it has no number"
    )


def test_only_the_first_attempt_tells_the_body() -> None:
    lost = {**DELIVERY, "outcome": "dropped", "sentAt": None, "dueAt": T(5)}
    done = job(steps=[FOUND], finishedAt=T(4), result={"n": 1})

    first = between(Records(T(4), [done]), Records(T(4), [{**done, "deliveries": [DELIVERY]}]))
    second = between(
        Records(T(4), [{**done, "deliveries": [DELIVERY]}]),
        Records(T(5), [{**done, "deliveries": [DELIVERY, lost]}]),
    )

    assert [(e.at, e.body) for e in first.happened if isinstance(e, Sent)] == [(T(4), {"n": 1})]
    assert [(e.at, e.body) for e in second.happened if isinstance(e, Sent)] == [(T(5), None)]


@pytest.mark.parametrize("passed", [0, 0.25, 3, 86400])
def test_later_is_the_inverse_of_seconds(passed: float) -> None:
    assert seconds(T(1), later(T(1), passed)) == passed
