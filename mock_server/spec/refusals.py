"""Owns the way from a fault of the request to its refusal: which violation it is (ERR-A)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from jsonschema_rs import ValidationError

from mock_server.domain.errors import Refusal, Violation
from mock_server.spec import messages
from mock_server.spec.schemas import VIOLATION, Passed, Schemas
from mock_server.spec.source import At

REMEMBERED: Final = 1024  # ways to a fault: the same few come again and again

INVALID_FIELD: Final = "invalidField"
INVALID_PARAMETER: Final = "invalidParameter"
UNREADABLE: Final = "unreadable"
CONTENT_TYPE: Final = "contentType"


class Fault(NamedTuple):
    """The schemas that were passed on the way to a fault, the violation that they name, and their fact ids."""

    trail: Sequence[Passed]
    violation: str
    facts: Sequence[str]


class Refusals:
    """Refuses with the statuses and messages of the file."""

    def __init__(self, schemas: Schemas, violations: Mapping[str, Violation]) -> None:
        self._schemas = schemas
        self._violations = violations
        self._fault = lru_cache(REMEMBERED)(self._read)

    def named(self, violation: str, message: str, facts: Sequence[str] = ()) -> Refusal:
        """Return the refusal for this violation, whose own message wins."""
        status, own = self._violations[violation]
        message = own or message
        origin = f"{', '.join(facts)}; ERR-A" if facts else "ERR-A"
        return Refusal(status, f"{message.rstrip('.')} ({origin})", message)

    def of_body(self, errors: Iterable[ValidationError], at: At) -> list[Refusal]:
        """Return a refusal for each error that the schema at this place found, none twice."""
        refusals = []
        for error in errors:
            fault = self._fault(at, tuple(error.evaluation_path))
            if isinstance(fault, Refusal):
                refusals.append(fault)
            else:
                words = messages.describe(error, fault.trail)
                refusals.append(self.named(fault.violation, words, fault.facts))
        return unique(refusals)

    def _read(self, at: At, path: tuple[str | int, ...]) -> Fault | Refusal:
        """The fault at the end of an evaluation path, or its refusal where the file has the words."""
        trail = self._schemas.trail(at, path)
        fault = Fault(trail, violation_of(trail, INVALID_FIELD), messages.facts(trail))
        own = self._violations[fault.violation].message
        return self.named(fault.violation, own, fault.facts) if own else fault

    def of_parameter(
        self, errors: Iterable[ValidationError], at: At, outer: Passed, name: str
    ) -> list[Refusal]:
        """Return the same for a parameter, which `outer` declares."""
        refusals = []
        for error in errors:
            trail = [outer, *self._schemas.trail(at, error.evaluation_path)]
            message = messages.describe(error, trail, name)
            violation = violation_of(trail, INVALID_PARAMETER)
            refusals.append(self.named(violation, message, messages.facts(trail)))
        return unique(refusals)


def violation_of(trail: Sequence[Passed], otherwise: str) -> str:
    """Return what the innermost schema names, for all of it or for the keyword that leads on."""
    for schema, keyword in reversed(trail):
        named = schema.get(VIOLATION)
        name = named.get(keyword) if isinstance(named, dict) else named
        if name:
            return str(name)
    return otherwise


def unique(refusals: Iterable[Refusal]) -> list[Refusal]:
    """Return the refusals without those that look to the caller like an earlier one."""
    kept: dict[tuple[int, str | None], Refusal] = {}
    for each in refusals:
        kept.setdefault((each.status, each.message), each)
    return list(kept.values())
