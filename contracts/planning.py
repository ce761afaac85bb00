"""Owns the plan of a run: which journeys the rules need, and which of them target and options allow. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Final

from contracts.history import Absence, Record, Role, Setting
from contracts.journeys import JOURNEYS, Journey, worst_of
from contracts.journeys.quiet import UNWATCHED, at_rest
from contracts.registry import Rule, journeys_of
from contracts.specification import specification
from contracts.target import Target
from contracts.verdicts import Reason

WEBHOOKS: Final = "WHK"  # the area whose rules need a receiver
RETRY_SLACK: Final = 2.0  # seconds that a second attempt may be late
NEEDS: Final = {
    Role.STANDARD: Reason.NEEDS_STANDARD,
    Role.FREE: Reason.NEEDS_FREE,
    Role.OTHER: Reason.NEEDS_OTHER,
    Role.EXHAUSTED: Reason.NEEDS_EXHAUSTED,
    Role.LOW: Reason.NEEDS_LOW,
    Role.THROTTLED: Reason.NEEDS_THROTTLED,
    Role.NO_ACCESS: Reason.NEEDS_NO_ACCESS,
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may do. `budget` None: no limit."""

    full: bool = False
    budget: int | None = 0
    risk: int = 0
    seed: int = 0
    examples: int = 10
    webhooks: bool = True
    listen: tuple[str, int] = ("127.0.0.1", 0)
    public_url: str | None = None
    record: TextIOWrapper | None = None
    heard: Callable[[Record], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Plan:
    """The journeys that will be made, and why the others will not."""

    journeys: Sequence[Journey]
    absences: Sequence[Absence]

    def worst(self, target: Target) -> int:
        """The most that the journeys may cost, in credits of their plans."""
        plans = (target.identities[each.role].plan for each in self.journeys if each.buys)
        return sum(map(worst_of, plans))

    def calls(self) -> int:
        return sum(each.calls for each in self.journeys)


def plan(rules: Sequence[Rule], target: Target, options: Options) -> Plan:
    """Which journeys these rules need and this target allows."""
    found: list[Journey] = []
    absences: list[Absence] = []
    undecidable = None if options.webhooks else WEBHOOKS
    decidable = set(journeys_of(each for each in rules if each.area != undecidable))
    for name in journeys_of(rules):
        journey = JOURNEYS[name]
        reason = _hindrance(journey, target, options)
        if reason is None and name not in decidable:
            reason = Reason.NO_WEBHOOK  # nothing is bought for rules that it cannot decide
        if reason is None:
            found.append(journey)
        else:
            absences.append(Absence(name, reason))
    found += _watches(found, target)
    return Plan(sorted(set(found), key=lambda each: (each.role, each.phase, each.name)), absences)


def _watches(journeys: Sequence[Journey], target: Target) -> list[Journey]:
    """What tells, of each account whose balances are compared, whether somebody else uses it."""
    roles = {each.role for each in journeys if each.weighed}
    if any(each.buys and each.role is Role.MAIN for each in journeys):
        roles |= {Role.OTHER} & set(target.identities)  # the bystander
    return [JOURNEYS[at_rest(role)] for role in roles - {UNWATCHED}]


def _hindrance(journey: Journey, target: Target, options: Options) -> Reason | None:
    for role in (journey.role, *journey.needs):
        if role not in target.identities:
            return NEEDS[role]
    people = target.people.given()
    for name in journey.people:
        if name not in people:
            return Reason(f"needs:people.{name}")
    if journey.buys and not options.full:
        return Reason.PROFILE
    if journey.webhooks and not options.webhooks:
        return Reason.NO_WEBHOOK
    return None


def setting_of(target: Target, options: Options) -> Setting:
    """What rules may know of target and options."""
    timing = target.timing
    first = specification().retry_delays[0] / timing.scale + RETRY_SLACK
    return Setting(
        plans={str(role): each.plan for role, each in target.identities.items()},
        people=target.people.ids(),
        settle_seconds=timing.settle_seconds,
        result_timeout_seconds=timing.result_timeout_seconds,
        webhooks=options.webhooks,
        limits={
            str(role): each.requests_per_minute
            for role, each in target.identities.items()
            if each.requests_per_minute is not None
        },
        scale=timing.scale,
        retry_wait=min(first, timing.result_timeout_seconds),
    )
