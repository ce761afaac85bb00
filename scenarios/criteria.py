"""Owns success criteria: `simple`, `regex` and `jsonpath`, what they expected and what was seen. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonpath import JSONPathEnvironment, JSONPathError

from scenarios.conditions import Condition
from scenarios.expressions import Expression, Scope, Unresolved, text

_RFC_9535: Final = JSONPathEnvironment(strict=True)
_DELIMITED: Final = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_LONGEST: Final = 300  # of what was seen, in characters


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one criterion."""

    passed: bool
    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One expectation, ready to be checked."""

    expected: str
    expressions: tuple[Expression, ...]
    holds: Callable[[Scope], bool]

    def check(self, scope: Scope) -> Checked:
        try:
            passed = self.holds(scope)
        except Unresolved as missing:
            return Checked(passed=False, expected=self.expected, seen=str(missing))
        seen = "; ".join(f"{each.text} is {_seen(each, scope)}" for each in self.expressions)
        return Checked(passed=passed, expected=self.expected, seen=seen)


def simple(condition: str) -> Criterion:
    """Raises ValueError for what is no condition."""
    parsed = Condition.parse(condition)
    return Criterion(condition, parsed.expressions, parsed.holds)


def regex(condition: str, context: str) -> Criterion:
    """Holds if the pattern is found in the context's text; raises ValueError."""
    pattern, subject = _pattern(condition), Expression.parse(context)

    def found(scope: Scope) -> bool:
        return pattern.search(_subject(subject.value(scope))) is not None

    return Criterion(f"{context} matches {condition}", (subject,), found)


def jsonpath(condition: str, context: str) -> Criterion:
    """Holds if the query selects something in the context; raises ValueError."""
    subject = Expression.parse(context)
    try:
        query = _RFC_9535.compile(condition)
    except JSONPathError as error:
        message = f"is no JSONPath of RFC 9535: {error.args[0]}"
        raise ValueError(message) from None

    def selects(scope: Scope) -> bool:
        value = subject.value(scope)
        return isinstance(value, (Mapping, list)) and bool(
            query.findall(value)
        )  # a text is no document

    return Criterion(f"{context} has {condition}", (subject,), selects)


def _pattern(condition: str) -> re.Pattern[str]:
    """As it stands, or as `/pattern/flags`."""
    written = _DELIMITED.fullmatch(condition)
    pattern, flags = written.groups() if written else (condition, "")
    if unknown := set(flags) - set(_FLAGS):
        message = f"has the flag {min(unknown)}; there are i, m and s"
        raise ValueError(message)
    try:
        return re.compile(pattern, sum(_FLAGS[each] for each in set(flags)))
    except re.error as error:
        message = f"is no regular expression: {error}"
        raise ValueError(message) from None


def _subject(value: Any) -> str:
    return "" if value == [] else text(value)


def _seen(expression: Expression, scope: Scope) -> str:
    try:
        value = text(expression.value(scope))
    except Unresolved:
        return "not there"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
