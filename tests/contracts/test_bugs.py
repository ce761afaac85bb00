"""Every bug of the museum is caught by exactly the rule that names its cause, and every rule has a bug."""

import pytest

from contracts.registry import RULES
from contracts.verdicts import Level, Verdict
from tests.contracts.bugs import BUGS, Bug
from tests.contracts.museum import RATE, UNHURRIED, exhibited
from tests.contracts.runs import headlines, judged


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_bug_is_caught_by_the_rule_that_names_it(bug: Bug) -> None:
    scale = UNHURRIED if "throttled" in bug.journeys else RATE
    with exhibited(bug.tampering, scale=scale) as target:
        results = judged(target, bug.journeys.split())

    found = headlines(results)
    told = [f"{each.id} {each.verdict}: {each.detail}" for each in found]
    assert [each.id for each in found] == [bug.caught_by], told
    must = RULES[bug.caught_by].level is Level.MUST
    assert found[0].verdict is (Verdict.FAILED if must else Verdict.DIFFERS)


def test_every_rule_has_a_bug() -> None:
    assert {each.caught_by for each in BUGS} == set(RULES)


def test_no_two_bugs_have_one_name() -> None:
    assert len({each.name for each in BUGS}) == len(BUGS)
