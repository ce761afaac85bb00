"""Owns how records become bytes, and back: JSON that any string survives. Does not know where they are kept."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from types import UnionType
from typing import (
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import orjson

from mock_server.domain.accounts import Account
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.faults import FaultCounter
from mock_server.domain.inbox import Answer, Inbox, Message
from mock_server.domain.jobs import Job
from mock_server.domain.people import Declared, Hook
from mock_server.domain.world import World

R = TypeVar("R")
Change = Callable[[Any], Any]
ODD: Final = b" "  # how bytes begin that orjson would refuse, or read a little differently
UNIONS: Final = (UnionType, Union)  # a union with a Literal is of the second kind
SHARED: Final = (Hook,)  # frozen, in each job, nearly always the same


class Codec(Generic[R]):
    """The bytes of one kind of record, read off its type: an array of its fields in their order.

    Half as long as an object and thrice as fast. Fields may be added at the end of a type: they take their defaults
    where the bytes lack them. Any other change of a type needs a migration.
    """

    def __init__(self, kind: type[R]) -> None:
        self.kind = kind
        self._read: Change = _change(kind) or tuple

    def encode(self, record: R) -> bytes:
        try:
            return orjson.dumps(record, _parts, orjson.OPT_PASSTHROUGH_DATACLASS)
        except TypeError:  # a lone surrogate, or a number beyond 64 bits
            return ODD + json.dumps(record, default=_parts, separators=(",", ":")).encode()

    def decode(self, data: bytes) -> R:
        """Raises ValueError for what is no record of this kind."""
        document = json.loads(data) if data[:1] == ODD else orjson.loads(data)
        try:
            record: R = self._read(document)
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError(error) from None
        return record


class InboxState(NamedTuple):
    """An inbox without its messages."""

    received: int
    answers: Sequence[Answer]
    answered: int
    delay_seconds: float

    @classmethod
    def of(cls, inbox: Inbox) -> "InboxState":
        return cls(inbox.received, inbox.answers, inbox.answered, inbox.delay_seconds)

    def inbox(self, messages: Sequence[Message]) -> Inbox:
        """The inbox with these messages, oldest first."""
        inbox = Inbox()
        for each in messages:
            inbox.add(each)
        inbox.received, inbox.answers, inbox.answered, inbox.delay_seconds = self
        return inbox


class _Takers(dict[type, Change]):
    """How what JSON has no word for becomes what it has one for, by type; quicker than a function with a cache."""

    def __missing__(self, kind: type) -> Change:
        self[kind] = taker = _taker(kind)
        return taker


def _taker(kind: type) -> Change:
    if issubclass(kind, bytes):
        return lambda value: b64encode(value).decode()
    return attrgetter(*_names(kind)) if is_dataclass(kind) else tuple


TAKERS: Final = _Takers()


def _parts(value: Any) -> Any:
    return TAKERS[type(value)](value)


def _change(hint: Any) -> Change | None:
    """What makes a value of that type of what was read; None where nothing is to be done."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (None, Literal):
        return _made(hint) if isinstance(hint, type) else None
    inner = [_change(each) for each in arguments if each is not Ellipsis]
    if origin in UNIONS:
        return _optional(*filter(None, inner))
    if origin in (dict, Mapping):
        return _values(inner[1])
    if origin is tuple and Ellipsis not in arguments:
        return _row(inner, tuple)
    kind = list if origin is list else tuple
    return _made(kind) if inner[0] is None else _series(kind, inner[0])


def _made(kind: type) -> Change | None:
    if issubclass(kind, bytes):
        return b64decode
    if kind is tuple:
        return tuple
    if issubclass(kind, Enum):
        return {each.value: each for each in kind}.__getitem__
    if not _has_fields(kind):
        return None
    hints = get_type_hints(kind)
    make = lru_cache(1024)(kind) if kind in SHARED else kind
    return _row([_change(hints[each]) for each in _names(kind)], lambda row: make(*row))


def _has_fields(kind: type) -> bool:
    return is_dataclass(kind) or hasattr(kind, "_fields")


def _names(kind: Any) -> Sequence[str]:
    return [each.name for each in fields(kind)] if is_dataclass(kind) else kind._fields


def _row(columns: Sequence[Change | None], kind: Change) -> Change:
    changes = [(column, change) for column, change in enumerate(columns) if change]

    def change_row(values: Iterable[Any]) -> Any:
        row = list(values)
        for column, change in changes:
            if column < len(row):  # else a field that was added later
                row[column] = change(row[column])
        return kind(row)

    return change_row


def _series(kind: type, change: Change) -> Change:
    return lambda values: kind(map(change, values))


def _values(change: Change | None) -> Change | None:
    return change and (lambda values: {key: change(each) for key, each in values.items()})


def _optional(change: Change | None = None) -> Change | None:
    return change and (lambda value: None if value is None else change(value))


ACCOUNT: Final = Codec(Account)
JOB: Final = Codec(Job)
ENTRY: Final = Codec(LedgerEntry)
COUNTER: Final = Codec(FaultCounter)
WORLD: Final = Codec(World)
DECLARED: Final = Codec(Declared)
MESSAGE: Final = Codec(Message)
INBOX: Final = Codec(InboxState)
