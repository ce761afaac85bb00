"""A record survives its bytes, whatever strings are in it, and whatever fields are added to its type later."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server.adapters import records
from mock_server.adapters.records import INBOX, JOB, UNIONS, Codec, InboxState
from mock_server.domain.inbox import Inbox, Message
from mock_server.domain.jobs import Job, JobState, Status, Step
from mock_server.domain.people import Hook, Person

CODECS = {name: each for name, each in vars(records).items() if isinstance(each, Codec)}
TEXT = st.text(st.characters(exclude_categories=()), max_size=5)  # NUL and lone surrogates too
NUMBERS = st.integers(-(2**70), 2**70)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: NUMBERS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=5),
    type(None): st.none(),
    Any: JSON,
}


def values(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each kind of type
    """Any value of that type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None:
        return LEAVES[hint] if hint in LEAVES else whole(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (dict, Mapping):
        return st.dictionaries(TEXT, values(arguments[1]), max_size=2)
    if origin in UNIONS:
        return st.one_of(*map(values, arguments))
    if origin is tuple and Ellipsis not in arguments:
        return st.tuples(*map(values, arguments))
    series = st.lists(values(arguments[0]), max_size=2)
    return series if origin is list else series.map(tuple)


def whole(kind: Any) -> st.SearchStrategy[Any]:
    """Any record of that type: every field varies, also one that has a default."""
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else kind._fields
    return st.builds(kind, **{each: values(hints[each]) for each in names})


@pytest.mark.parametrize("name", CODECS)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_record_survives_its_bytes(name: str, data: st.DataObject) -> None:
    codec: Codec[Any] = CODECS[name]
    record = data.draw(whole(codec.kind))

    again = codec.decode(codec.encode(record))

    assert (again, type(again)) == (record, codec.kind)
    assert codec.encode(again) == codec.encode(record)


class Sketch(NamedTuple):
    name: str


class Drawing(NamedTuple):
    name: str
    colours: Sequence[str] = ("black",)


def test_a_field_that_came_later_takes_its_default() -> None:
    assert Codec(Drawing).decode(Codec(Sketch).encode(Sketch("a"))) == Drawing("a", ("black",))


def test_the_bytes_of_a_job_are_these() -> None:
    """Who changes them writes a migration for the files that are there."""
    person = Person("p", "Ann", "Berg", {"Clodura": ("+1",)})
    job = Job("id", "key", "max", person, Hook(fail=2), True, None, 7, JobState.SEARCHING)
    job.steps += (Step("Clodura", Status.FOUND, ("+1",), 7, 8, "why"),)

    assert orjson.loads(JOB.encode(job))[:17] == [
        *["id", "key", "max"],
        ["p", "Ann", "Berg", {"Clodura": ["+1"]}, None, [False, 1, 0, False, False, False, 0, None]],
        [False, 1, 0, False, False, False, 2, None],
        *[True, None, 7, "searching", None, -1, 0, 0],
        [["Clodura", "found", ["+1"], 7, 8, "why"]],
        *[{}, "", []],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data", [b"", b"{", b"7", b"null", b"[]", b'"id"', b'["id", 1]', b"[" * 5000]
)
def test_what_is_no_record_is_told_so(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        JOB.decode(data)


def test_an_unknown_state_is_no_record() -> None:
    data = JOB.encode(Job("id", "key", "max", Person("p"), Hook(), True, None, 7))

    with pytest.raises(ValueError, match="lost"):
        JOB.decode(data.replace(b"queued", b"lost"))


def test_an_inbox_is_its_state_and_its_messages() -> None:
    messages = [Message(n, "/", (("a", "b"),), b"\xff") for n in range(3)]
    inbox = Inbox(deque(messages), 9, 3, (500, "disconnect"), 1, 0.5)

    assert INBOX.decode(INBOX.encode(InboxState.of(inbox))).inbox(messages) == inbox
