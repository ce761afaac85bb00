"""Owns the way from what was seen to a report and an exit code. Pure but for the time of day that it is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.expected import Expected, apply_expected
from contracts.history import Exchange, History, Role
from contracts.preflight import JOURNEY as FIRST
from contracts.reading import Balance
from contracts.registry import Rule, judge
from contracts.reports import Credits, Report
from contracts.run import LAST, Outcome
from contracts.showing import Showing, timelines
from contracts.verdicts import Exit, exit_code, is_decided


def conclude(  # noqa: PLR0913 - what a report tells
    rules: Sequence[Rule],
    outcome: Outcome,
    *,
    target: str,
    started_at: str,
    expected: Sequence[Expected] = (),
    strict: bool = False,
    facts: Mapping[str, str] | None = None,
) -> Report:
    """Judge the history by the rules, and sum up."""
    judged = judge(rules, outcome.history, Showing(target).evidence)
    results, surprises = apply_expected(judged, expected)
    code = exit_code(
        results, strict=strict, stopped=outcome.stopped, interrupted=outcome.interrupted
    )
    decided = sum(map(is_decided, results))
    return Report(
        title="Contract of the Reveal Phone API",
        target=target,
        started_at=started_at,
        seconds=outcome.seconds,
        exit=Exit(code),
        results=results,
        calls=outcome.calls,
        credits=_credits(outcome.history),
        strict=strict,
        facts={**(facts or {}), "decided": f"{decided} of {len(results)} rules"},
        notes=[*outcome.notes, *surprises, *_spent_elsewhere(outcome.history)],
        timelines=timelines(outcome.history),
        extra=_extra(outcome.history, facts or {}),
    )


def _credits(history: History) -> Credits:
    """Of the main identity, from before the first journey to after the last."""
    read = {each.journey: each.balance for each in history.balances(str(Role.MAIN))}
    before, after = read.get(FIRST), read.get(LAST)
    spent = after.spent_since(before) if before and after else None
    return Credits(_figure(before), _figure(after), spent)


def _spent_elsewhere(history: History) -> list[str]:
    """What the figure of the main account does not tell."""
    spent = {role: n for role, n in spent_by_role(history).items() if n and role != Role.MAIN}
    if not spent:
        return []
    told = ", ".join(f"{n} of {role}" for role, n in spent.items())
    return [f"the credits spent are those of the main account; there went from others: {told}"]


def _figure(balance: Balance | None) -> int | None:
    """Credits left, or phone credits used."""
    if balance is None:
        return None
    return balance.left if balance.left is not None else balance.used


def _extra(history: History, facts: Mapping[str, str]) -> dict[str, Any]:
    """Fields beyond the promised ones."""
    return {**facts, "plans": dict(history.setting.plans), "spentByRole": spent_by_role(history)}


def spent_by_role(history: History) -> dict[str, int]:
    """What went from each account in the run, where its balance can be read."""
    found: dict[str, int] = {}
    for role in Role:
        told = [each.balance for each in _balances(history, role)]
        if told and told[0] and told[-1] and (spent := told[-1].spent_since(told[0])) is not None:
            found[str(role)] = spent
    return found


def _balances(history: History, role: Role) -> list[Exchange]:
    return [each for each in history.balances(str(role)) if each.balance is not None]
