"""Owns what a result means: Clodura's two documents, the webhook's and the poll's alike, read into one value. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
LONGEST_ID = 256
CREDITS_USED_UP = "Insufficient Credits"  # in this casing
PRICES = {
    "Clodura": 10, "SignalHire": 12, "Enrichlayer": 13, "Wiza": 14, "LeadMagic": 15, "RocketReach": 18, "Findymail": 20,
}  # fmt: skip
DEAREST = 20  # of a provider that is not in the list: they are many, and none costs more


class State(StrEnum):
    """Where a lookup stands."""

    QUEUED = "queued"
    ASKING = "asking"  # the match is on its way: it may have been accepted, and is not sent again
    WAITING = "waiting"  # it was accepted
    LOST = "lost"  # given up; a result that comes all the same is welcome, it was paid for
    FOUND = "found"
    NOT_FOUND = "notFound"
    OUT_OF_CREDITS = "outOfCredits"
    REFUSED = "refused"


OPEN = (State.QUEUED, State.ASKING, State.WAITING, State.LOST)


class NotAResultError(ValueError):
    """The document is none of Clodura's; the text says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a search ended. `tracking_id` is None in the standard document, `person_id` in the other one."""

    state: State
    tracking_id: str | None = None
    person_id: str | None = None
    provider: str | None = None
    numbers: tuple[str, ...] = ()

    @property
    def credits(self) -> int:
        """What it costs: on the Prospect plans one, else the price of the provider that found the number."""
        if self.state is not State.FOUND:
            return 0
        return PRICES.get(self.provider, DEAREST) if self.provider else 1


def read_result(document: Any) -> Result | None:
    """None while the search goes on. Raises NotAResultError."""
    match document:
        case {"trackingId": tracking_id, "providers": list(providers)}:
            return _by_providers(_id(tracking_id), providers)
        case {"trackingId": tracking_id, "status": "processing"}:
            _id(tracking_id)
            return None
        case {"personId": person_id, "phoneNumbers": numbers}:
            found = _numbers(numbers)
            state = State.FOUND if found else State.NOT_FOUND
            return Result(state, person_id=_id(person_id), numbers=found)
        case _:
            raise NotAResultError(
                "neither trackingId with providers nor personId with phoneNumbers"
            )


def _by_providers(tracking_id: str, providers: list[Any]) -> Result:
    """An unknown provider is one like the others, an unknown status means nothing: both lists are open."""
    state = State.NOT_FOUND
    found = []
    for each in providers:
        match each:
            case {"provider": str(name), "status": str(status), "phoneNumbers": numbers}:
                numbers = _numbers(numbers)
            case _:
                raise NotAResultError("a provider without provider, status and phoneNumbers")
        if status == "found" and numbers:
            found.append((name, numbers))
        elif status == CREDITS_USED_UP:
            state = State.OUT_OF_CREDITS
    if not found:
        return Result(state, tracking_id)
    numbers = tuple(number for _, numbers in found for number in numbers)
    return Result(State.FOUND, tracking_id, provider=found[0][0], numbers=numbers)


def _numbers(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(map(_is_number, given)):
        raise NotAResultError("phoneNumbers is no list of numbers like +12025550143")
    return tuple(given)


def _is_number(given: Any) -> bool:
    return isinstance(given, str) and NUMBER.fullmatch(given) is not None


def _id(given: Any) -> str:
    """One that a database takes: an id may hold any sign but half a surrogate pair."""
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_ID:
        raise NotAResultError(f"an id is a text of 1 to {LONGEST_ID} characters")
    if any("\ud800" <= sign <= "\udfff" for sign in given):
        raise NotAResultError("an id with half a surrogate pair")
    return given
