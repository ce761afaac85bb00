from collections.abc import Callable
from typing import Any

import pytest

from mock_server.spec import Operation, Spec

Served = Callable[..., Operation]
OK = {"description": "Fine."}


def json(**media: Any) -> dict[str, Any]:
    return {"description": "Fine.", "content": {"application/json": media}}


@pytest.mark.parametrize(
    ("response", "body", "headers"),
    [
        (OK, None, {}),
        (json(example=1), 1, {}),
        (json(examples={"a": {"value": 2}, "b": {"value": 3}}, example=1), 2, {}),
        (json(examples={"a": {"externalValue": "x"}}, schema={"const": 4}), 4, {}),
        (json(examples={"a": {"$ref": "#/x-mock/examples/a"}}), None, None),
        (json(schema={"type": "object", "required": ["a"]}), {"a": None}, {}),
        (json(), None, {}),
        ({"content": {"text/plain": {"example": "Hi"}}}, "Hi", {"content-type": "text/plain"}),
        (
            {"content": {"text/plain": {"example": "Hi"}, "application/a+json": {"example": 1}}},
            1,
            {"content-type": "application/a+json"},
        ),
        (
            {
                **OK,
                "headers": {
                    "X-A": {"example": "b"},
                    "X-B": {"required": True, "schema": {"minimum": 2}},
                    "X-C": {"schema": {"type": "string"}},
                    "X-D": {"examples": {"d": {"value": True}}},
                },
            },
            None,
            {"x-a": "b", "x-b": "2", "x-d": "true"},
        ),
    ],
)
def test_a_response_is_documented_by_its_first_example(
    served: Served, load: Callable[..., Spec], response: Any, body: Any, headers: Any
) -> None:
    if headers is None:
        reference = {"examples": {"a": {"$ref": "#/components/examples/a"}}}
        node = {"operationId": "probe", "responses": {"200": json(**reference)}}
        edits = {
            "components examples": {"a": {"value": 5}},
            "paths /probe": {"get": node},
        }
        assert load(edits).operations[-1].success.body == 5
        return

    assert served(responses={"200": response}).success == (200, body, headers)


@pytest.mark.parametrize(
    ("keys", "success", "errors"),
    [
        (["404", "204", "201"], 201, {404}),
        (["2XX"], 200, set()),
        (["302", "default"], 200, set(range(400, 600))),
        (["200", "4XX", "404", "500"], 200, {*range(400, 500), 500}),
    ],
)
def test_the_lowest_success_counts_and_a_range_documents_all_its_statuses(
    served: Served, keys: list[str], success: int, errors: set[int]
) -> None:
    operation = served(responses=dict.fromkeys(keys, OK))

    assert operation.success.status == success
    assert operation.errors == errors


def test_an_exact_status_wins_over_its_range(served: Served) -> None:
    responses = {
        "4XX": json(example={"message": "range"}),
        "200": OK,
        "400": json(example={"message": "own"}),
    }

    operation = served(responses=responses)

    assert list(operation.responses) == [200, 400]
    assert operation.responses[400].body == {"message": "own"}
    assert operation.error_body(451, None)["message"] == "range"


@pytest.mark.parametrize(
    ("status", "document", "expected"),
    [
        (200, 1, []),
        (200, "a", ["The body must be an integer, not a string."]),
        (204, None, []),
        (204, 1, ["204 has no content."]),
        (202, 1, []),
        (500, 1, ["500 is not a documented status."]),
        (404, None, ["The body must be an integer, not null."]),
    ],
)
def test_an_answer_is_checked_against_what_is_documented(
    served: Served, status: int, document: Any, expected: list[str]
) -> None:
    schema = {"type": "integer"}
    responses = {"200": json(schema=schema), "202": json(), "204": OK, "4XX": json(schema=schema)}

    assert served(responses=responses).response_problems(status, document) == expected


def test_every_documented_example_has_the_form_of_its_schema(spec: Spec) -> None:
    for operation in spec.operations:
        for status, documented in operation.responses.items():
            assert operation.response_problems(status, documented.body) == []


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (
            402,
            None,
            {
                "statusCode": 402,
                "error": "Payment Required",
                "message": "Your credits are exhausted.",
            },
        ),
        (402, "No.", {"statusCode": 402, "error": "Payment Required", "message": "No."}),
        (
            404,
            None,
            {
                "statusCode": 404,
                "error": "Not Found",
                "message": "No phone number could be located.",
            },
        ),
        (410, None, {"statusCode": 410, "error": "Gone", "message": "Gone"}),
        (499, "No.", {"statusCode": 499, "error": "Error", "message": "No."}),
    ],
)
def test_the_body_of_an_error_is_the_documented_one_or_like_it(
    spec: Spec, status: int, message: str | None, expected: Any
) -> None:
    assert spec.operations[0].error_body(status, message) == expected


def test_an_error_that_only_other_operations_document_looks_like_theirs(spec: Spec) -> None:
    tracked = spec.operations[1]

    assert 402 not in tracked.responses
    assert tracked.error_body(402, None)["message"] == "Your credits are exhausted."


def test_an_example_that_is_no_mapping_is_not_spread(served: Served) -> None:
    responses = {"200": OK, "404": {"content": {"text/plain": {"example": "gone"}}}}

    assert served(responses=responses).error_body(404, None)["message"] == "Not Found"


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ({}, True),
        ({"security": []}, False),
        ({"security": [{"apiKey": []}]}, True),
        ({"security": [{"apiKey": []}, {}]}, False),
    ],
)
def test_the_operations_security_wins_over_the_files(
    served: Served, security: Any, expected: bool
) -> None:
    assert served(**security).secured is expected


def test_without_any_security_an_operation_is_open(load: Callable[..., Spec], spec: Spec) -> None:
    secured: dict[str, Any] = {
        f"paths {each.path} {each.method.lower()} security": [{"apiKey": []}]
        for each in spec.operations[:3]
    }

    assert [each.secured for each in load({"security": ..., **secured}).operations] == (
        [True] * 3 + [False] * 2
    )
