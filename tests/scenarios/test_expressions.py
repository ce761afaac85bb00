from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.expressions import Expression, Unresolved, expressions, filled

SCOPE: dict[str, Any] = {
    "url": "http://fake/x",
    "method": "POST",
    "statusCode": 200,
    "request": {
        "header": {"x-api-key": "k"},
        "query": {"q": "1"},
        "path": {"p": "2"},
        "body": {"a": 1},
    },
    "response": {
        "header": {"retry-after": "60"},
        "body": {"list": [{"a/b": 1, "c~d": 2}], "n": None},
    },
    "inputs": {"plan": "max"},
    "outputs": {"left": 9},
    "steps": {"open": {"outputs": {"apiKey": "k", "all": {"deep": [7]}}}},
    "workflows": {"one": {"inputs": {"plan": "payg"}, "outputs": {"n": 3}}},
    "sourceDescriptions": {"clodura": {"url": "openapi.yaml"}},
}
names = st.from_regex(r"[A-Za-z0-9_\-]{1,8}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$url", "http://fake/x"),
        ("$method", "POST"),
        ("$statusCode", 200),
        ("$request.header.X-API-KEY", "k"),
        ("$request.query.q", "1"),
        ("$request.path.p", "2"),
        ("$request.body#/a", 1),
        ("$response.header.Retry-After", "60"),
        ("$response.body", SCOPE["response"]["body"]),
        ("$response.body#/list/0/a~1b", 1),
        ("$response.body#/list/0/c~0d", 2),
        ("$response.body#/n", None),
        ("$inputs.plan", "max"),
        ("$outputs.left", 9),
        ("$steps.open.outputs.apiKey", "k"),
        ("$steps.open.outputs.all#/deep/0", 7),
        ("$workflows.one.outputs.n", 3),
        ("$workflows.one.inputs.plan", "payg"),
        ("$sourceDescriptions.clodura.url", "openapi.yaml"),
    ],
)
def test_each_form_of_expression_has_its_value(text: str, value: Any) -> None:
    assert Expression.parse(text).value(SCOPE) == value


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "$nope",
        "$response.body.a",
        "$steps.open.apiKey",
        "$components.parameters.x",
        "$faker.number",
        "plan",
    ],
)
def test_what_is_no_expression_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is no runtime expression") as refusal:
        Expression.parse(text)

    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("$response.body#/gone", "gone"),
        ("$response.body#/list/7", "7"),
        ("$response.body#/list/-", "-"),
        ("$response.body#/n/deeper", "deeper"),
    ],
)
def test_what_is_not_there_is_named(text: str, missing: str) -> None:
    with pytest.raises(Unresolved, match=f"{missing} is missing"):
        Expression.parse(text).value(SCOPE)


def test_expressions_are_found_and_filled_at_any_depth() -> None:
    value = {"a": ["$statusCode", {"b": "key {$inputs.plan} of {$response.body#/list}"}], "c": 7}

    assert [each.text for each in expressions(value)] == [
        "$statusCode",
        "$inputs.plan",
        "$response.body#/list",
    ]
    assert filled(value, SCOPE) == {
        "a": [200, {"b": 'key max of [{"a/b":1,"c~d":2}]'}],
        "c": 7,
    }


@given(st.lists(st.integers() | st.text(st.characters(exclude_characters="${}"))))
def test_a_value_without_expressions_is_left_as_it_is(value: Any) -> None:
    assert list(expressions(value)) == []
    assert filled(value, SCOPE) == value


@given(names, json_values)
def test_an_input_of_any_value_is_filled_in_as_it_is(name: str, value: Any) -> None:
    assert filled(f"$inputs.{name}", {"inputs": {name: value}}) == value


@given(st.dictionaries(st.text(min_size=1), st.integers(), min_size=1))
def test_a_pointer_reaches_every_field(body: dict[str, int]) -> None:
    for name, value in body.items():
        if not any(each.isspace() for each in name):
            step = name.replace("~", "~0").replace("/", "~1")
            expression = Expression.parse(f"$response.body#/{step}")
            assert expression.value({"response": {"body": body}}) == value
