from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_server.spec import SpecError
from mock_server.spec.source import Source, dotted

Read = Callable[[str | bytes], Source]


def complaint(read: Read, text: str | bytes) -> str:
    with pytest.raises(SpecError) as error:
        read(text)
    message = str(error.value)
    assert "\n" not in message, "an error is one line"
    return message.split("some.yaml:", 1)[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {b: 1}\n\nc:\n  b: 1\n  b: 2\n", "5: c.b: is given twice, remove one of the two"),
        ("a:\n  - 1\n  - {1: 2, '1': 3}\n", "3: a[1].1: is given twice"),
        ("a: [1\nb: 2\n", "2: (document): is not YAML: "),
        ("a: 1\n---\nb: 1\n", "2: (document): is not YAML: "),
        ("a: \x07\n", "1: (document): is not YAML: "),
        (b"a: 1\nb: \xff\n", "2: (document): is not UTF-8, save it as such"),
        ("- 1\n", "1: (document): should be a mapping"),
        ("", "1: (document): should be a mapping"),
        ("a:\n  ? [b]\n  : 1\n", "2: a: has a key that is no text, quote it"),
        ("a: .nan\n", "1: a: is no JSON value: '.nan', quote it"),
        ("a: 123456789012345678901234567890\n", "1: a: is no JSON value"),
        ("a: !!int x\n", "1: a: is no JSON value: 'x'"),
        ("a: !!binary aGk=\n", "1: a: is no JSON value"),
        ("a: !!set {b, c}\n", "1: a: is no JSON value, write it as"),
        ("a: 1\nb: &b\n  c: *b\n", "2: b.c: is no JSON value"),
        ("a: 1\n<<: 2\n", "2: <<: should be a mapping to merge"),
        ("a: " + "[" * 800 + "]" * 800, "1: (document): is nested too deep"),
        ("a: " + "[" * 3000 + "]" * 3000, "1: (document): is nested too deep"),
        ("a: " + "[" * 200_000, "1: (document): is nested too deep"),
        ("- " * 200_000, "1: (document): is nested too deep"),
    ],
)
def test_a_file_that_holds_more_than_json_is_refused_with_its_line(
    source: Read, text: str | bytes, expected: str
) -> None:
    assert complaint(source, text).startswith(expected)


def test_a_file_that_is_not_there_is_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(
        SpecError, match=r"none\.yaml:1: \(document\): cannot be read, No such file"
    ):
        Source(tmp_path / "none.yaml")


def test_words_of_yaml_1_1_are_texts(source: Read) -> None:
    read = source(
        "{a: yes, b: on, c: 2026-01-01, d: 12:30, e: true, f: ~, g: 1.5, h: 0}\n"
    ).document

    assert read == {
        "a": "yes", "b": "on", "c": "2026-01-01", "d": "12:30",
        "e": True, "f": None, "g": 1.5, "h": 0,
    }  # fmt: skip


def test_keys_are_texts_as_they_are_written(source: Read) -> None:
    assert source("{200: 1, true: 2, 1.0: 3}").document == {"200": 1, "true": 2, "1.0": 3}


def test_merge_keys_fill_in_what_is_not_given(source: Read) -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: *a, x: 3}\nd: {<<: [*a, *b]}\n"

    document = source(text).document

    assert document["c"] == {"x": 3, "y": 1}
    assert document["d"] == {"x": 1, "y": 1, "z": 2}, "the first of several wins"


def test_a_byte_order_mark_is_no_part_of_the_text(source: Read) -> None:
    assert source(b"\xef\xbb\xbfa: 1\n").document == {"a": 1}


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(codec="ascii")),
    lambda each: st.lists(each) | st.dictionaries(st.text(st.characters(codec="ascii")), each),
    max_leaves=10,
)


@given(document=st.dictionaries(st.text(st.characters(codec="ascii")), json))
def test_what_yaml_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "some.yaml"
    path.write_text(yaml.safe_dump(document))

    assert Source(path).document == document


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (("a", "b", 1), 4),
        (("a", "b"), 2),
        (("a", "x", "y"), 1),
        (("a", "b", 7), 2),
        ((), 1),
        (("c", 0), 5),
    ],
)
def test_an_error_has_the_line_of_the_nearest_field_that_exists(
    source: Read, at: tuple[str | int, ...], line: int
) -> None:
    read = source("a:\n  b:\n    - 1\n    - 2\nc: 3\n")

    assert f"some.yaml:{line}: {dotted(at)}: is wrong" in str(read.error(at, "is wrong"))


REFERENCES = """
'a/b~c':
  - x: 1
to: {$ref: '#/a~1b~0c/0/x'}
chain: {$ref: '#/to'}
percent: {$ref: '#/a%2Fb~0c'}
missing: {$ref: '#/nothing/here'}
index: {$ref: '#/a~1b~0c/1'}
scalar: {$ref: '#/a~1b~0c/0/x/y'}
elsewhere: {$ref: 'other.yaml#/a'}
number: {$ref: 1}
circle: {$ref: '#/round'}
round: {$ref: '#/circle'}
within: {deep: [{$ref: '#/within'}]}
copy: [{$ref: '#/to'}, {one: {$ref: '#/to'}}]
"""


def test_references_are_followed_to_the_end(source: Read) -> None:
    read = source(REFERENCES)

    assert read.follow({"$ref": "#/chain"}, ()) == (1, ("a/b~c", 0, "x"))
    assert read.referred("#", ()) == (read.document, ())
    assert read.expanded(read.document["copy"], ("copy",)) == [1, {"one": 1}]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing", "7: missing.$ref: #/nothing/here does not exist, correct the reference"),
        ("percent", "6: percent.$ref: #/a%2Fb~0c does not exist"),
        ("index", "8: index.$ref: "),
        ("scalar", "9: scalar.$ref: "),
        ("elsewhere", "10: elsewhere.$ref: should refer to a place of this file"),
        ("number", "11: number.$ref: should refer to"),
        ("circle", "12: circle: refers to itself in a circle"),
        ("within", "14: within: contains itself by reference"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_with_its_line(
    source: Read, name: str, expected: str
) -> None:
    read = source(REFERENCES)

    with pytest.raises(SpecError) as error:
        read.expanded(read.document[name], (name,))

    assert str(error.value).split("some.yaml:")[1].startswith(expected)
