"""What is delivered follows openapi.yaml: every result is valid, every number fictional, every id new."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.receiver.forms import Form, FormsError, load_forms
from contracts.receiver.generated import _from, results, unknown_fields, wrong_types
from contracts.receiver.payloads import Payloads
from mock_server import openapi_path

FORMS = load_forms()
FICTION = re.compile(r"\+1\d{3}55501\d\d|\+447700900\d{3}|\+999\d{4,12}")
BOTH = pytest.mark.parametrize("form", FORMS.both, ids=lambda each: each.name)


def test_every_result_is_valid_and_of_every_outcome() -> None:
    every = Payloads(FORMS, 1, "run").every()

    assert [each.told for each in every if not each.form.is_valid(each.document)] == []
    assert {each.outcome for each in every} == {"found", "notFound", "insufficientCredits"}


@BOTH
@given(data=st.data())
@settings(max_examples=50)
def test_what_is_drawn_is_valid_and_of_fiction(form: Form, data: st.DataObject) -> None:
    document = data.draw(results(FORMS, form))

    assert form.is_valid(document)
    assert all(FICTION.fullmatch(each) for each in form.numbers_of(document))


@BOTH
@given(data=st.data())
@settings(max_examples=50)
def test_a_wrong_type_is_not_valid_and_stays_an_object(form: Form, data: st.DataObject) -> None:
    document = data.draw(wrong_types(FORMS, form))

    assert isinstance(document, dict)
    assert not form.is_valid(document)


@BOTH
@given(fields=unknown_fields())
@settings(max_examples=25)
def test_unknown_fields_leave_a_result_valid(form: Form, fields: dict[str, Any]) -> None:
    document = Payloads(FORMS, 1, "run").found(form).document

    assert form.is_valid({**document, **fields})
    assert not set(fields) & set(document)


@given(data=st.data())
def test_a_schema_with_every_word_is_drawn_from(data: st.DataObject) -> None:
    schema = {
        "type": "object",
        "required": ["kind", "count", "ratio", "sure", "either"],
        "properties": {
            "kind": {"const": "x"},
            "count": {"type": "integer"},
            "ratio": {"type": "number"},
            "sure": {"type": "boolean"},
            "either": {"type": ["string", "null"], "maxLength": 3},
            "choice": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-c]{2}$"}]},
            "anything": {},
        },
    }
    document = data.draw(_from(schema, {"components": {}}))

    assert document["kind"] == "x"
    assert document["either"] is None or len(document["either"]) <= 3
    assert document.get("anything") is None


def test_the_same_seed_repeats_all_but_the_ids() -> None:
    one, other = (Payloads(FORMS, 7, run) for run in ("one", "other"))

    first, second = one.found(), other.found()

    assert first.numbers == second.numbers
    assert first.document["providers"] == second.document["providers"]
    assert first.id != second.id
    assert one.seed() == other.seed()


def test_a_file_that_does_not_tell_what_webhooks_look_like_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "openapi.yaml"
    for content in ("{}", "[", json.dumps({"x-mock": {"payloads": {}}})):
        empty.write_text(content)
        with pytest.raises(FormsError, match=r"openapi\.yaml"):
            load_forms(empty)
    with pytest.raises(FormsError, match="No such file"):
        load_forms(tmp_path / "none.yaml")


def test_fields_that_are_renamed_in_the_file_are_renamed_in_deliveries(tmp_path: Path) -> None:
    text = openapi_path().read_text("utf-8").replace("phoneNumbers", "phones")
    text = text.replace("'{item.phones}'", "'{item.phoneNumbers}'")
    text = text.replace(
        "phones: '{numbers}'", "phones: '{numbers}'\n      tags: ['{person.personId}', person]"
    )
    renamed = tmp_path / "openapi.yaml"
    renamed.write_text(text, "utf-8")

    payloads = Payloads(load_forms(renamed), 1, "run")

    for each in payloads.every():
        assert each.form.is_valid(each.document), each.document
        assert each.form.numbers_of(each.document) == each.numbers
    assert payloads.found(payloads.forms.standard).document["tags"][1] == "person"
