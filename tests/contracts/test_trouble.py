"""Targets that are in trouble, accounts that are not what they were, runs that end early: told, and never a pass."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import contracts.rules  # noqa: F401 - fills the table
from contracts.concluding import conclude
from contracts.history import Role
from contracts.journeys import JOURNEYS
from contracts.planning import Options
from contracts.registry import judge, selected
from contracts.reports import Report
from contracts.run import Outcome, run
from contracts.showing import Showing
from contracts.target import Identity, People, Target, Timing
from contracts.verdicts import Exit, Reason, Result, Verdict
from mock_server import MockServer
from tests.contracts.museum import Answer, Call, Hook, Museum, Tampering, error, exhibited
from tests.contracts.runs import judged
from tests.contracts.test_recording import EXCHANGE

MAIN_ONLY = sorted(each.name for each in JOURNEYS.values() if each.role is Role.MAIN)


def by_id(results: list[Result]) -> dict[str, Result]:
    return {each.id: each for each in results}


def reported(target: Target, outcome: Outcome) -> Report:
    return conclude(
        selected(()), outcome, target=target.base_url, started_at="2026-01-01T00:00:00Z"
    )


def hangs_after(calls: int) -> Tampering:
    """Answers in time no more from then on."""

    async def answer(museum: Museum, call: Call, answer: Answer) -> None:
        museum.once(f"call {len(museum.seen)}")
        if len(museum.seen) > calls:
            await asyncio.sleep(3)

    return Tampering(answer=answer)


def test_a_target_that_answers_no_more_leaves_the_rest_undecided() -> None:
    with exhibited(hangs_after(20), result_timeout_seconds=1.0) as target:
        outcome = asyncio.run(run(selected(()), target, Options()))
        report = reported(target, outcome)

    assert "answers no more" in " ".join(report.notes)
    assert report.exit in (Exit.INCOMPLETE, Exit.FAILED)
    failed = {each.id for each in report.results if each.verdict is Verdict.FAILED}
    assert failed <= {"RES-006"}  # a broken connection is no documented answer


def test_an_interrupted_run_is_judged_as_far_as_it_came() -> None:
    under_way = threading.Event()

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        museum.once(f"call {len(museum.seen)}")
        if len(museum.seen) > 20:
            under_way.set()

    async def interrupted(target: Target) -> Outcome:
        going = asyncio.create_task(run(selected(()), target, Options()))
        assert await asyncio.to_thread(under_way.wait, 60)
        going.cancel()
        return await going

    with exhibited(Tampering(answer=answer), settle_seconds=3.0) as target:
        outcome = asyncio.run(interrupted(target))

    assert outcome.interrupted
    assert reported(target, outcome).exit is Exit.INTERRUPTED


def test_ctrl_c_ends_the_command_with_code_130(tmp_path: Path) -> None:
    with exhibited(Tampering()) as target:
        path = tmp_path / "target.toml"
        path.write_text(
            f'[target]\nbase_url = "{target.base_url}"\n[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n'
            "[timing]\nsettle_seconds = 20\n"
        )
        command = [
            sys.executable,
            "-m",
            "mock_server",
            "contract",
            str(path),
            "--record",
            str(tmp_path / "run"),
        ]
        process = subprocess.Popen(
            command,
            env={**os.environ, "K": target.main.key},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        while not (tmp_path / "run").exists() or '"quiet"' not in (tmp_path / "run").read_text():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 130, output
    assert b"Traceback" not in output


def test_an_account_that_somebody_else_uses_decides_no_rule_of_prices() -> None:
    began: list[float] = []

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_credits and answer.status == 200 and "remainingCredits" in answer.json:
            began.append(asyncio.get_running_loop().time())
            moved = int((began[-1] - began[0]) * 10_000)  # between any two reads
            answer.json = {"remainingCredits": 10_000_000 - moved}

    with exhibited(Tampering(answer=answer)) as target:
        results = by_id(judged(target, ["quiet", "refusals", "nobody", "bought"]))

    assert results["BIL-010"].reason is Reason.NOT_QUIET
    assert results["BIL-011"].reason is Reason.NOT_QUIET
    assert results["BIL-004"].reason is Reason.NOT_QUIET
    assert results["BIL-016"].reason is Reason.NOT_QUIET
    assert not [each for each in results.values() if each.verdict is Verdict.FAILED]


def plain_target(mock: MockServer, key: str, plan: str = "max", **people: str) -> Target:
    return Target(
        mock.url,
        {Role.MAIN: Identity(Role.MAIN, plan, key)},
        People(none="mock-none", **people),
        Timing(5, 0.1, 60),
    )


def test_a_person_without_a_number_any_more_is_a_stale_fixture() -> None:
    with MockServer(clock="x60", seed=1) as mock:
        account = mock.account(requests_per_minute=10**6)
        target = plain_target(mock, account.api_key, partner="mock-none-after-1")
        results = by_id(judged(target, ["bought-partner"]))

    assert results["BIL-012"].reason is Reason.STALE_FIXTURE
    assert results["BIL-004"].verdict is not Verdict.PASSED


def test_a_prospect_plan_can_be_the_main_one() -> None:
    with MockServer(clock="x60", seed=1) as mock:
        account = mock.account(plan="prospect", requests_per_minute=10**6)
        target = plain_target(
            mock, account.api_key, "prospect", found="mock-found", partner="mock-found-wiza"
        )
        results = by_id(judged(target, MAIN_ONLY))

    failed = [
        each for each in results.values() if each.verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE)
    ]
    assert failed == []
    assert results["BIL-006"].verdict is Verdict.PASSED
    assert results["WHK-011"].verdict is Verdict.PASSED


def test_without_credits_faults_are_hidden_and_that_is_told() -> None:
    def request(museum: Museum, call: Call) -> Answer | None:
        return error(402) if call.is_match else None

    with exhibited(Tampering(request=request)) as target:
        results = by_id(judged(target, ["refusals", "nobody"]))

    assert results["REQ-001"].reason is Reason.NO_CREDITS
    assert results["RES-001"].reason is Reason.NO_CREDITS


def test_a_limit_that_never_ends_decides_nothing() -> None:
    def request(museum: Museum, call: Call) -> Answer | None:
        if not call.is_match:
            return None
        answer = error(429)
        answer.headers["retry-after"] = "100000"
        return answer

    with exhibited(Tampering(request=request)) as target:
        results = by_id(
            judged(target, ["refusals", "nobody", "throttled", "extras", "own", "both"])
        )

    assert results["REQ-001"].reason is Reason.RATE_LIMITED
    assert results["RES-001"].reason is Reason.RATE_LIMITED


def test_a_limit_that_is_not_told_is_not_reached() -> None:
    with MockServer(clock="x60", seed=1) as mock:
        account = mock.account(requests_per_minute=10**6)
        target = plain_target(mock, account.api_key)
        throttled = {Role.THROTTLED: Identity(Role.THROTTLED, "max", account.api_key)}
        target = Target(mock.url, {**target.identities, **throttled}, target.people, target.timing)
        results = by_id(judged(target, ["throttled"]))

    assert results["LIM-001"].reason is Reason.NOT_SEEN
    assert "requests_per_minute" in results["LIM-001"].detail


def test_a_balance_that_cannot_be_read_is_unreadable() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_credits and answer.status == 200:
            answer.json = {"balance": "plenty"}

    with exhibited(Tampering(answer=answer)) as target:
        results = by_id(judged(target, ["quiet", "refusals", "bought"]))

    assert results["BIL-001"].verdict is Verdict.FAILED
    assert results["BIL-010"].reason is Reason.UNREADABLE
    assert results["BIL-016"].reason is Reason.UNREADABLE


def test_results_that_cannot_be_read_are_neither_passed_nor_failed() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_track and answer.status == 200:
            answer.json = {"blob": "c3VjY2Vzcw=="}

    def webhook(museum: Museum, hook: Hook) -> None:
        hook.json = {"blob": "c3VjY2Vzcw=="}

    with exhibited(Tampering(answer=answer, webhook=webhook), result_timeout_seconds=3.0) as target:
        results = by_id(judged(target, ["nobody"]))

    assert results["WHK-004"].reason is Reason.UNREADABLE
    for each in ("WHK-005", "WHK-006", "WHK-007", "TRK-008", "TRK-002"):
        assert results[each].verdict is not Verdict.PASSED, each


def test_evidence_repeats_the_request_without_the_key() -> None:
    def answer(museum: Museum, call: Call, answer: Answer) -> Answer | None:
        return error(200) if call.is_match and answer.status == 422 else None

    with exhibited(Tampering(answer=answer)) as target:
        results = by_id(judged(target, ["refusals"]))

    curl = results["REQ-007"].evidence[0].curl
    assert curl is not None
    assert "$CLODURA_API_KEY" in curl
    assert target.main.key not in curl


@pytest.mark.parametrize(
    ("role", "probe", "key"),
    [
        ("main", "valid", "$CLODURA_API_KEY"),
        ("other", "foreign-poll", "$CLODURA_API_KEY_OTHER"),
        ("no_access", "valid", "$CLODURA_API_KEY_NO_ACCESS"),
        ("main", "altered-key:case", "$CLODURA_API_KEY (altered: case)"),
        ("main", "unknown-key", "clodura-kit-nobodys-key"),
        ("main", "key-first:unreadable", "clodura-kit-nobodys-key"),
    ],
)
def test_evidence_tells_which_key_a_request_had(role: str, probe: str, key: str) -> None:
    exchange = replace(EXCHANGE, role=role, probe=probe, request_headers={"X-API-KEY": "***"})

    assert f'"X-API-KEY: {key}"' in Showing("http://x").curl(exchange)


def test_why_a_target_answers_no_more_is_told_in_its_own_words() -> None:
    with exhibited(hangs_after(20), result_timeout_seconds=1.0) as target:
        outcome = asyncio.run(run(selected(()), target, Options()))

    assert outcome.notes == ["the target answers no more: no whole answer within 1 s"]


@pytest.mark.parametrize(
    ("role", "rule"),
    [("main", "BIL-010"), ("exhausted", "BIL-010"), ("low", "BIL-011"), ("other", "TEN-003")],
)
def test_somebody_else_who_spends_is_noticed_whichever_rule_is_chosen(role: str, rule: str) -> None:
    reads: list[str] = []

    def answer(museum: Museum, call: Call, answer: Answer) -> None:
        if call.is_credits and answer.status == 200 and museum.role(call.key) == role:
            reads.append(role)
            moved = 1 + len(reads) + len(reads) ** 2  # never twice the same amount
            answer.json = {"remainingCredits": 10_000_000 - moved}

    with exhibited(Tampering(answer=answer)) as target:
        rules = selected((rule,))
        outcome = asyncio.run(run(rules, target, Options(full=True, budget=None, examples=1)))
    (result,) = judge(rules, outcome.history, Showing(target.base_url).evidence)

    assert not outcome.stopped, outcome.notes
    assert result.reason is Reason.NOT_QUIET


def test_a_run_that_weighs_nothing_watches_no_account() -> None:
    with exhibited(Tampering()) as target:
        outcome = asyncio.run(run(selected(("TRK-005",)), target, Options()))

    assert outcome.history.spendings("idle", "read") == []
