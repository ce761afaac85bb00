"""Owns the claims about templates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.templates import TemplateError, compile_template

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("abc ", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=8,
)


def filled(template: object, **scope: Any) -> Any:
    return compile_template(template)(scope)


@given(document=JSON)
def test_a_document_without_names_is_itself(document: Any) -> None:
    assert filled(document) == document


@given(value=JSON)
def test_a_name_alone_keeps_the_value(value: Any) -> None:
    assert filled({"a": ["{it}"]}, it=value) == {"a": [value]}


@pytest.mark.parametrize(
    ("template", "text"),
    [("{n!s}", "7"), ("n is {n}.", "n is 7."), ("{n}{n!s}", "77"), ("{a.b}-{n}", "1-7")],
)
def test_a_name_within_a_text_becomes_text(template: str, text: str) -> None:
    assert filled(template, n=7, a={"b": 1}) == text


@pytest.mark.parametrize("text", ["{}", "{ n }", "{1}", "{n", "n}", "{n!r}"])
def test_braces_around_no_name_are_text(text: str) -> None:
    assert filled(text, n=7) == text


def test_dots_read_fields_of_fields() -> None:
    assert filled("{a.b.c}", a={"b": {"c": [1]}}) == [1]


@pytest.mark.parametrize("template", ["{nope}", "{a.nope}", "{n.x}", "is {a.b.c}"])
def test_what_does_not_exist_is_named(template: str) -> None:
    with pytest.raises(TemplateError, match=r"^\{.*\} is not known here$"):
        filled(template, a={"b": 1}, n=7)


@given(elements=st.lists(st.integers()))
def test_each_element_gives_one_item(elements: list[int]) -> None:
    template = {"$each": "{list}", "$item": {"is": "{item}", "of": "{whole}"}}

    assert filled(template, list=elements, whole="w") == [
        {"is": each, "of": "w"} for each in elements
    ]


def test_spread_copies_and_the_fields_beside_it_win() -> None:
    template = {"$spread": "{example}", "message": "{message}"}

    assert filled(template, example={"message": "old", "code": 1}, message="new") == {
        "message": "new",
        "code": 1,
    }


def test_filling_leaves_what_was_spread_as_it_was() -> None:
    example = {"message": "old"}

    filled({"$spread": "{example}", "message": "new"}, example=example)

    assert example == {"message": "old"}
