"""Owns the words for facts, rules and checks: one, or the list of all."""

from collections.abc import Iterator

import contracts.rules  # noqa: F401 - fills the table
from contracts.facts import Fact, facts
from contracts.receiver.registry import Check, all_checks
from contracts.registry import RULES, selected


def explained(item: str) -> str | None:
    """One fact, rule or check in words; None if there is none of this id."""
    known = {each.lower(): each for each in (*facts(), *RULES)}
    found = known.get(item.strip().lower())
    if found in RULES:
        return "\n".join(_rule(found))
    if found is not None:
        return "\n".join(_fact(facts()[found]))
    check = {each.id.lower(): each for each in all_checks()}.get(item.strip().lower())
    return None if check is None else "\n".join(_check(check))


def listed() -> Iterator[str]:
    """Every id with its sentence."""
    yield "Facts"
    for fact in facts().values():
        yield f"  {fact.id:<9} {fact.grade:<10} {fact.text}"
    yield "\nRules of the contract kit"
    for rule in selected(()):
        yield f"  {rule.id:<9} {rule.level:<10} {rule.title}"
    yield "\nChecks of the receiver suite"
    for check in all_checks():
        yield f"  {check.id:<9} {check.area:<10} {check.title}"


def _fact(fact: Fact) -> Iterator[str]:
    yield f"{fact.id}, {fact.grade}"
    yield f"  {fact.text}"
    resting = [each for each in RULES.values() if fact.id in each.facts]
    for each in sorted(resting, key=lambda one: one.id):
        yield f"  {each.id}: {each.title}"


def _rule(rule_id: str) -> Iterator[str]:
    rule = RULES[rule_id]
    yield f"{rule.id}, {rule.level}: {rule.title}"
    yield f"  {rule.explanation}"
    for each in rule.facts:
        yield f"  {each} ({facts()[each].grade}): {facts()[each].text}"
    yield f"  seen by: {', '.join(rule.journeys)}"
    if rule.symptom_of:
        yield f"  told as a symptom where one of these failed: {', '.join(rule.symptom_of)}"


def _check(check: Check) -> Iterator[str]:
    yield f"{check.id}, {check.area}: {check.title}"
    yield f"  {check.explanation}"
    yield f"  who does so: {check.sender}"
    for each in check.facts:
        yield f"  {each} ({facts()[each].grade}): {facts()[each].text}"
    if check.needs:
        yield f"  needs: {', '.join(f'--{need.replace(chr(95), chr(45))}' for need in check.needs)}"
