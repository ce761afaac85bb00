"""Owns what a check may conclude, and whether a record is what a result should have become. Decides over values."""

import re
from collections.abc import Collection
from typing import Final

from contracts.receiver.deliveries import Answer, Delivery
from contracts.receiver.payloads import Event, Outcome
from contracts.receiver.probe import Record
from contracts.verdicts import Reason, Verdict

# An application has words of its own for its states. Only these contradict an outcome; any other is taken as right.
_NOTHING_KNOWN: Final = frozenset(
    {"", "unknown", "absent", "missing", "nosuch", "notknown", "nonexistent"}
)
_WAITING: Final = frozenset(
    {
        "pending", "processing", "queued", "running", "searching", "waiting", "requested", "submitted",
        "inprogress", "open", "new", "started", "created",
    }
)  # fmt: skip
_NOBODY: Final = frozenset(
    {"notfound", "none", "nobody", "nonumber", "nophone", "empty", "nothingfound", "nonefound"}
)
_BROKEN: Final = frozenset(
    {"error", "failed", "failure", "invalid", "rejected", "cancelled", "canceled"}
)
_SOMEBODY: Final = frozenset({"found", "resolved", "revealed"})
_CONTRADICTS: Final = {
    Outcome.FOUND: _NOTHING_KNOWN
    | _WAITING
    | _NOBODY
    | _BROKEN
    | {"insufficientcredits", "nocredits"},
    Outcome.NOT_FOUND: _NOTHING_KNOWN | _WAITING | _SOMEBODY,
    Outcome.NO_CREDITS: _NOTHING_KNOWN | _WAITING | _SOMEBODY,
}


class Conclusion(Exception):
    """What a check ends with, unless it passes."""

    verdict = Verdict.FAILED

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class Broken(Conclusion):
    """The receiver does what it should not. `delivery` shows it when repeated, `times` at once."""

    def __init__(
        self, expected: str, seen: str, delivery: Delivery | None = None, times: int = 1
    ) -> None:
        super().__init__(f"expected {expected}, seen {seen}")
        self.expected = expected
        self.seen = seen
        self.delivery = delivery
        self.times = times

    @property
    def size(self) -> int:
        """How long the body of its delivery is: the shortest is shown."""
        return len(self.delivery.body) if self.delivery else 0


class Worrying(Broken):
    """No failure, yet something that its owner should know."""

    verdict = Verdict.DIFFERS


class Undecided(Conclusion):
    """What came decides nothing."""

    verdict = Verdict.INCONCLUSIVE


class NeedsProbe(Conclusion):
    """Without a probe it cannot be known."""

    verdict = Verdict.SKIPPED

    def __init__(self, detail: str) -> None:
        super().__init__(detail, Reason.NEEDS_PROBE)


class NotShown(Conclusion):
    """The API never shows what the check is about."""

    verdict = Verdict.UNOBSERVABLE


def accepted(answer: Answer, delivery: Delivery, times: int = 1) -> Answer:
    """The answer, which has to be 2xx (WH-9). Raises Broken."""
    if not answer.accepted:
        raise Broken(f"2xx for {delivery.about}", answer.told, delivery, times)
    return answer


def why_wrong(record: Record, event: Event, *, once: bool = True) -> str | None:
    """What is wrong with the record of a delivered result; None if it is right. `once`: applied exactly once."""
    word = re.sub(r"[^a-z]", "", record.state.lower())
    if sorted(record.numbers) != sorted(event.numbers):
        return f"phoneNumbers should be {list(event.numbers)}"
    if event.outcome is Outcome.FOUND and record.applied < 1:
        return "appliedCount should be 1: the number took effect"
    if word in _CONTRADICTS[event.outcome]:
        return f"state should tell that it is {event.outcome}"
    if once and record.applied > 1:
        return "appliedCount should be 1: one result takes effect once"
    return None


def why_touched(record: Record, allowed: Collection[str] = ()) -> str | None:
    """What is wrong with the record of something that was no result; None if nothing is.

    `allowed` are numbers that a generous receiver may have picked out of it.
    """
    word = re.sub(r"[^a-z]", "", record.state.lower())
    if junk := [each for each in record.numbers if each not in allowed]:
        return f"phoneNumbers should not hold {junk}: nothing valid was delivered"
    if word in _SOMEBODY and not record.numbers:
        return "state should not tell of a number: nothing valid was delivered"
    return None
