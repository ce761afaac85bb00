"""Owns the table of rules, how one is declared, and how its observations become a verdict. Pure."""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.history import CUT, Absence, Exchange, History, Webhook
from contracts.verdicts import Evidence, Level, Reason, Result, Verdict

AREAS: Final = {
    "AUTH": "keys",
    "REQ": "requests",
    "RES": "answers",
    "TRK": "polls",
    "BIL": "credits",
    "WHK": "webhooks",
    "LIM": "rate limits",
    "TEN": "tenants",
}
SHOWN: Final = 3  # pieces of evidence for one rule


@dataclass(frozen=True, slots=True)
class Kept:
    """The rule was obeyed here."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule was broken here."""

    expected: str
    seen: str
    source: Exchange | Webhook | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """What came decides nothing."""

    reason: Reason
    detail: str = ""


Observation = Kept | Broken | Unclear
Observe = Callable[[History], Iterable[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the contract. `journeys` are those that can see it; `symptom_of` names what explains a breach."""

    id: str
    title: str
    level: Level
    facts: tuple[str, ...]
    explanation: str
    observe: Observe
    journeys: tuple[str, ...]
    symptom_of: tuple[str, ...]

    @property
    def area(self) -> str:
        return self.id.partition("-")[0]


RULES: Final[dict[str, Rule]] = {}


def rule(
    rule_id: str,
    title: str,
    *,
    facts: str,
    journeys: str,
    level: Level = Level.MUST,
    symptom_of: str = "",
) -> Callable[[Observe], Observe]:
    """Register a rule; the function's docstring is its explanation. Lists are written with spaces between."""

    def register(observe: Observe) -> Observe:
        if rule_id in RULES or rule_id.partition("-")[0] not in AREAS:
            message = f"{rule_id} is taken, or of no area"
            raise ValueError(message)
        RULES[rule_id] = Rule(
            id=rule_id,
            title=title,
            level=level,
            facts=tuple(facts.split()),
            explanation=" ".join((observe.__doc__ or "").split()),
            observe=observe,
            journeys=tuple(journeys.split()),
            symptom_of=tuple(symptom_of.split()),
        )
        return observe

    return register


def selected(globs: Sequence[str]) -> list[Rule]:
    """The rules whose id matches one of the patterns, all without any, in the order of areas and numbers."""
    order = list(AREAS)
    rules = sorted(RULES.values(), key=lambda each: (order.index(each.area), each.id))
    if not globs:
        return rules
    return [
        each for each in rules if any(fnmatch.fnmatchcase(each.id, glob.upper()) for glob in globs)
    ]


def judge(
    rules: Iterable[Rule], history: History, shown: Callable[[Exchange | Webhook], Evidence]
) -> list[Result]:
    """Every rule's verdict on the history; a failure that another one explains is marked as `also`."""
    return _ranked([_verdict(each, history, shown) for each in rules])


def _verdict(
    rule: Rule, history: History, shown: Callable[[Exchange | Webhook], Evidence]
) -> Result:
    base = Result(
        rule.id,
        rule.area,
        rule.title,
        rule.level,
        rule.facts,
        Verdict.UNOBSERVABLE,
        Reason.NOT_SEEN,
    )
    absent = [history.absences[each] for each in rule.journeys if each in history.absences]
    unmade = len(absent) == len(rule.journeys)
    if unmade and not any(each.reason in CUT for each in absent):
        return _absent(base, absent[0])
    try:
        observations = list(rule.observe(history))
    except Exception as error:  # noqa: BLE001 - a rule that breaks must not end a run that cost money
        detail = f"{type(error).__name__}: {error}"
        return replace(
            base, verdict=Verdict.INCONCLUSIVE, reason=Reason.FAULTY_CHECK, detail=detail
        )
    result = _summed(base, observations, shown)
    unseen = not observations and bool(absent)
    if unseen or (unmade and result.verdict not in (Verdict.FAILED, Verdict.DIFFERS)):
        return _absent(base, next((each for each in absent if each.reason in CUT), absent[0]))
    return result


def _absent(base: Result, absence: Absence) -> Result:
    """The verdict on a rule none of whose journeys was made to its end."""
    tried = absence.reason in (Reason.NO_ANSWER, Reason.NOT_QUIET)
    verdict = Verdict.INCONCLUSIVE if tried else Verdict.SKIPPED
    return replace(base, verdict=verdict, reason=absence.reason, detail=absence.detail)


def _summed(
    base: Result,
    observations: Sequence[Observation],
    shown: Callable[[Exchange | Webhook], Evidence],
) -> Result:
    broken = [each for each in observations if isinstance(each, Broken)]
    if broken:
        verdict = Verdict.FAILED if base.level is Level.MUST else Verdict.DIFFERS
        evidence = tuple(_evidence(each, shown) for each in broken[:SHOWN])
        more = f" ({len(broken)} times)" if len(broken) > 1 else ""
        detail = f"{broken[0].seen}{more}"
        return replace(base, verdict=verdict, reason=None, detail=detail, evidence=evidence)
    unclear = [each for each in observations if isinstance(each, Unclear)]
    if unclear:
        reason, detail = unclear[0].reason, unclear[0].detail
        skips = str(reason).startswith("needs:") or reason in SKIPPING
        verdict = Verdict.SKIPPED if skips else Verdict.INCONCLUSIVE
        return replace(base, verdict=verdict, reason=reason, detail=detail)
    if observations:
        return replace(base, verdict=Verdict.PASSED, reason=None)
    return base


SKIPPING: Final = frozenset(
    {Reason.NO_WEBHOOK, Reason.PROFILE, Reason.PLAN, Reason.BUDGET, Reason.STOPPED}
)


def _evidence(broken: Broken, shown: Callable[[Exchange | Webhook], Evidence]) -> Evidence:
    found = shown(broken.source) if broken.source is not None else Evidence("", "")
    return replace(found, expected=broken.expected, seen=broken.seen)


def _ranked(results: list[Result]) -> list[Result]:
    """Causes first: a breach is a symptom if a rule that would explain it was broken too."""
    failed = {each.id for each in results if each.verdict is Verdict.FAILED}
    broken = failed | {each.id for each in results if each.verdict is Verdict.DIFFERS}
    explaining = {Verdict.FAILED: failed, Verdict.DIFFERS: broken}
    return [
        replace(each, also=_is_symptom(each, explaining.get(each.verdict, set())))
        for each in results
    ]


def _is_symptom(result: Result, explaining: set[str]) -> bool:
    """Whether one of the rules that would explain a breach was broken; what only differs explains no failure."""
    return any(
        fnmatch.fnmatchcase(other, cause)
        for other in explaining - {result.id}
        for cause in RULES[result.id].symptom_of
    )


def journeys_of(rules: Iterable[Rule]) -> Iterator[str]:
    """The journeys that these rules look at."""
    seen: set[str] = set()
    for each in rules:
        for name in each.journeys:
            if name not in seen:
                seen.add(name)
                yield name
