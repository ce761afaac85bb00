"""Owns the observations that many rules make alike: of one answer, of one amount, of one field."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import wraps
from itertools import pairwise
from typing import Final

from contracts.history import Exchange, History, Spending
from contracts.registry import Broken, Kept, Observation, Observe, Unclear
from contracts.specification import MATCH
from contracts.verdicts import Reason

INVALID: Final = frozenset({400, 403, 422})  # ERR-A: a missing or invalid detail


def undecided(exchange: Exchange) -> Unclear | None:
    """Why an answer says nothing of the rule: none came, the limit or the credits were in the way."""
    if exchange.status is None:
        return Unclear(Reason.NO_ANSWER, f"{exchange.probe}: {exchange.error}")
    if exchange.limited:
        return Unclear(Reason.RATE_LIMITED, f"{exchange.probe} was answered 429")
    return None


def answered(
    exchanges: Iterable[Exchange], statuses: Collection[int], meaning: str
) -> Iterator[Observation]:
    """Each exchange has one of the statuses."""
    expected = f"{meaning}: {' or '.join(map(str, sorted(statuses)))}"
    for each in exchanges:
        if each.status in statuses:
            yield Kept()
        elif (unclear := undecided(each)) is not None:
            yield unclear
        else:
            yield Broken(expected, f"{each.probe} was answered {each.status}", each)


def refused(history: History, *probes: str) -> Iterator[Observation]:
    """Each of the probes is refused for its fault."""
    for each in history.probes(*probes):
        if each.status == 402:
            yield Unclear(Reason.NO_CREDITS, f"{each.probe} was answered 402")
        else:
            yield from answered([each], INVALID, "refused")


def unchanged(
    history: History, spendings: Iterable[Spending], meaning: str
) -> Iterator[Observation]:
    """Nothing was taken between the two balances. What several saw, for they share an account, is told once."""
    told: dict[str, Exchange] = {}
    for each in spendings:
        amount = history.spent(each)
        if amount is None and not history.exchange(each.after).accepted:
            continue  # an account that may not ask for its balance
        if amount is None:
            yield Unclear(Reason.UNREADABLE, f"the balance of {each.role} cannot be read")
        elif amount > 0 and is_restless(history, each.role):
            yield Unclear(
                Reason.NOT_QUIET, "the balance moves by itself: somebody else uses the account"
            )
        elif amount > 0:
            fresh = _fresh(history, each, told)
            if fresh > 0:
                told[each.role] = history.exchange(each.after)
                seen = f"{fresh} credits went: {cause(history, each)}"
                yield Broken(meaning, seen, source(history, each))
        else:
            yield Kept()


def source(history: History, spending: Spending) -> Exchange:
    """The exchange that a change of the balance belongs to: the refused request, or else the later balance."""
    number = int(spending.label) if spending.what == "refused" else spending.after
    return history.exchange(number)


def _fresh(history: History, spending: Spending, told: Mapping[str, Exchange]) -> int:
    """What went since the last balance at which a charge was told of, or since the spending began."""
    before, after = history.exchange(spending.before), history.exchange(spending.after)
    since = max(before, told.get(spending.role, before), key=lambda each: each.number)
    return (after.balance.spent_since(since.balance) or 0) if after.balance and since.balance else 0


def cause(history: History, spending: Spending) -> str:
    """What was done, and what else by the same account in the meantime."""
    if spending.what == "refused":
        own = history.exchange(int(spending.label)).probe
    else:
        own = spending.label or spending.journey
    others = _others(history, spending)
    return f"{own}, or {', '.join(others)} at the same time" if others else own


def is_alone(history: History, spending: Spending) -> bool:
    """Whether nothing else was searched on the account in the meantime."""
    return not _others(history, spending)


def _others(history: History, spending: Spending) -> list[str]:
    """The other journeys whose match was accepted for this account, and which had not ended."""
    mine = [each for each in history.exchanges if each.role == spending.role]
    begun = {
        each.journey: None
        for each in mine
        if each.journey != spending.journey
        and each.operation == MATCH
        and each.accepted
        and each.number <= spending.after
    }
    return [
        each
        for each in begun
        if any(one.journey == each and one.number >= spending.before for one in mine)
    ]


def priced(observe: Observe) -> Observe:
    """A rule of prices decides nothing on an account that somebody else uses too."""

    @wraps(observe)
    def observed(history: History) -> Iterable[Observation]:
        if any(is_restless(history, role) for role in history.setting.plans):
            return [
                Unclear(
                    Reason.NOT_QUIET, "the balance moves by itself: somebody else uses the account"
                )
            ]
        return observe(history)

    return observed


def is_restless(history: History, role: str) -> bool:
    """Whether the balance moved while nothing was asked for, and not as a price of reading it."""
    return any(
        history.spent(each) and not reads_cost(history, role)
        for each in history.spendings("idle")
        if each.role == role
    )


def reads_cost(history: History, role: str) -> bool:
    """Whether each of several reads at once took the same amount."""
    for each in history.spendings("read"):
        if each.role == role:
            reads = [
                one.balance
                for one in history.exchanges
                if one.probe == "quiet" and one.role == role
            ]
            steps = [
                later.spent_since(earlier) if earlier and later else None
                for earlier, later in pairwise(reads)
            ]
            return bool(steps) and bool(steps[0]) and len(set(steps)) == 1
    return False
