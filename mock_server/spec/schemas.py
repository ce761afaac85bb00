"""Owns the schemas of the file: compiles them, checks them, and follows an error through them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from jsonschema_rs import Draft202012, Draft202012Validator, Registry, ValidationError, meta

from mock_server.spec.source import REF, At, Source

VIOLATION: Final = "x-violation"
FACTS: Final = "x-facts"
HINT: Final = "x-hint"

# Keywords whose values are schemas: by name or by number, or the schema itself.
_PICKING: Final = frozenset({
    "properties", "patternProperties", "$defs", "dependentSchemas",
    "allOf", "anyOf", "oneOf", "prefixItems",
})  # fmt: skip
_SINGLE: Final = frozenset({
    "items", "not", "if", "then", "else", "contains", "additionalProperties", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
_BASE: Final = "urn:openapi"


class Passed(NamedTuple):
    """One schema on the way to what was violated, and the keyword by which the way leaves it."""

    schema: Mapping[str, Any]
    keyword: str


class Schemas:
    """All schemas of one file. `violations` are the names that an `x-violation` may give."""

    def __init__(self, source: Source, violations: Collection[str]) -> None:
        self._source = source
        self._violations = violations
        self._checked: set[At] = set()
        self._compiled: dict[At, Draft202012Validator] = {}
        try:
            self._registry = Registry([(_BASE, source.document)], draft=Draft202012)
        except ValueError as error:
            raise source.error((), f"holds what JSON Schema cannot: {error}") from None

    def compiled(self, at: At) -> Draft202012Validator:
        """Return the validator of the schema at this place, compiled when it is first asked for."""
        if at not in self._compiled:
            self._compiled[at] = self._compile(at)
        return self._compiled[at]

    def check(self, schema: Any, at: At) -> None:
        """Demand that the schema and all that it leads to are valid and name known violations."""
        if at in self._checked:
            return
        try:
            meta.validate(schema)
        except ValidationError as error:
            place = (*at, *error.instance_path)
            raise self._source.error(place, f"is no valid schema: {error.message}") from None
        waiting = [(schema, at)]
        while waiting:
            each, place = waiting.pop()
            self._checked.add(place)
            if isinstance(each, dict):
                self._check_own(each, place)
                waiting += _below(each, place)

    def check_at(self, at: At | None) -> None:
        """Demand the same of the schema at this place, if there is one."""
        if at:
            self.check(self._source.referred(f"#{_pointer(at)}", at)[0], at)

    def check_notes(self, node: Mapping[str, Any], at: At) -> None:
        """Demand that the extensions of a schema or a parameter say what they may."""
        named = node.get(VIOLATION, {})
        for keyword, name in named.items() if isinstance(named, dict) else [("", named)]:
            if not isinstance(name, str) or name not in self._violations:
                place = (*at, VIOLATION, keyword) if keyword else (*at, VIOLATION)
                known = ", ".join(sorted(self._violations))
                raise self._source.error(place, f"is no violation of x-mock, use one of: {known}")
        if not isinstance(node.get(FACTS, []), list):
            raise self._source.error((*at, FACTS), "should be a list of fact ids")
        if not isinstance(node.get(HINT, ""), str):
            raise self._source.error((*at, HINT), "should be a text")

    def trail(self, at: At, path: Iterable[str | int]) -> Sequence[Passed]:
        """Return the schemas that an evaluation path passes, from that at `at` inwards."""
        schema, _ = self._source.referred(f"#{_pointer(at)}", at)
        passed: list[Passed] = []
        steps = iter(path)
        next(steps)  # the validator's own reference to the place
        for keyword in map(str, steps):
            passed.append(Passed(schema, keyword))
            if keyword == REF:
                schema, _ = self._source.referred(schema[REF], at)
            elif keyword in _SINGLE:
                schema = schema[keyword]
            elif keyword in _PICKING:
                schema = next((schema[keyword][step] for step in steps), None)
        return passed

    def _compile(self, at: At) -> Draft202012Validator:
        schema = {REF: f"{_BASE}#{_pointer(at)}"}
        try:
            return Draft202012Validator(
                schema, registry=self._registry, validate_formats=True, offline=True
            )
        except ValidationError as error:
            place = tuple(error.instance_path) or at
            raise self._source.error(place, f"is no valid schema: {error.message}") from None

    def _check_own(self, schema: Mapping[str, Any], at: At) -> None:
        self.check_notes(schema, at)
        for pattern, place in _patterns(schema, at):
            try:
                Draft202012Validator({"pattern": pattern})
            except ValidationError:
                raise self._source.error(place, "is no valid regular expression") from None
        if REF in schema:
            self._source.follow(schema, at)
            self.check(*self._source.referred(schema[REF], (*at, REF)))


def _below(schema: Mapping[str, Any], at: At) -> Iterator[tuple[Any, At]]:
    for keyword, value in schema.items():
        if keyword in _SINGLE:
            yield value, (*at, keyword)
        elif keyword in _PICKING:
            for step, each in _items(value):
                yield each, (*at, keyword, step)


def _patterns(schema: Mapping[str, Any], at: At) -> Iterator[tuple[str, At]]:
    if "pattern" in schema:
        yield schema["pattern"], (*at, "pattern")
    for each in schema.get("patternProperties", ()):
        yield each, (*at, "patternProperties", each)


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value)


def _pointer(at: At) -> str:
    return "".join(
        f"/{quote(str(step).replace('~', '~0').replace('/', '~1'), safe='~')}" for step in at
    )
