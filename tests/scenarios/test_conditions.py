from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.conditions import Condition

SCOPE: dict[str, Any] = {
    "statusCode": 200,
    "response": {"body": {"n": 7, "s": "found", "b": True, "z": None, "e": "", "l": [1]}},
}


def holds(text: str) -> bool:
    found = Condition.parse(text).holds(SCOPE)
    assert isinstance(found, bool)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "$statusCode == 200",
        "$statusCode==200",
        "$statusCode != 201 && $response.body#/n > 6.5",
        "$response.body#/n >= 7 && $response.body#/n <= 7 && $response.body#/n < 8",
        "$response.body#/s == 'FOUND'",
        "$response.body#/s > 'abc'",
        "$response.body#/s != 'it''s'",
        "$response.body#/b",
        "$response.body#/b == true",
        "$response.body#/z == null",
        "!$response.body#/z",
        "!($statusCode == 500 || $statusCode == 503)",
        "$statusCode == 500 || $response.body#/b && $response.body#/n == 7",
        "-1 < 0",
        "$response.body#/l == $response.body#/l",
    ],
)
def test_a_condition_that_is_true_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "$statusCode == 201",
        "$statusCode == '200'",
        "$response.body#/b == 1",
        "$response.body#/b > 0",
        "$response.body#/z",
        "$response.body#/e",
        "$response.body#/n < 'z'",
        "$statusCode != 200",
        "false || null",
    ],
)
def test_a_condition_that_is_not_true_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "its end"),
        ("$statusCode =", "="),
        ("$statusCode == ", "its end"),
        ("$statusCode == 200 and more", "and more"),
        ("($statusCode == 200", "its end"),
        ('$response.body#/s == "found"', '"found"'),
        ("$statusCode === 200", "= 200"),
        ("1.2.3 == 1", "1.2.3"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ValueError, match="is no simple condition") as refusal:
        Condition.parse(text)

    assert f"at {where}" in str(refusal.value)


def test_what_is_no_expression_is_refused_in_a_condition_too() -> None:
    with pytest.raises(ValueError, match=r"\$response\.body\.n is no runtime expression"):
        Condition.parse("$response.body.n == 7")


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="is nested too deep"):
        Condition.parse("(" * 5000 + "true" + ")" * 5000)


truths = st.recursive(
    st.sampled_from([("true", True), ("false", False)]),
    lambda inner: st.one_of(
        st.builds(lambda each: (f"!({each[0]})", not each[1]), inner),
        st.builds(lambda a, b: (f"({a[0]}) && ({b[0]})", a[1] and b[1]), inner, inner),
        st.builds(lambda a, b: (f"({a[0]}) || ({b[0]})", a[1] or b[1]), inner, inner),
    ),
    max_leaves=12,
)


@given(truths)
def test_any_logic_comes_out_as_in_python(case: tuple[str, bool]) -> None:
    text, expected = case

    assert holds(text) is expected


@given(st.lists(st.sampled_from([True, False]), min_size=1, max_size=6), st.data())
def test_and_binds_stronger_than_or(values: list[bool], data: st.DataObject) -> None:
    text = str(values[0]).lower()
    for value in values[1:]:
        text += f" {data.draw(st.sampled_from(['&&', '||']))} {str(value).lower()}"
    in_python = (
        text.replace("&&", "and")
        .replace("||", "or")
        .title()
        .replace("And", "and")
        .replace("Or", "or")
    )

    assert holds(text) is eval(in_python)


@given(st.integers(), st.integers())
def test_numbers_compare_as_numbers(left: int, right: int) -> None:
    assert holds(f"{left} < {right}") is (left < right)
    assert holds(f"{left} >= {right}") is (left >= right)
    assert holds(f"{left} == {right}") is (left == right)


@given(st.text())
def test_a_text_in_quotes_equals_itself(text: str) -> None:
    quoted = text.replace("'", "''")

    assert Condition.parse(f"$inputs.s == '{quoted}'").holds({"inputs": {"s": text}})
