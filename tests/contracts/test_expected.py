"""Known failures are a file with reasons."""

import datetime as dt
from pathlib import Path

import pytest

from contracts.expected import EXAMPLE, Expected, ExpectedError, apply_expected, load_expected
from contracts.verdicts import Exit, Level, Result, Verdict, exit_code

KNOWN = frozenset({"TRK-004", "TRK-005"})


def written(folder: Path, text: str) -> Path:
    path = folder / "expected.toml"
    path.write_text(text, "utf-8")
    return path


def result(verdict: Verdict, rule: str = "TRK-004") -> Result:
    return Result(rule, "TRK", "a rule", Level.MUST, ("TRK-2",), verdict)


KNOWN_FAILURE = Expected("TRK-004", "reported", dt.date(2026, 1, 31))


def test_the_example_can_be_read(tmp_path: Path) -> None:
    (entry,) = load_expected(written(tmp_path, EXAMPLE), KNOWN)

    assert (entry.rule, entry.date) == ("TRK-004", dt.date(2026, 1, 31))


def test_without_a_file_nothing_is_expected() -> None:
    assert load_expected(None, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[expected", "no TOML"),
        ("[rules]", "list of entries"),
        ("expected = 3", "list of entries"),
        ("expected = [3]", "entry 1 takes rule, reason and date"),
        (EXAMPLE.replace("TRK-004", "TRK-999"), "no rule 'TRK-999' (TRK-004, TRK-005)"),
        (EXAMPLE.replace("TRK-004", "ZZZ-1"), "explain lists them"),
        ('[[expected]]\nrule=["TRK-004"]\nreason="x"\ndate=2026-01-31', "no rule ['TRK-004']"),
        ('[[expected]]\nrule={}\nreason="x"\ndate=2026-01-31', "no rule {}"),
        ('[[expected]]\nrule="TRK-004"\nreason=["x"]\ndate=2026-01-31', "a reason is a sentence"),
        ('[[expected]]\nrule="TRK-004"\nreason=" "\ndate=2026-01-31', "a reason is a sentence"),
        ('[[expected]]\nrule="TRK-004"\nreason="x"\ndate="soon"', "a date is written"),
    ],
)
def test_a_wrong_file_is_told_where_and_what_instead(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = written(tmp_path, text)

    with pytest.raises(ExpectedError) as told:
        load_expected(path, KNOWN)

    assert str(path) in str(told.value)
    assert complaint in str(told.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExpectedError, match="No such file"):
        load_expected(tmp_path / "none.toml", KNOWN)


def test_a_known_failure_is_marked_and_fails_no_run() -> None:
    marked, surprises = apply_expected(
        [result(Verdict.FAILED), result(Verdict.PASSED, "TRK-005")], [KNOWN_FAILURE]
    )

    assert [each.expected_failure for each in marked] == ["reported", None]
    assert exit_code(marked) is Exit.PASSED
    assert surprises == []


def test_a_failure_that_passes_is_reported() -> None:
    _, surprises = apply_expected([result(Verdict.PASSED)], [KNOWN_FAILURE])

    assert len(surprises) == 1
    assert "take it out of the file" in surprises[0]
