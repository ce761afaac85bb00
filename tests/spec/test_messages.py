from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.spec.messages import LIMIT, problems
from mock_server.spec.schemas import Schemas
from mock_server.spec.source import Source


class Held(Source):
    """A file that holds just one schema."""

    def __init__(self, schema: Any) -> None:
        self.document = {"a": schema}


def said(schema: Any, value: Any) -> list[str]:
    return problems(Schemas(Held(schema), ()), ("a",), value)


def prop(**schema: Any) -> dict[str, Any]:
    return {"properties": {"x": schema}}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": ["string", "null"]}, 1, "The body must be null or a string, not an integer."),
        ({"type": "string"}, True, "The body must be a string, not a boolean."),
        ({"type": "string"}, 1.5, "The body must be a string, not a number."),
        ({"type": "string"}, {}, "The body must be a string, not an object."),
        ({"type": "array"}, "s", "The body must be an array, not a string."),
        (prop(required=["y"]), {"x": {}}, "x.y is required."),
        ({"items": {"items": {"type": "null"}}}, [[], [1]], "[1][0] must be null, not an integer."),
        (prop(minimum=1), {"x": 0}, "x must be at least 1."),
        (prop(maximum=1.5), {"x": 2}, "x must be at most 1.5."),
        (prop(exclusiveMinimum=1), {"x": 1}, "x must be more than 1."),
        (prop(exclusiveMaximum=1), {"x": 1}, "x must be less than 1."),
        (prop(multipleOf=2), {"x": 1}, "x must be a multiple of 2."),
        (prop(minLength=1), {"x": ""}, "x must have at least 1 character."),
        (prop(maxLength=2), {"x": "abc"}, "x must have at most 2 characters."),
        (prop(minItems=2), {"x": []}, "x must have at least 2 items."),
        (prop(maxItems=0), {"x": [1]}, "x must have at most 0 items."),
        (prop(minProperties=1), {"x": {}}, "x must have at least 1 field."),
        (prop(maxProperties=0), {"x": {"y": 1}}, "x must have at most 0 fields."),
        (prop(uniqueItems=True), {"x": [1, 1]}, "x must not have the same item twice."),
        (prop(const="a"), {"x": "b"}, 'x must be "a".'),
        (prop(enum=["a", 1]), {"x": "b"}, 'x must be one of "a", 1.'),
        (prop(format="uri"), {"x": "b"}, "x is not a valid uri."),
        (prop(format="uri", **{"x-hint": "A URL."}), {"x": "b"}, "x is not valid: A URL."),
        (prop(pattern="a"), {"x": "b"}, "x is not valid."),
        (prop(pattern="a", **{"x-hint": "An a."}), {"x": "b"}, "x is not valid: An a."),
        ({**prop(pattern="a"), "x-hint": "Outer."}, {"x": "b"}, "x is not valid."),
        ({"x-hint": "Own.", "allOf": [{"pattern": "a"}]}, "b", "The body is not valid: Own."),
        (prop(anyOf=[{"const": 1}]), {"x": 2}, "x matches none of the allowed forms."),
        ({"oneOf": [True, True]}, 1, "The body does not match exactly one of the allowed forms."),
        ({"properties": {"x": False}}, {"x": 1}, "x is not allowed."),
        (
            {"additionalProperties": False, **prop()},
            {"x": 1, "z": 1},
            "The body has unknown fields: z.",
        ),
        ({"additionalProperties": False}, {"z": 1}, "The body has unknown fields."),
        ({"unevaluatedProperties": False}, {"z": 1}, "The body has unknown fields: z."),
        ({"prefixItems": [True], "items": False}, [1, 2], "[1] is not allowed."),
        (False, 1, "The body is not allowed."),
        ({"not": {}}, 1, "The body is not valid."),
        ({"contains": {"const": 1}}, [], "The body is not valid."),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, "The body is not valid."),
        (
            {"patternProperties": {"^a": {"type": "null"}}},
            {"a\n": 1},
            "a? must be null, not an integer.",
        ),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "b is required."),
        (
            {"$ref": "#/a/$defs/b", "$defs": {"b": {"type": "null"}}},
            1,
            "The body must be null, not an integer.",
        ),
    ],
)
def test_each_fault_has_its_own_words(schema: Any, value: Any, expected: str) -> None:
    assert said(schema, value) == [expected]


def test_no_more_than_three_unknown_fields_are_named_and_none_at_length() -> None:
    value = {letter * 50: 1 for letter in "abcd"}

    (message,) = said({"properties": {}, "additionalProperties": False}, value)

    assert message == f"The body has unknown fields: {'a' * 40}…, {'b' * 40}…, {'c' * 40}…."


def test_a_hint_that_is_long_is_cut() -> None:
    (message,) = said({"pattern": "a", "x-hint": "h" * 300}, "b")

    assert message.endswith("h…")
    assert len(message) == LIMIT


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(min_size=20, alphabet="ÿ"),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=300), each, max_size=3)
    ),
    max_leaves=8,
)
schemas = st.sampled_from(
    [
        {"type": "null", "pattern": "a"},
        {"items": {"type": "null"}, "additionalProperties": {"type": "null"}},
        {"additionalProperties": {"additionalProperties": False, "const": 1}},
        {"not": {"type": ["array", "object", "string"]}},
    ]
)


@given(schema=schemas, value=json)
def test_a_message_is_short_and_quotes_no_content(schema: Any, value: Any) -> None:
    for message in said(schema, value):
        assert len(message) <= LIMIT
        assert message.isprintable()
        assert "fake" not in message
        assert not isinstance(value, str) or value not in message
