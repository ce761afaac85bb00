"""Owns the rules of the area LIM: how many requests an account may make, and what a refused one is told."""

from collections.abc import Iterable, Iterator, Sequence

from contracts.history import WINDOW, Exchange, History
from contracts.registry import Broken, Kept, Observation, Unclear, rule
from contracts.rules.judging import answered
from contracts.verdicts import Level, Reason


def _limited(history: History) -> list[Exchange]:
    return [each for each in history.exchanges if each.limited]


def _fit(history: History, probes: Sequence[Exchange], count: int) -> bool:
    """Whether so many of the probes, one after the other, were answered within one window."""
    window = WINDOW / history.setting.scale
    runs = zip(probes, probes[count - 1 :], strict=False)
    return any(last.at + last.seconds - first.at <= window for first, last in runs)


@rule("LIM-001", "Too many matches are answered 429", facts="ERR-429", journeys="throttled")
def too_many_are_refused(history: History) -> Iterator[Observation]:
    """At the latest with the first request beyond the limit that the target file tells."""
    probes = history.probes("limit")
    told = history.setting.limits.get("throttled")
    if any(each.limited for each in probes):
        yield Kept()
    elif any(each.status is None for each in probes):
        yield Unclear(Reason.NO_ANSWER, "not every request was answered")
    elif probes and told is None:
        detail = f"{len(probes)} requests went through: requests_per_minute of the identity would decide it"
        yield Unclear(Reason.NOT_SEEN, detail)
    elif told is not None and probes and not _fit(history, probes, told + 1):
        yield Unclear(Reason.NOT_SEEN, f"{told + 1} requests took longer than a window")
    elif probes:
        seen = f"{len(probes)} requests were answered, {told} a minute are allowed"
        yield Broken("429", seen, probes[-1])


@rule(
    "LIM-002", "No request within the limit is refused by it", facts="ERR-429", journeys="throttled"
)
def few_are_accepted(history: History) -> Iterator[Observation]:
    """As many as the target file tells are answered otherwise."""
    told = history.setting.limits.get("throttled")
    for number, each in enumerate(history.probes("limit")):
        if told is not None and number < told:
            yield (
                Broken("an answer", f"request {number + 1} of {told} was 429", each)
                if each.limited
                else Kept()
            )


@rule(
    "LIM-003",
    "429 carries Retry-After in whole seconds",
    facts="ERR-D",
    journeys="throttled",
    level=Level.ASSUMED,
)
def limits_tell_when(history: History) -> Iterator[Observation]:
    """A client that is told when to come again needs not guess."""
    for each in _limited(history):
        value = each.headers.get("retry-after")
        if value is not None and value.strip().isdigit():
            yield Kept()
        else:
            yield Broken("Retry-After: <seconds>", f"Retry-After is {value!r}", each)


@rule(
    "LIM-004",
    "After Retry-After requests are answered again",
    facts="ERR-D",
    journeys="throttled",
    level=Level.ASSUMED,
)
def limits_end(history: History) -> Iterator[Observation]:
    """The window ends when it was said to."""
    for each in history.probes("freed:0"):
        yield Broken("another answer than 429", "429 again", each) if each.limited else Kept()


@rule(
    "LIM-005",
    "Polls and balances are not limited with the matches",
    facts="ERR-D",
    journeys="throttled",
    level=Level.ASSUMED,
)
def other_operations_are_free(history: History) -> Iterator[Observation]:
    """Only requests to Reveal Phone count."""
    for each in history.probes("limited:credits", "limited:track"):
        yield (
            Broken("another answer than 429", f"{each.operation} was 429", each)
            if each.limited
            else Kept()
        )


@rule(
    "LIM-006",
    "Refused requests count too",
    facts="ERR-D",
    journeys="throttled",
    level=Level.ASSUMED,
    symptom_of="LIM-001",
)
def refused_requests_count(history: History) -> Iterable[Observation]:
    """A window full of faulty requests has no place for a good one."""
    last = history.probes("refused-count")[-1:]  # before it, the window may have ended too soon
    freed = history.probes("freed")[-history.setting.limits.get("throttled", 0) :]
    if any(each.limited for each in freed):
        return []
    if last and not _fit(history, [*freed, *last], len(freed) + 1):
        return [Unclear(Reason.NOT_SEEN, f"{len(freed) + 1} requests took longer than a window")]
    return answered(last, {429}, "the window is full")
