from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.errors import Refusal
from mock_server.spec import Operation, SpecError, load_spec

Served = Callable[..., Operation]
TRACK = load_spec().operations[1]


def query(name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", **more}


def said(operation: Operation, *texts: str, name: str = "x") -> list[str | None]:
    return [
        each.message for each in operation.read_parameters({}, [(name, text) for text in texts], {})
    ]


def test_an_operation_without_parameters_refuses_none(spec: Any) -> None:
    assert not spec.operations[0].has_parameters
    assert spec.operations[0].read_parameters({}, [("x", "y")], {}) == []


def test_a_path_parameter_is_judged_by_its_schema() -> None:
    assert TRACK.has_parameters
    assert TRACK.read_parameters({"trackingId": "a"}, [], {}) == []
    assert TRACK.read_parameters({"trackingId": ""}, [], {}) == [
        Refusal(
            400, "trackingId must have at least 1 character (ERR-A)",
            "trackingId must have at least 1 character.",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "texts", "expected"),
    [
        ({"type": "integer", "maximum": 9}, ["7"], []),
        ({"type": "integer", "maximum": 9}, ["10"], ["x must be at most 9."]),
        ({"type": "integer"}, ["ten"], ["x must be an integer."]),
        ({"type": "integer"}, ["1.5"], ["x must be an integer."]),
        ({"type": ["integer", "null"]}, ["null"], []),
        ({"type": "number"}, ["1e2"], []),
        ({"type": "boolean"}, ["true"], []),
        ({"type": "boolean"}, ["yes"], ["x must be a boolean."]),
        ({"type": "string"}, ["5"], []),
        ({"enum": ["5"]}, ["5"], []),
        (
            {"type": ["string", "integer"], "minLength": 2},
            ["5"],
            ["x must have at least 2 characters."],
        ),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "2"], []),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "b"], ["x[1] must be an integer."]),
        ({"type": "array", "maxItems": 1}, ["1", "2"], ["x must have at most 1 item."]),
        ({"type": "object"}, ["anything"], []),
        (True, ["anything"], []),
        (
            {"$ref": "#/components/schemas/PersonId"},
            [""],
            [
                "x must have at least 1 character.",
                "x is not valid: It comes from Search Prospect; it may not be blank.",
            ],
        ),
    ],
)
def test_a_text_is_read_as_what_the_schema_speaks_of(
    served: Served, schema: Any, texts: list[str], expected: list[str]
) -> None:
    operation = served(parameters=[query(schema=schema)])

    assert said(operation, *texts) == expected


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"explode": False}, "1,2"),
        ({"style": "form", "explode": False}, "1,2"),
        ({"style": "pipeDelimited"}, "1|2"),
        ({"style": "spaceDelimited"}, "1 2"),
    ],
)
def test_a_list_may_be_one_text(served: Served, how: dict[str, Any], text: str) -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 2}

    assert said(served(parameters=[query(schema=schema, **how)]), text) == []


def test_a_header_is_found_by_its_lower_case_name(served: Served) -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    operation = served(
        parameters=[{"name": "X-Ids", "in": "header", "required": True, "schema": schema}]
    )

    assert operation.read_parameters({}, [], {"x-ids": "1,2"}) == []
    assert (
        operation.read_parameters({}, [], {"x-ids": "1,b"})[0].message
        == "X-Ids[1] must be an integer."
    )
    assert operation.read_parameters({}, [], {})[0].message == "X-Ids is required."


def test_cookies_and_the_headers_of_http_itself_are_not_judged(served: Served) -> None:
    unjudged = [
        {"name": "x", "in": "cookie", "required": True},
        {"name": "Accept", "in": "header", "required": True},
    ]

    assert served(parameters=unjudged).read_parameters({}, [], {}) == []


def test_what_is_optional_may_be_missing(served: Served) -> None:
    assert said(served(parameters=[query(schema={"type": "integer"})])) == []


def test_of_a_parameter_with_content_only_the_presence_is_judged(served: Served) -> None:
    operation = served(parameters=[query(required=True, content={"application/json": {}})])

    assert said(operation, "{") == []
    assert said(operation) == ["x is required."]


def test_the_parameters_of_the_path_count_unless_the_operation_has_its_own(served: Served) -> None:
    shared = [query("x", schema={"type": "integer"}), query("y", schema={"type": "integer"})]
    operation = served(shared=shared, parameters=[query("x", schema={"type": "string"})])

    assert said(operation, "a") == []
    assert said(operation, "a", name="y") == ["y must be an integer."]


@pytest.mark.parametrize(
    ("noted", "schema", "texts", "expected"),
    [
        (None, {}, ["a"], 400),
        ("invalidField", {}, ["a"], 422),
        ("invalidField", {}, [], 422),
        ({"required": "invalidField"}, {}, [], 422),
        ({"required": "invalidField"}, {}, ["a"], 400),
        (None, {"x-violation": "invalidField"}, ["a"], 422),
        ("invalidField", {}, ["\ud800"], 422),
    ],
)
def test_parameter_and_schema_may_name_the_violation(
    served: Served, noted: Any, schema: dict[str, Any], texts: list[str], expected: int
) -> None:
    note = {"x-violation": noted} if noted else {}
    schema = {"type": "string", "minLength": 2, **schema}
    operation = served(parameters=[query(required=True, schema=schema, **note)])

    refusals = operation.read_parameters({}, [("x", text) for text in texts], {})

    assert [each.status for each in refusals] == [expected]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "parameters: should be a list"),
        ([1], "parameters[0]: should be a mapping"),
        ([{"in": "query"}], "parameters[0].name: is missing or no text, add it"),
        ([{"name": "x"}], "parameters[0].in: is missing or no text, add it"),
        ([query(schema={"type": "x"})], "parameters[0].schema.type: is no valid schema"),
        ([query(**{"x-violation": "x"})], "parameters[0].x-violation: is no violation"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_an_error_of_the_file(
    served: Served, parameters: Any, expected: str
) -> None:
    with pytest.raises(SpecError) as error:
        served(parameters=parameters)

    assert f"paths./probe.get.{expected}" in str(error.value)


@given(text=st.text(st.characters()))
def test_whatever_text_is_given_is_fine_or_refused_with_400(text: str) -> None:
    for each in TRACK.read_parameters({"trackingId": text}, [], {}):
        assert each.status == 400
        assert each.message
