"""No harmless variant fails, and none breaks a rule's code."""

import pytest

from contracts.journeys import JOURNEYS
from contracts.verdicts import Exit, Reason, Verdict, exit_code
from tests.contracts.museum import UNHURRIED, Tampering, exhibited
from tests.contracts.runs import judged
from tests.contracts.variants import VARIANTS, Variant


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_variant_fails_nothing(variant: Variant) -> None:
    with exhibited(variant.tampering, **{"scale": UNHURRIED} | variant.timing) as target:
        results = judged(target, sorted(JOURNEYS), examples=1)

    failed = [f"{each.id}: {each.detail}" for each in results if each.verdict is Verdict.FAILED]
    unclear = [
        f"{each.id} {each.reason}: {each.detail}"
        for each in results
        if each.verdict is Verdict.INCONCLUSIVE
    ]
    assert failed == []
    assert [each for each in results if each.reason is Reason.FAULTY_CHECK] == []
    assert exit_code(results) is Exit.PASSED, unclear


def test_our_own_fake_differs_in_nothing() -> None:
    with exhibited(Tampering(), scale=UNHURRIED) as target:
        results = judged(target, sorted(JOURNEYS), examples=1)

    assert [each.id for each in results if each.verdict is not Verdict.PASSED] == []
