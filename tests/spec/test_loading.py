from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_server import packaged
from mock_server.packaged import NAME
from mock_server.spec import Spec, SpecError, load_spec

Load = Callable[[Mapping[str, Any]], Spec]
Refused = Callable[[Mapping[str, Any]], str]

MATCH = "/api/v1/search/people/phone/match"
TRACK = "/api/v1/search/people/track/{trackingId}"
REVEAL = f"paths {MATCH} post"
CALLBACK = f"{REVEAL} callbacks standard"
STANDARD = f"{CALLBACK} {{$request.body#/webhookUrl}} post"
SCHEMAS = "components schemas"


def test_operations_are_in_the_order_of_the_file(spec: Spec) -> None:
    assert [(each.method, each.operation_id) for each in spec.operations] == [
        ("POST", "revealPhone"),
        ("GET", "trackReveal"),
        ("GET", "getCredits"),
        ("POST", "searchProspect"),
        ("POST", "revealEmail"),
    ]
    assert spec.operations[1].path == TRACK


def test_the_text_is_the_files(spec: Spec) -> None:
    assert spec.text == spec.path.read_bytes()


def test_the_file_inside_the_installed_package_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: Spec
) -> None:
    inside = tmp_path / "mock_server" / NAME
    inside.parent.mkdir()
    inside.write_bytes(spec.text)
    monkeypatch.setattr(packaged, "__file__", str(tmp_path / "mock_server" / "packaged.py"))

    assert load_spec().path == inside


def test_callbacks_know_their_plans_and_what_is_wrong_with_a_document(spec: Spec) -> None:
    standard = spec.callbacks["standard"]
    document = {
        "personId": "a",
        "firstName": "A",
        "lastName": "B",
        "phoneNumbers": ["+12025550143"],
    }

    assert standard.plans == ("prospect", "prospect_pro")
    assert standard.is_valid(document)
    assert not standard.is_valid({})
    assert standard.problems({**document, "firstName": None}) == [
        "firstName must be a string, not null."
    ]


def test_extensions_among_paths_and_responses_are_skipped(load: Load) -> None:
    edits = {"paths x-note": "Mine.", f"{REVEAL} responses x-note": "Mine."}

    assert len(load(edits).operations) == 5


def test_a_schema_may_contain_itself(load: Load) -> None:
    tree = {
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/Tree"}, "any": True},
    }

    assert len(load({f"{SCHEMAS} Tree": tree}).operations) == 5


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({"openapi": "3.0.3"}, "openapi: should be the text of a version 3.1.x"),
        ({"openapi": 3.1}, "openapi: should be the text of a version 3.1.x"),
        ({"paths": ...}, "paths: should be a mapping"),
        ({"paths": []}, "paths: should be a mapping"),
        ({"paths oops": {}}, "paths.oops: should begin with a slash"),
        ({"paths /x": {"get": {}}}, "paths./x.get.operationId: is missing or no text"),
        ({"paths /x": {"get": 1}}, "paths./x.get: should be a mapping"),
        (
            {"paths /x": {"get": {"operationId": "getCredits"}}},
            "paths./x.get.operationId: getCredits is the id of two operations",
        ),
        ({"paths /api/v1/credits": ...}, "paths: has no operation getCredits"),
        (
            {"paths /t": {"get": {"operationId": "trackReveal"}}, f"paths {TRACK}": ...},
            "paths./t: should have {trackingId}",
        ),
        ({f"{REVEAL} requestBody": ...}, "REVEAL.requestBody: should have"),
        ({f"{REVEAL} responses": ...}, "REVEAL.responses: should be"),
        ({f"{REVEAL} responses 200": ...}, "REVEAL.responses: documents no success"),
        ({f"{REVEAL} responses 20": {}}, "REVEAL.responses.20: should be a status such as 200"),
        (
            {f"{REVEAL} responses 400": {"$ref": "#/no"}},
            "REVEAL.responses.400.$ref: #/no does not exist",
        ),
        ({f"{REVEAL} security": {}}, "REVEAL.security: should be a list"),
        (
            {f"{STANDARD} x-plans": ...},
            "REVEAL.callbacks.standard.URL.post.x-plans: should be the list",
        ),
        (
            {f"{STANDARD} x-plans": ["gold"]},
            "REVEAL.callbacks.standard.URL.post.x-plans[0]: gold is no plan",
        ),
        (
            {f"{STANDARD} x-plans": ["prospect"]},
            "REVEAL.callbacks.standard.URL.post.x-plans: lacks prospect_pro",
        ),
        ({CALLBACK: {"url": {}}}, "REVEAL.callbacks.standard: should have one operation"),
        ({f"{STANDARD} requestBody": ...}, "REVEAL.callbacks.standard: should have one operation"),
        (
            {f"{SCHEMAS} PersonId type": "word"},
            "components.schemas.PersonId.type: is no valid schema",
        ),
        (
            {f"{SCHEMAS} PersonId pattern": "("},
            "components.schemas.PersonId.pattern: is no valid regular",
        ),
        (
            {f"{SCHEMAS} X": {"patternProperties": {"(": True}}},
            "components.schemas.X.patternProperties.(: is no",
        ),
        (
            {f"{SCHEMAS} X": {"allOf": [{"$ref": "#/no"}]}},
            "components.schemas.X.allOf[0].$ref: #/no does not",
        ),
        (
            {f"{SCHEMAS} X": {"items": {"$ref": "#/components/schemas/X/items"}}},
            "components.schemas.X.items: refers to itself in a circle",
        ),
        ({f"{SCHEMAS} X": {"$ref": "#/info/title"}}, "info.title: is no valid schema"),
        (
            {f"{SCHEMAS} X": {"x-violation": "oops"}},
            "components.schemas.X.x-violation: is no violation",
        ),
        (
            {f"{SCHEMAS} X": {"x-violation": {"type": 1}}},
            "components.schemas.X.x-violation.type: is no violation",
        ),
        ({f"{SCHEMAS} X": {"x-facts": "REQ-1"}}, "components.schemas.X.x-facts: should be a list"),
        ({f"{SCHEMAS} X": {"x-hint": 1}}, "components.schemas.X.x-hint: should be a text"),
    ],
)
def test_a_document_that_cannot_drive_the_fake_is_refused(
    refused: Refused, edits: Any, expected: str
) -> None:
    at = f"paths.{MATCH}.post"

    message = refused(edits)

    assert message.startswith(
        expected.replace("REVEAL", at).replace("URL", "{$request.body#/webhookUrl}")
    ), message


def test_a_value_that_json_schema_cannot_hold_is_an_error_of_the_file(
    tmp_path: Path, spec: Spec
) -> None:
    path = tmp_path / NAME
    deep = b"x-deep: " + b"[" * 300 + b"]" * 300 + b"\n"
    path.write_bytes(deep + spec.text)

    with pytest.raises(SpecError, match=r":1: \(document\): holds what JSON Schema cannot"):
        load_spec(path)


def test_a_schema_that_only_the_compiler_refuses_is_an_error_of_the_file(refused: Refused) -> None:
    schema = {"type": "object", "properties": {"a": {"$dynamicRef": "#nowhere"}}}
    content = {"content": {"application/json": {"schema": schema}}}

    assert "is no valid schema" in refused({f"{REVEAL} requestBody": content})
