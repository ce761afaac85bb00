"""What is found: verdicts by the bar, tables that compare, and the README that takes them in."""

import pytest

from benchmarks.findings import Bar, Cell, Finding, spread
from benchmarks.report import placed, table, tables


@pytest.mark.parametrize(
    ("bar", "value", "verdict"),
    [
        (Bar(2, 4), 1.99, "**no**"),
        (Bar(2, 4), 2, "yes"),
        (Bar(2, 4), 4, "yes, and the aim"),
        (Bar(60, 20, at_most=True), 61, "**no**"),
        (Bar(60, 20, at_most=True), 60, "yes"),
        (Bar(60, 20, at_most=True), 20, "yes, and the aim"),
    ],
)
def test_a_figure_is_judged_by_its_bar_and_its_aim(bar: Bar, value: float, verdict: str) -> None:
    assert Finding("what", [value], bar=bar).cells()[5] == verdict


def test_the_median_of_the_rounds_counts_and_the_least_and_the_greatest_are_told() -> None:
    cells = Finding("what", [3, 1, 2], " ms", Bar(2, 1, at_most=True)).cells()

    assert cells[3:6] == ("2.00 ms", "1.00 to 3.00", "yes")


def test_what_neighbours_disturbed_has_no_verdict() -> None:
    assert Finding("what", [1], bar=Bar(2, 4), is_sure=False).cells()[5] == "unsure: busy machine"


def test_what_could_not_be_measured_is_a_row_with_the_reason() -> None:
    row = table([Finding("what", [], bar=Bar(2, 4), note="there is no java")]).splitlines()[-1]

    assert row == "| what | ≥ 2 | ≥ 4 | not measured here |  |  | there is no java |"


def test_cells_become_a_table_of_rows_and_columns_in_the_order_they_came() -> None:
    cells = [Cell("T", "b", "x", "1"), Cell("T", "a", "x", "2"), Cell("T", "a", "y", "3")]

    assert tables(cells) == "### T\n\n|  | x | y |\n|---|---|---|\n| b | 1 |  |\n| a | 2 | 3 |"


def test_a_spread_of_nothing_is_a_dash() -> None:
    assert (spread([]), spread([1, 2, 9])) == ("-", "2.00 (1.00 to 9.00)")


def test_the_readme_keeps_all_but_the_results() -> None:
    begin, end = "<!-- results: python -m benchmarks --write -->", "<!-- end of results -->"

    assert placed("new \\1", f"a\n{begin}\nold\n{end}\nb") == f"a\n{begin}\n\nnew \\1\n{end}\nb"
