"""Owns how documents are read: what a rule needs, in whatever harmless shape it comes. Judges nothing."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

DEPTH: Final = 4
RUNNING: Final = frozenset(
    {
        "processing", "queued", "pending", "running", "inprogress", "started", "searching", "accepted", "waiting",
        "new", "created", "active", "working", "enqueued", "submitted", "scheduled", "received", "ongoing",
    }
)  # fmt: skip
FOUND: Final = "found"
NOT_FOUND: Final = "notFound"
INSUFFICIENT: Final = "Insufficient Credits"
_STATUSES: Final = {"found": FOUND, "notfound": NOT_FOUND, "insufficientcredits": INSUFFICIENT}
_NAMES: Final = ("provider", "providername", "name", "source", "vendor")
COUNTS: Final = frozenset(
    {"remainingcredits", "directdials", "maxdirectdials", "contactsview", "maxcontacts"}
)
_LISTS: Final = frozenset({"providers", "results", "providerresults", "steps", "sources"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one provider reported: the status as it stands, and as it is meant (None: unknown)."""

    provider: str
    status: str
    meant: str | None
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A result, or the state of a job, as it was understood."""

    document: Mapping[str, Any]  # the part that holds the result
    wrapped: bool
    status: Any
    outcomes: tuple[Outcome, ...] | None  # None: not the payload with a result per provider
    numbers: tuple[str, ...]
    is_standard: bool

    @property
    def is_result(self) -> bool:
        return self.outcomes is not None or self.is_standard

    @property
    def is_running(self) -> bool:
        return isinstance(self.status, str) and plain(self.status) in RUNNING

    @property
    def found(self) -> bool:
        """Whether a number was retrieved."""
        if self.outcomes is None:
            return bool(self.numbers)
        return any(each.meant == FOUND for each in self.outcomes)

    @property
    def finder(self) -> str | None:
        """The provider that had a number."""
        found = [each.provider for each in self.outcomes or () if each.meant == FOUND]
        return found[0] if found else None

    def agrees_with(self, other: "Reading") -> bool:
        """Whether both tell the same; a field that only one of them has is no contradiction."""  # TRK-1
        person, another = field(self.document, "personid"), field(other.document, "personid")
        same = self.gist() == other.gist()
        return same and (person is None or another is None or person == another)

    def gist(self) -> tuple[Any, ...]:
        """What the webhook and the poll have to agree on."""  # TRK-1
        outcomes = {
            each.provider: (each.status, sorted(each.numbers)) for each in self.outcomes or ()
        }
        return outcomes, sorted(self.numbers)


@lru_cache(1024)  # the same names come again and again
def plain(text: str) -> str:
    """A word without case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def holds_numbers(name: str) -> bool:
    """Whether phone numbers are looked for in a field of this name."""
    return any(word in plain(name) for word in ("phone", "number"))


def field(document: Any, *names: str) -> Any:
    """The value of the first field of one of these names, however it is written; None without one."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            if plain(str(name)) in names:
                return value
    return None


def deep_field(document: Any, *names: str) -> Any:
    """The same, also in objects within."""
    for each in _objects(document):
        if (value := field(each, *names)) is not None:
            return value
    return None


def tracking_id_in(document: Any) -> str | None:
    """The id of the job that an answer speaks of."""
    named = (deep_field(document, each) for each in ("trackingid", "jobid", "requestid", "id"))
    return next((str(each) for each in named if isinstance(each, str | int) and str(each)), None)


def read(document: Any) -> Reading | None:
    """What a webhook or a poll says; None for what is neither a result nor a state."""
    for depth, each in enumerate(_objects(document)):
        outcomes = _outcomes(each)
        if outcomes is None and not _is_standard(each):
            continue
        numbers = tuple(_numbers(each))
        if outcomes is not None:
            numbers = tuple(number for one in outcomes for number in one.numbers)
        status = field(each, "status", "state")
        status = status if status is not None else deep_field(document, "status", "state")
        return Reading(each, depth > 0, status, outcomes, numbers, outcomes is None)
    status = deep_field(document, "status", "state")
    if status is None:
        return None
    return Reading(
        document, wrapped=False, status=status, outcomes=None, numbers=(), is_standard=False
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """What `/credits` tells: `left` counts down on most plans, `used` up on the Prospect plans."""

    left: int | None = None
    used: int | None = None
    granted: int | None = None
    contacts: int | None = None

    def spent_since(self, before: "Balance") -> int | None:
        """Credits that went since; None if the two cannot be compared."""
        if self.left is not None and before.left is not None:
            return before.left - self.left
        if self.used is not None and before.used is not None:
            return self.used - before.used
        return None

    @property
    def spendable(self) -> int | None:
        """What is left for phones, as far as it can be told."""
        if self.left is not None:
            return self.left
        if self.used is not None and self.granted is not None:
            return self.granted - self.used
        return None


def balance_in(document: Any) -> Balance | None:
    """The balance, also where a number is written as text; None if there is none."""
    left = _integer(deep_field(document, "remainingcredits"))
    used = _integer(deep_field(document, "directdials"))
    if left is None and used is None:
        return None
    granted = _integer(deep_field(document, "maxdirectdials"))
    return Balance(left, used, granted, _integer(deep_field(document, "contactsview")))


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """The document and the objects in it, the outermost first."""
    level, depth = [document], 0
    while level and depth < DEPTH:
        objects = [each for each in level if isinstance(each, Mapping)]
        yield from objects
        level = [value for each in objects for value in each.values()]
        depth += 1


def _outcomes(document: Mapping[str, Any]) -> tuple[Outcome, ...] | None:
    for name, value in document.items():
        listed = _named(value) if isinstance(value, Mapping) else value
        if not isinstance(listed, list):
            continue
        found = tuple(_outcome(each) for each in listed if has_status(each))
        told = bool(found) and len(found) == len(listed)
        known = told and all(each.meant is not None for each in found)
        if known or (plain(str(name)) in _LISTS and (told or listed == [])):
            return found
    return None


def _named(value: Mapping[str, Any]) -> list[Any] | None:
    """`{"Wiza": {"status": …}}` as a list."""
    if value and all(map(has_status, value.values())):
        return [{"provider": name, **each} for name, each in value.items()]
    return None


def has_status(item: Any) -> bool:
    """Whether an item tells how something went."""
    return isinstance(item, Mapping) and isinstance(field(item, "status", "result"), str)


def _outcome(item: Mapping[str, Any]) -> Outcome:
    status = field(item, "status", "result")
    status = status if isinstance(status, str) else repr(status)
    return Outcome(
        str(field(item, *_NAMES) or ""), status, _STATUSES.get(plain(status)), tuple(_numbers(item))
    )


def _is_standard(document: Mapping[str, Any]) -> bool:
    if any("phone" in plain(str(name)) for name in document):
        return not isinstance(field(document, "remainingcredits"), int)
    return field(document, "personid") is not None and field(document, "firstname") is not None


def _numbers(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        if holds_numbers(str(name)):
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, Mapping):
        yield from _texts(field(value, "number", "phonenumber", "phone", "value", "e164"))


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}(\.0+)?\s*", value):
        return int(float(value))
    if isinstance(value, int | float) and math.isfinite(value):
        return int(value)
    return None
