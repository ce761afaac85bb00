"""Owns `simple` conditions: their grammar and whether they hold. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Final

from scenarios.expressions import Expression, Scope

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<expression>\$[^\s()=<>!&|']+)"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"
    r"|(?P<word>true|false|null)\b"
    r"|(?P<operator>==|!=|<=|>=|<|>|&&|\|\||!|\(|\)))"
)
_WORDS: Final = {"true": True, "false": False, "null": None}
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_DEEPEST: Final = 100  # parentheses and negations
_COMPARISONS: Final = ("==", "!=", *_ORDERS)

Value = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition, and the expressions in it."""

    text: str
    holds: Value
    expressions: tuple[Expression, ...]

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Raises ValueError, in words for the author of the file."""
        parser = _Parser(text)
        if text.count("(") + text.count("!") > _DEEPEST:
            message = "is nested too deep, make several conditions of it"
            raise ValueError(message)
        return cls(text, parser.whole(), tuple(parser.expressions))


class _Parser:
    """Recursive descent: `||` binds weaker than `&&`, that weaker than `!`, that weaker than comparisons."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.expressions: list[Expression] = []

    def whole(self) -> Value:
        value = self._any()
        if self._text[self._at :].strip():
            raise self._error()
        return lambda scope: _true(value(scope))

    def _any(self) -> Value:
        left = self._all()
        while self._take("||"):
            left = _either(left, self._all())
        return left

    def _all(self) -> Value:
        left = self._not()
        while self._take("&&"):
            left = _both(left, self._not())
        return left

    def _not(self) -> Value:
        if self._take("!"):
            value = self._not()
            return lambda scope: not _true(value(scope))
        return self._comparison()

    def _comparison(self) -> Value:
        left = self._operand()
        operator = self._take(*_COMPARISONS)
        return _compared(left, operator, self._operand()) if operator else left

    def _operand(self) -> Value:
        if self._take("("):
            value = self._any()
            if not self._take(")"):
                raise self._error()
            return value
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["operator"]:
            raise self._error()
        self._at = match.end()
        return self._literal(match)

    def _literal(self, match: re.Match[str]) -> Value:
        if written := match["expression"]:
            expression = Expression.parse(written)
            self.expressions.append(expression)
            return expression.value
        literal = _literal(match)
        return lambda _: literal

    def _take(self, *operators: str) -> str | None:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["operator"] not in operators:
            return None
        self._at = match.end()
        return match["operator"]

    def _error(self) -> ValueError:
        rest = self._text[self._at :].strip() or "its end"
        known = "expressions, 'text', numbers, true, false, null, == != < <= > >= ! && || ( )"
        return ValueError(f"is no simple condition at {rest}; there are {known}")


def _literal(match: re.Match[str]) -> Any:
    if match["string"]:
        return match["string"][1:-1].replace("''", "'")
    if match["number"]:
        return float(match["number"]) if "." in match["number"] else int(match["number"])
    return _WORDS[match["word"]]


def _either(left: Value, right: Value) -> Value:
    return lambda scope: _true(left(scope)) or _true(right(scope))


def _both(left: Value, right: Value) -> Value:
    return lambda scope: _true(left(scope)) and _true(right(scope))


def _compared(left: Value, operator: str, right: Value) -> Value:
    if operator in _ORDERS:
        return lambda scope: _ordered(operator, left(scope), right(scope))
    wanted = operator == "=="
    return lambda scope: _equal(left(scope), right(scope)) is wanted


def _true(value: Any) -> bool:
    return value not in (None, False, "", 0)


def _equal(left: Any, right: Any) -> bool:
    """As JSON values, a number being no truth value; texts whatever their case, as Arazzo says."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _ordered(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return _ORDERS[operator](left.casefold(), right.casefold())
    numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (left, right)
    )
    return numbers and _ORDERS[operator](left, right)
