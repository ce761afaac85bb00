"""What only odd targets show is judged too: slow answers, strangers' balances, people whom others know by now."""

from typing import Any

import pytest

import contracts.rules  # noqa: F401 - fills the table
from contracts.history import Exchange, Job, Record, Spending, Webhook
from contracts.verdicts import Reason, Verdict
from tests.contracts.test_fairness import ACCEPTED, result_of
from tests.contracts.test_judging import exchange

JOB = Job("x", "nobody", "main", "max", "none", partners=True, submitted=1, webhook="/hook")
RUNNING = {"trackingId": "t-1", "status": "processing"}


def sent(**fields: Any) -> Exchange:
    return exchange(ACCEPTED, operation="match", probe="job:x", **fields)


def balance(left: int, number: int, probe: str = "balance", role: str = "main") -> Exchange:
    document = {"remainingCredits": left}
    return exchange(document, number=number, operation="credits", probe=probe, role=role)


@pytest.mark.parametrize(("seconds", "verdict"), [(4, Verdict.PASSED), (6, Verdict.FAILED)])
def test_an_answer_that_waits_for_the_search_is_told(seconds: float, verdict: Verdict) -> None:
    result = result_of("RES-005", [sent(seconds=seconds), JOB])

    assert result.verdict is verdict
    assert result.detail == ("" if verdict is Verdict.PASSED else "the answer took 6.0 s")


def test_an_exhausted_account_with_credits_is_none() -> None:
    asked = exchange(
        ACCEPTED,
        number=2,
        operation="match",
        probe="exhausted",
        journey="exhausted",
        role="exhausted",
    )

    result = result_of("BIL-014", [balance(7, 1, role="exhausted"), asked])

    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, Reason.STALE_FIXTURE)
    assert result.detail == "the exhausted identity has 7 credits"


def test_a_balance_that_moves_by_itself_blames_nobody_though_no_reads_were_weighed() -> None:
    moved: list[Record] = [
        *(balance(left, number) for number, left in enumerate((90, 80, 70), 1)),
        Spending("quiet", "main", "max", "idle", 1, 2),
        Spending("nobody", "main", "max", "polled", 2, 3),
    ]

    assert result_of("BIL-008", moved).reason is Reason.NOT_QUIET
    assert result_of("BIL-008", [*moved[:3], moved[4]]).detail == "10 credits went: nobody"


@pytest.mark.parametrize("rule", ["TEN-001", "TEN-002", "TEN-005"])
def test_polls_that_are_limited_decide_nothing_between_accounts(rule: str) -> None:
    job = Job("x", "foreign", "main", "max", "none", partners=True, submitted=1)
    polls = [
        exchange(None, 429, number=2, operation="track", probe="foreign:running", role="other"),
        exchange(None, 429, number=3, operation="track", probe="poll:x"),
    ]

    result = result_of(rule, [sent(), job, *polls])

    assert result.verdict not in (Verdict.PASSED, Verdict.FAILED, Verdict.DIFFERS), result


@pytest.mark.parametrize(("at", "verdict"), [(9, Verdict.INCONCLUSIVE), (11, Verdict.FAILED)])
def test_a_job_that_still_runs_is_late_only_when_its_time_is_over(
    at: float, verdict: Verdict
) -> None:
    poll = exchange(RUNNING, number=2, at=at, operation="track", probe="poll:x")

    result = result_of("TRK-001", [sent(), JOB, poll])  # 10 s are allowed

    assert result.verdict is verdict, result


@pytest.mark.parametrize("document", [[], "found", 7, None])
def test_a_webhook_that_is_json_and_no_object_is_told(document: object) -> None:
    headers = {"content-type": "application/json"}
    came = Webhook(1, 0.2, "x", "POST", "/hook", headers, document, None, 200)

    result = result_of("WHK-003", [sent(), JOB, came])

    assert (result.verdict, result.detail) == (Verdict.FAILED, "a body that is none")


@pytest.mark.parametrize(
    ("clodura", "verdict"), [("notFound", Verdict.INCONCLUSIVE), ("found", Verdict.FAILED)]
)
def test_a_person_whom_only_a_partner_knows_by_now_is_stale_and_no_wrong_order(
    clodura: str, verdict: Verdict
) -> None:
    numbers = ["+12025550143"]
    providers = [
        {"provider": "Clodura", "status": clodura, "phoneNumbers": numbers[clodura != "found" :]},
        {"provider": "Wiza", "status": "found", "phoneNumbers": numbers},
    ]
    job = Job("x", "bought", "main", "max", "found", partners=True, submitted=1, webhook="/hook")
    came = Webhook(1, 0.2, "x", "POST", "/hook", {}, {"providers": providers}, None, 200)

    result = result_of("WHK-012", [sent(), job, came])

    assert result.verdict is verdict, result
    assert result.reason is (Reason.STALE_FIXTURE if clodura == "notFound" else None)


def purchase(label: str, number: int, *told: int, role: str = "main") -> list[Record]:
    """A number bought between the first balance and the last; where `again` is in the label, delivered twice."""
    plan = "max" if role == "main" else "prospect"
    answers = (500, 200) if "again" in label else (200,)
    found = {"providers": [{"provider": "Clodura", "status": "found", "phoneNumbers": ["+1"]}]}
    field, sign = ("remainingCredits", -1) if role == "main" else ("directDials", 1)
    return [
        sent(number=number, role=role),
        Job(
            label,
            label,
            role,
            plan,
            "found",
            False,
            number,
            "/hook",
            expects_retry="again" in label,
        ),
        *(Webhook(1, 0.1, label, "POST", "/hook", {}, found, None, each) for each in answers),
        *(
            exchange(
                {field: 100 + sign * gone},
                number=number + nth,
                operation="credits",
                probe="bought",
                role=role,
            )
            for nth, gone in enumerate(told, 1)
        ),
        Spending(label, role, plan, "bought", number + 1, number + len(told), label),
    ]


@pytest.mark.parametrize(
    ("role", "told", "verdict"),
    [
        ("main", (10, 20), Verdict.PASSED),  # no number of this provider was bought beside it
        ("main", (10, 20, 30), Verdict.FAILED),
        ("standard", (0, 1), Verdict.PASSED),
        ("standard", (0, 1, 2), Verdict.FAILED),
    ],
)
def test_a_second_attempt_that_costs_is_seen_in_two_steps(
    role: str, told: tuple[int, ...], verdict: Verdict
) -> None:
    spent = [Spending("again", role, "x", "redelivered", len(told) + 1, len(told) + 1, "again")]

    assert (
        result_of("BIL-009", [*purchase("again", 1, *told, role=role), *spent]).verdict is verdict
    )


@pytest.mark.parametrize(
    ("told", "verdict"), [((10, 20), Verdict.PASSED), ((10, 30), Verdict.FAILED)]
)
def test_a_second_attempt_charged_in_the_same_step_is_told_by_the_price_of_another_purchase(
    told: tuple[int, int], verdict: Verdict
) -> None:
    spent = [Spending("again", "main", "max", "redelivered", 13, 13, "again")]

    records = [*purchase("bought", 1, 0, 10), *purchase("again", 11, *told), *spent]

    assert result_of("BIL-009", records).verdict is verdict
