from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.errors import Refusal
from mock_server.spec import Operation, Spec, load_spec
from mock_server.spec.bodies import JSON

Load = Callable[[Mapping[str, Any]], Spec]
SCHEMA = "components schemas RevealPhoneRequest"
REVEAL, SEARCH = load_spec().operations[0], load_spec().operations[3]


def refusals(operation: Operation, document: Any) -> list[Refusal]:
    return operation.read_body(JSON, orjson.dumps(document)).refusals


def messages(operation: Operation, document: Any) -> list[tuple[int, str | None]]:
    return [(each.status, each.message) for each in refusals(operation, document)]


def test_a_valid_body_is_a_document_without_refusals() -> None:
    assert REVEAL.read_body(JSON, b'{"personId": "a"}') == ({"personId": "a"}, [])


@pytest.mark.parametrize(
    "content_type",
    [b"application/json; charset=utf-8", b"Application/JSON", b"application/vnd.x+json ;v=1"],
)
def test_json_may_be_named_in_other_ways(content_type: bytes) -> None:
    assert REVEAL.read_body(content_type, b'{"personId": "a"}').refusals == []


@pytest.mark.parametrize(
    "content_type", [None, b"", b"text/json", b"application/jsonp", b"text/x+json"]
)
def test_another_content_type_is_refused(content_type: bytes | None) -> None:
    assert REVEAL.read_body(content_type, b'{"personId": "a"}') == (
        None,
        [Refusal(
            400, "The Content-Type must be application/json (ERR-A)",
            "The Content-Type must be application/json.",
        )],
    )  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"NaN", b'"\\ud800"', b'"\xff"', b"\xef\xbb\xbf{}", b"1e999", b"[" * 5000,
        b"[" * 300 + b"]" * 300,
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_as_unreadable(raw: bytes) -> None:
    body = REVEAL.read_body(JSON, raw)

    assert [(each.status, each.message) for each in body.refusals] == [
        (400, "The body is not valid JSON.")
    ]


def test_an_empty_body_is_refused_where_one_is_required() -> None:
    assert REVEAL.read_body(JSON, b"").refusals[0].message == "The body is empty."


def test_an_empty_body_is_fine_where_none_is_required(load: Load) -> None:
    body = "paths /api/v1/search/people/phone/match post requestBody"

    assert load({f"{body} required": False}).operations[0].read_body(None, b"") == (None, [])


def test_an_operation_without_a_body_ignores_what_is_sent(served: Callable[..., Operation]) -> None:
    form = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}

    assert served().read_body(b"text/plain", b"x") == (None, [])
    assert served(requestBody=form).read_body(b"text/plain", b"x") == (None, [])
    assert served(requestBody={"content": {}}).read_body(b"text/plain", b"x") == (None, [])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], [(400, "The body must be an object, not an array.")]),
        ({}, [(400, "Either personId or linkedinUrl is required.")]),
        ({"personId": "a", "revealPhoneNumberViaPartners": True},
         [(422, "webhookUrl is required when revealPhoneNumberViaPartners is true.")]),
        ({"personId": None}, [(422, "personId must be a string, not null.")]),
        ({"personId": "a", "webhookUrl": "ftp://x"},
         [(422, "webhookUrl is not valid: An absolute http or https URL.")]),
        ({"personId": 1, "linkedinUrl": []},
         [(422, "personId must be a string, not an integer."),
          (422, "linkedinUrl must be a string, not an array.")]),
    ],
)  # fmt: skip
def test_each_fault_is_refused_with_the_status_of_its_violation(
    document: Any, expected: Any
) -> None:
    assert sorted(messages(REVEAL, document)) == sorted(expected)


def test_the_why_names_the_facts_of_the_innermost_schema() -> None:
    assert refusals(REVEAL, {"personId": None})[0].why == (
        "personId must be a string, not null (REQ-1, REQ-1a; ERR-A)"
    )
    assert refusals(SEARCH, {"page": 1})[0].why == "perPage is required (ERR-A)"


def test_refusals_that_look_the_same_are_one(load: Load) -> None:
    both = {"allOf": [{"required": ["personId"]}, {"required": ["personId"]}]}

    operation = load({SCHEMA: both}).operations[0]

    assert messages(operation, {}) == [(422, "personId is required.")]


@pytest.mark.parametrize(
    ("noted", "inner", "expected"),
    [
        ("unreadable", {}, 400),
        ("unreadable", {"x-violation": "contentType"}, 418),
        ({"properties": "unreadable"}, {}, 400),
        ({"type": "unreadable"}, {}, 422),
        ("unreadable", {"x-violation": {"minLength": "contentType"}}, 400),
    ],
)
def test_the_innermost_schema_that_names_a_violation_decides(
    load: Load, noted: Any, inner: dict[str, Any], expected: int
) -> None:
    schema = {"x-violation": noted, "properties": {"a": {"type": "string", **inner}}}
    edits = {SCHEMA: schema, "x-mock violations contentType": {"status": 418}}

    operation = load(edits).operations[0]

    assert [each.status for each in refusals(operation, {"a": 1})] == [expected]


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=20,
)
requests = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "personId",
            "linkedinUrl",
            "webhookUrl",
            "revealPhoneNumberViaPartners",
            "page",
            "perPage",
        ),
        json,
    ),
)


@given(document=json | requests, content_type=st.none() | st.binary() | st.just(JSON))
def test_whatever_json_is_sent_is_read_or_refused_with_a_4xx(
    document: Any, content_type: bytes | None
) -> None:
    for operation in (REVEAL, SEARCH):
        body = operation.read_body(content_type, orjson.dumps(document))

        assert all(400 <= each.status <= 499 for each in body.refusals)
        assert all(0 < len(each.message or "") <= 200 for each in body.refusals)


@given(raw=st.binary())
def test_whatever_bytes_are_sent_are_read_or_refused(raw: bytes) -> None:
    body = REVEAL.read_body(JSON, raw)

    assert all(each.status in {400, 422} for each in body.refusals)
