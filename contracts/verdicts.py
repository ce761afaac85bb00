"""Owns what a rule or check concluded, and what a run of them comes to. Values only; knows nothing of HTTP."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Verdict(StrEnum):
    """What is known of one rule after a run."""

    PASSED = "passed"
    FAILED = "failed"
    DIFFERS = "differs"  # an assumed fact is otherwise: reported, and a failure only with --strict
    SKIPPED = "skipped"  # something that it needs was not given
    INCONCLUSIVE = "inconclusive"  # it was tried, and what came decides nothing
    UNOBSERVABLE = "unobservable"  # this target never shows it


class Level(StrEnum):
    """What a breach of a rule means."""

    MUST = "must"  # documented, or inferred from what is documented
    ASSUMED = "assumed"  # our choice where the vendor is silent


class Reason(StrEnum):
    """Why a rule was not decided: a closed list, so that a report can be counted and compared."""

    NEEDS_STANDARD = "needs:standard"
    NEEDS_FREE = "needs:free"
    NEEDS_OTHER = "needs:other"
    NEEDS_EXHAUSTED = "needs:exhausted"
    NEEDS_LOW = "needs:low"
    NEEDS_THROTTLED = "needs:throttled"
    NEEDS_NO_ACCESS = "needs:no_access"
    NEEDS_FOUND = "needs:people.found"
    NEEDS_PARTNER = "needs:people.partner"
    NEEDS_NONE = "needs:people.none"
    NEEDS_UNKNOWN = "needs:people.unknown"
    NEEDS_FOUND_URL = "needs:people.found_url"
    NEEDS_NONE_URL = "needs:people.none_url"
    NEEDS_PROBE = "needs:probe"
    NEEDS_DRIVE = "needs:drive"
    NEEDS_RESTART = "needs:restart_cmd"
    NEEDS_BREAK = "needs:break_cmd"
    NEEDS_FIX = "needs:fix_cmd"
    NO_WEBHOOK = "no_webhook"
    PROFILE = "profile"  # it costs credits, and the profile is free
    PLAN = "plan"  # it speaks of another plan
    BUDGET = "budget"
    STOPPED = "stopped"  # the run ended before
    NOT_QUIET = "not_quiet"  # somebody else spends from the account
    STALE_FIXTURE = "stale_fixture"  # a person is no more what the target file says
    RATE_LIMITED = "rate_limited"
    NO_CREDITS = "no_credits"
    NO_ANSWER = "no_answer"  # nothing came within the time
    UNREADABLE = "unreadable"  # something came in a shape that cannot be read
    NOT_SEEN = "not_seen"  # the occasion did not arise
    FAULTY_CHECK = "faulty_check"  # the rule itself broke on what came; please report it


NOT_RUN: Final = frozenset({Reason.BUDGET, Reason.STOPPED})  # skips that leave a run incomplete


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on, redacted; `curl` repeats the exchange and holds no key."""

    expected: str
    seen: str
    exchange: str | None = None
    curl: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One rule's verdict. `also` marks the symptom of a failure that another result explains."""

    id: str
    area: str
    title: str
    level: Level
    facts: Sequence[str]
    verdict: Verdict
    reason: Reason | None = None
    detail: str = ""  # one sentence for people
    evidence: Sequence[Evidence] = ()
    also: bool = False
    expected_failure: str | None = None  # the reason given in the file of expected failures

    def counts_as_failed(self, *, strict: bool = False) -> bool:
        """Whether this alone fails a run."""
        if self.expected_failure is not None:
            return False
        return self.verdict is Verdict.FAILED or (strict and self.verdict is Verdict.DIFFERS)


class Exit(IntEnum):
    """The exit codes of both suites."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCOMPLETE = 3
    STOPPED = 4
    NOTHING_RAN = 5
    INTERRUPTED = 130


PRECEDENCE: Final = (  # which of two is told
    Exit.USAGE,
    Exit.INTERRUPTED,
    Exit.STOPPED,
    Exit.FAILED,
    Exit.INCOMPLETE,
    Exit.NOTHING_RAN,
    Exit.PASSED,
)
SUMMARIES: Final = {
    Exit.PASSED: "passed",
    Exit.FAILED: "failed",
    Exit.USAGE: "unusable",
    Exit.INCOMPLETE: "inconclusive",
    Exit.STOPPED: "stopped",
    Exit.NOTHING_RAN: "nothing ran",
    Exit.INTERRUPTED: "interrupted",
}


def exit_code(
    results: Iterable[Result],
    *,
    strict: bool = False,
    stopped: bool = False,
    interrupted: bool = False,
) -> Exit:
    """What a run comes to; `stopped` by an unexpected charge. Usage errors never come this far."""
    results = list(results)
    if interrupted:
        return Exit.INTERRUPTED
    if stopped:
        return Exit.STOPPED
    if any(each.counts_as_failed(strict=strict) for each in results):
        return Exit.FAILED
    if any(_is_open(each) for each in results if strict or each.level is Level.MUST):
        return Exit.INCOMPLETE
    return Exit.PASSED if any(map(is_decided, results)) else Exit.NOTHING_RAN


def is_decided(result: Result) -> bool:
    return result.verdict in (Verdict.PASSED, Verdict.FAILED, Verdict.DIFFERS)


def counted(results: Iterable[Result]) -> dict[Verdict, int]:
    """How many of each verdict, all six of them."""
    found = Counter(each.verdict for each in results)
    return {verdict: found[verdict] for verdict in Verdict}


def _is_open(result: Result) -> bool:
    return result.verdict is Verdict.INCONCLUSIVE or result.reason in NOT_RUN
