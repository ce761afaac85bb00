from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from mock_server.spec.examples import sample
from mock_server.spec.source import Source


class Held(Source):
    """A file that holds just some schemas."""

    def __init__(self, **schemas: Any) -> None:
        self.document = schemas


TREE = {"type": "object", "properties": {"child": {"$ref": "#/tree"}, "name": {"const": "n"}}}
LIST = {"type": "array", "items": {"$ref": "#/list"}, "minItems": 1}
NEEDY = {"required": ["self"], "properties": {"self": {"$ref": "#/needy"}}}
LOOP = {"anyOf": [{"$ref": "#/loop"}], "type": "integer"}
HELD = Held(tree=TREE, list=LIST, needy=NEEDY, loop=LOOP, text={"type": "string"})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": 1, "default": 2}, 1),
        ({"default": 2, "examples": [3]}, 2),
        ({"enum": [4, 5], "examples": [3]}, 3),
        ({"enum": [4, 5]}, 4),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "string"]}, "string"),
        ({"type": ["null"]}, None),
        ({}, None),
        (True, None),
        (None, None),
        ({"minLength": 8}, "stringxx"),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"format": "uri"}, "https://example.com/"),
        ({"type": "string", "format": "unknown"}, "string"),
        ({"type": "integer", "minimum": 1.5}, 2),
        ({"type": "integer", "exclusiveMinimum": 1}, 2),
        ({"maximum": -3}, -3),
        ({"type": "integer", "minimum": 4, "multipleOf": 5}, 5),
        ({"items": {"type": "string"}}, ["string"]),
        ({"items": {"type": "string"}, "maxItems": 0}, []),
        ({"type": "array"}, []),
        ({"prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 3}, [1, 2, 2]),
        ({"properties": {"a": {"const": 1}}, "required": ["b"]}, {"a": 1, "b": None}),
        (
            {
                "allOf": [
                    {"properties": {"a": {"const": 1}}},
                    {"properties": {"b": {"const": 2}}},
                    True,
                ]
            },
            {"b": 2, "a": 1},
        ),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, 1),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "string"),
        ({"$ref": "#/text", "minLength": 7}, "stringx"),
        ({"$ref": "#/tree"}, {"name": "n"}),
        ({"$ref": "#/list"}, []),
        ({"$ref": "#/needy"}, {"self": None}),
        ({"$ref": "#/loop"}, 0),
    ],
)
def test_a_sample_obeys_its_schema(schema: Any, expected: Any) -> None:
    assert sample(HELD, schema) == expected


lengths = st.integers(0, 9)
steps = st.integers(1, 9)
plain = st.one_of(
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        lengths,
        lengths,
    ),
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
        lengths,
        lengths,
    ),
    st.builds(lambda low: {"type": "integer", "exclusiveMaximum": -low}, lengths),
    st.builds(
        lambda low, step: {"type": "integer", "minimum": low, "multipleOf": step},
        lengths,
        st.integers(1, 9),
    ),
    st.sampled_from(
        [{"type": "boolean"}, {"format": "date-time", "type": "string"}, {"enum": ["a"]}]
    ),
)
schemas = st.recursive(
    plain,
    lambda each: (
        st.builds(
            lambda item, low: {"type": "array", "items": item, "minItems": low},
            each,
            st.integers(0, 3),
        )
        | st.builds(
            lambda item: {"type": "object", "required": ["a"], "properties": {"a": item}}, each
        )
        | st.builds(lambda item: {"allOf": [item]}, each)
        | st.builds(lambda item: {"anyOf": [item, False]}, each)
    ),
    max_leaves=6,
)


@given(schema=schemas)
def test_a_sample_of_a_plain_schema_is_valid(schema: Any) -> None:
    validator = Draft202012Validator(schema, validate_formats=True)

    assert validator.is_valid(sample(HELD, schema)), sample(HELD, schema)
