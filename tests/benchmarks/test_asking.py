"""A question without an answer is a row, and does not take the others with it."""

from benchmarks.__main__ import _asked
from benchmarks.findings import Finding
from benchmarks.rounds import QUICK


def test_whatever_a_question_fails_of_is_a_row_with_the_reason() -> None:
    found, failed = _asked(["of_nobody"], QUICK)

    told = "failed: ModuleNotFoundError: No module named 'benchmarks.questions.of_nobody'"
    assert failed == 1
    assert [each.note for each in found if isinstance(each, Finding)] == [told]
