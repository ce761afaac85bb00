"""What single verdicts come to."""

import pytest

from contracts.verdicts import Exit, Level, Reason, Result, Verdict, counted, exit_code


def result(
    verdict: Verdict,
    *,
    level: Level = Level.MUST,
    reason: Reason | None = None,
    expected: str | None = None,
) -> Result:
    return Result(
        "X-001",
        "X",
        "a rule",
        level,
        ("OP-1",),
        verdict,
        reason,
        expected_failure=expected,
    )


PASSED = result(Verdict.PASSED)
FAILED = result(Verdict.FAILED)
DIFFERS = result(Verdict.DIFFERS, level=Level.ASSUMED)
UNCLEAR = result(Verdict.INCONCLUSIVE, reason=Reason.NO_ANSWER)
UNPAID = result(Verdict.SKIPPED, reason=Reason.BUDGET)
NOT_GIVEN = result(Verdict.SKIPPED, reason=Reason.NEEDS_OTHER)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([PASSED, NOT_GIVEN, DIFFERS], Exit.PASSED),
        ([PASSED, FAILED, UNCLEAR], Exit.FAILED),
        ([PASSED, UNCLEAR], Exit.INCOMPLETE),
        ([PASSED, UNPAID], Exit.INCOMPLETE),
        ([UNPAID], Exit.INCOMPLETE),
        ([NOT_GIVEN], Exit.NOTHING_RAN),
        ([], Exit.NOTHING_RAN),
        ([PASSED, result(Verdict.FAILED, expected="known")], Exit.PASSED),
        (
            [
                PASSED,
                result(Verdict.INCONCLUSIVE, level=Level.ASSUMED, reason=Reason.UNREADABLE),
            ],
            Exit.PASSED,
        ),
    ],
)
def test_the_exit_code_tells_the_worst(results: list[Result], expected: Exit) -> None:
    assert exit_code(results) is expected


def test_what_differs_fails_a_strict_run_only() -> None:
    assert exit_code([PASSED, DIFFERS]) is Exit.PASSED
    assert exit_code([PASSED, DIFFERS], strict=True) is Exit.FAILED


def test_an_unexpected_charge_outweighs_a_failure_and_an_interruption_outweighs_both() -> None:
    assert exit_code([FAILED], stopped=True) is Exit.STOPPED
    assert exit_code([FAILED], stopped=True, interrupted=True) is Exit.INTERRUPTED


def test_every_verdict_is_counted_also_those_that_do_not_occur() -> None:
    assert counted([PASSED, PASSED, FAILED]) == {
        Verdict.PASSED: 2,
        Verdict.FAILED: 1,
        Verdict.DIFFERS: 0,
        Verdict.SKIPPED: 0,
        Verdict.INCONCLUSIVE: 0,
        Verdict.UNOBSERVABLE: 0,
    }
