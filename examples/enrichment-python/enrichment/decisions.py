"""Owns what is done about each answer of Clodura's, and when to ask again. Pure: values in, values out."""

from dataclasses import dataclass
from typing import Any

from enrichment.results import NotAResultError, Result, State, read_result

LONGEST_PAUSE = 600.0  # seconds between two polls, or until a refused match is tried again
CHEAPEST = 10  # credits; with fewer there is no use in asking


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `status` is 0 where none did. `sent`: whether the request may have arrived."""

    status: int = 0
    document: Any = None
    retry_after: float | None = None
    sent: bool = True

    @property
    def message(self) -> str:
        """For a person to read."""
        said = self.document.get("message") if isinstance(self.document, dict) else None
        return f"{self.status} {said}" if said else f"{self.status or 'no answer'}"


@dataclass(frozen=True, slots=True)
class Accepted:
    tracking_id: str


@dataclass(frozen=True, slots=True)
class Closed:
    """There will be no result, and nothing was charged."""

    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Send nothing for so many seconds, then this again."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Send nothing until the owner has done something about it. `credits`: until there are some again."""

    why: str
    credits: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may have been accepted and charged: never send it again, wait for its webhook."""

    why: str


def after_match(  # noqa: PLR0911 - a table: one line for each answer
    answer: Answer, tries: int
) -> Accepted | Closed | Hold | Stop | Unsure:
    """What a match's answer means; `tries` is how often it was held back before."""
    match answer:
        case Answer(status=200, document={"trackingId": str(tracking_id)}):
            return Accepted(tracking_id)
        case Answer(status=402):
            return Stop(answer.message, credits=True)
        case Answer(status=401 | 403):
            return Stop(answer.message)
        case Answer(status=404):
            return Closed(State.NOT_FOUND, answer.message)
        case Answer(status=429 | 503) | Answer(sent=False):
            return Hold(_pause(answer, 5 * 2 ** min(tries, 10)), answer.message)
        case Answer(status=status) if 400 <= status < 500:
            return Closed(State.REFUSED, answer.message)
        case _:
            return Unsure(answer.message)


def after_poll(answer: Answer, pause: float) -> Result | Closed | Hold:
    """What a poll's answer means; `pause` is the next one's usual delay in seconds."""
    if answer.status == 404:
        return Closed(State.LOST, f"Clodura does not know the trackingId: {answer.message}")
    try:
        result = read_result(answer.document) if answer.status == 200 else None
    except NotAResultError as error:
        return Hold(pause, f"the poll's document: {error}")
    return result or Hold(_pause(answer, pause), answer.message)


def pause_before_poll(polls: int, first: float) -> float:
    """Seconds until the next one; the webhook is what brings the result, polling is the fallback."""
    return float(min(first * 2 ** min(polls, 20), max(first, LONGEST_PAUSE)))


def credits_left(document: Any) -> int | None:
    """Of a balance, in the form of either kind of plan; None where it is none."""
    match document:
        case {"remainingCredits": int(left)}:
            return left
        case {"directDials": int(used), "maxDirectDials": int(limit)}:
            return limit - used
        case _:
            return None


def enough(document: Any) -> bool:
    """Whether a balance pays a lookup: in direct dials one each, else the cheapest provider's price."""
    left = credits_left(document)
    needed = 1 if isinstance(document, dict) and "directDials" in document else CHEAPEST
    return left is not None and left >= needed


def _pause(answer: Answer, otherwise: float) -> float:
    return min(otherwise if answer.retry_after is None else answer.retry_after, LONGEST_PAUSE)
