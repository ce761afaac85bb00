"""How observations become verdicts, and how documents are read."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts.rules  # noqa: F401 - fills the table
from contracts.bodies import PERSON_IDS, drawn, faulty_bodies, valid_bodies
from contracts.history import Absence, Exchange, History, Job, Record, Setting, Webhook
from contracts.purse import Purse, UnexpectedCharge
from contracts.reading import balance_in, read, tracking_id_in
from contracts.registry import (
    RULES,
    Broken,
    Kept,
    Observation,
    Rule,
    Unclear,
    judge,
    rule,
    selected,
)
from contracts.showing import Showing
from contracts.specification import specification
from contracts.verdicts import Level, Reason, Result, Verdict

SETTING = Setting({"main": "max"}, {}, 0.1, 1, webhooks=True)
FIELDS = ["status", "providers", "phoneNumbers", "data", "remainingCredits", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3)
    ),
)


def exchange(document: Any = None, status: int | None = 200, **fields: Any) -> Exchange:
    given: dict[str, Any] = {
        "number": 1, "at": 0, "seconds": 0, "journey": "nobody", "role": "main", "operation": "match",
        "probe": "job:x", "method": "POST", "path": "/x", "request_headers": {}, "request": None,
    }  # fmt: skip
    return Exchange(status=status, document=document, **(given | fields))


def verdict(
    *observations: Observation, level: Level = Level.MUST, absent: Reason | None = None
) -> Result:
    def observe(_: History) -> Iterable[Observation]:
        return observations

    made = Rule("X-001", "x", level, ("OP-1",), "x.", observe, ("nobody",), ())
    records: list[Record] = [] if absent is None else [Absence("nobody", absent)]
    RULES[made.id] = made
    try:
        (result,) = judge([made], History(SETTING, records), Showing("http://x").evidence)
    finally:
        del RULES[made.id]
    return result


@pytest.mark.parametrize(
    ("result", "expected", "reason"),
    [
        (verdict(Kept()), Verdict.PASSED, None),
        (verdict(), Verdict.UNOBSERVABLE, Reason.NOT_SEEN),
        (verdict(Kept(), Broken("a", "b")), Verdict.FAILED, None),
        (verdict(Broken("a", "b"), level=Level.ASSUMED), Verdict.DIFFERS, None),
        (verdict(Kept(), Unclear(Reason.UNREADABLE)), Verdict.INCONCLUSIVE, Reason.UNREADABLE),
        (verdict(Unclear(Reason.NO_WEBHOOK)), Verdict.SKIPPED, Reason.NO_WEBHOOK),
        (verdict(absent=Reason.NEEDS_OTHER), Verdict.SKIPPED, Reason.NEEDS_OTHER),
        (verdict(Kept(), absent=Reason.STOPPED), Verdict.SKIPPED, Reason.STOPPED),
        (verdict(Kept(), absent=Reason.NO_ANSWER), Verdict.INCONCLUSIVE, Reason.NO_ANSWER),
        (verdict(Broken("a", "b"), absent=Reason.STOPPED), Verdict.FAILED, None),
    ],
)
def test_observations_make_a_verdict(
    result: Result, expected: Verdict, reason: Reason | None
) -> None:
    assert (result.verdict, result.reason) == (expected, reason)


def test_a_rule_that_breaks_is_inconclusive_and_says_so() -> None:
    def observe(_: History) -> Iterable[Observation]:
        raise ZeroDivisionError

    broken = Rule("X-002", "x", Level.MUST, ("OP-1",), "x.", observe, ("nobody",), ())
    RULES[broken.id] = broken
    try:
        (result,) = judge([broken], History(SETTING, ()), Showing("http://x").evidence)
    finally:
        del RULES[broken.id]

    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.FAULTY_CHECK)
    assert "ZeroDivisionError" in result.detail


@pytest.mark.parametrize("taken", ["AUTH-001", "NEW-001"])
def test_an_id_that_is_taken_or_of_no_area_is_refused(taken: str) -> None:
    with pytest.raises(ValueError, match="is taken, or of no area"):
        rule(taken, "x", facts="OP-1", journeys="nobody")(lambda _: [])


def test_rules_are_chosen_by_patterns_of_any_case() -> None:
    assert [each.id for each in selected(("ten-00?",))] == [f"TEN-00{n}" for n in range(1, 6)]
    assert len(selected(())) == len(RULES)


@given(JSON, st.sampled_from([200, 202, 404, 500]), st.sampled_from(["match", "track", "credits"]))
def test_no_document_breaks_a_rule(document: Any, status: int, operation: str) -> None:
    records = [
        exchange(document, status, operation=operation, probe=probe, number=number)
        for number, probe in enumerate(
            ("job:x", "poll:x", "quiet", "balance", "foreign:running", "no-key"), 1
        )
    ]

    results = judge(selected(()), History(SETTING, records), Showing("http://x").evidence)

    assert [each for each in results if each.reason is Reason.FAULTY_CHECK] == []


@given(JSON)
def test_no_document_breaks_the_reading(document: Any) -> None:
    read(document)
    balance_in(document)
    tracking_id_in(document)


@pytest.mark.parametrize(
    ("document", "finder", "numbers"),
    [
        (
            {"providers": [{"provider": "Wiza", "status": "found", "phoneNumbers": ["+1"]}]},
            "Wiza",
            ("+1",),
        ),
        (
            {
                "data": {
                    "result": {"providers": [{"name": "Wiza", "status": "FOUND", "phones": "+1"}]}
                }
            },
            "Wiza",
            ("+1",),
        ),
        ({"results": {"Wiza": {"status": "found", "number": 15}}}, "Wiza", ("15",)),
        (
            {
                "steps": [
                    {"provider": "Wiza", "status": "Found", "phoneNumbers": [{"number": "+1"}]}
                ]
            },
            "Wiza",
            ("+1",),
        ),
        ({"phoneNumbers": ["+1"], "personId": "x"}, None, ("+1",)),
        ({"personId": "x", "firstName": "A"}, None, ()),
        ({"providers": []}, None, ()),
    ],
)
def test_results_are_read_in_many_shapes(
    document: Any, finder: str | None, numbers: tuple[str, ...]
) -> None:
    reading = read(document)

    assert reading is not None
    assert reading.is_result
    assert (reading.finder, reading.numbers) == (finder, numbers)


@pytest.mark.parametrize("document", [None, [], 7, {"x": 1}, {"providers": "x"}])
def test_what_is_no_result_is_none(document: Any) -> None:
    assert read(document) is None


@pytest.mark.parametrize(
    ("document", "left"),
    [
        ({"remainingCredits": 7}, 7),
        ({"remainingCredits": "7"}, 7),
        ({"data": {"remaining_credits": 7.0}}, 7),
        ({"directDials": 3, "maxDirectDials": 10}, 7),
        ({"directDials": 3}, None),
    ],
)
def test_balances_are_read_in_many_shapes(document: Any, left: int | None) -> None:
    balance = balance_in(document)

    assert balance is not None
    assert balance.spendable == left


@pytest.mark.parametrize(
    "value", [float("inf"), float("-inf"), float("nan"), "9" * 400, "-" + "9" * 400 + ".0"]
)
def test_a_balance_beyond_all_numbers_is_none(value: float | str) -> None:
    assert balance_in({"remainingCredits": value}) is None
    assert balance_in({"directDials": value}) is None


@pytest.mark.parametrize("document", [{}, {"remainingCredits": True}, {"remainingCredits": "many"}])
def test_what_is_no_balance_is_none(document: Any) -> None:
    assert balance_in(document) is None


def test_balances_of_two_kinds_cannot_be_compared() -> None:
    left, used = balance_in({"remainingCredits": 7}), balance_in({"directDials": 7})

    assert left is not None
    assert used is not None
    assert left.spent_since(used) is None


def test_a_purse_reserves_the_worst_case_and_books_what_was_taken() -> None:
    purse = Purse(budget=30)

    assert purse.reserve(20)
    assert not purse.reserve(20)
    purse.book(20, 10)
    assert purse.reserve(20)
    assert (purse.spent, purse.reserved) == (10, 20)


def test_what_exceeds_the_worst_case_was_not_expected() -> None:
    purse = Purse(budget=None)
    purse.reserve(20)

    with pytest.raises(UnexpectedCharge):
        purse.book(20, 40)

    assert (purse.spent, purse.unexpected) == (20, 20)


def test_a_risk_is_taken_up_to_its_end() -> None:
    purse = Purse(risk=5)

    purse.lose(5)
    with pytest.raises(UnexpectedCharge):
        purse.lose(1)


SAFE = {"personId": "p", "revealPhoneNumberViaPartners": True, "webhookUrl": "http://127.0.0.1:1/x"}


@given(valid_bodies("http://127.0.0.1:1/x", PERSON_IDS))
def test_valid_bodies_are_valid_by_the_file(body: Any) -> None:
    assert specification().complaints("RevealPhoneRequest", body) == []


@given(faulty_bodies(SAFE))
def test_faulty_bodies_are_refused_by_the_file(body: Any) -> None:
    assert specification().complaints("RevealPhoneRequest", body) != []


def test_the_same_seed_draws_the_same_bodies_the_traps_first() -> None:
    assert drawn(SAFE, 5, 1) == drawn(SAFE, 5, 1)
    assert drawn(SAFE, 5, 1) != drawn(SAFE, 5, 2)
    assert all(specification().complaints("RevealPhoneRequest", each) for each in drawn(SAFE, 5, 1))


@pytest.mark.parametrize(("came", "expected"), [(0.2, Verdict.FAILED), (0.4, Verdict.INCONCLUSIVE)])
def test_a_job_that_still_runs_contradicts_only_a_webhook_that_came_before(
    came: float, expected: Verdict
) -> None:
    running = {"trackingId": "t-1", "status": "processing"}
    records: list[Record] = [
        exchange({"trackingId": "t-1"}, operation="match", probe="job:x"),
        Job("x", "nobody", "main", "max", "none", partners=True, submitted=1, webhook="/hook"),
        exchange(running, number=2, at=0.3, operation="track", probe="poll:x"),
        Webhook(1, came, "x", "POST", "/hook", {}, {"trackingId": "t-1"}, None, 200),
    ]
    (result,) = judge(
        selected(("TRK-001",)), History(SETTING, records), Showing("http://x").evidence
    )

    assert result.verdict is expected, result
