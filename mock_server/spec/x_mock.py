"""Owns the form of `x-mock`: its fields and their types, not what they refer to."""

from collections.abc import Iterable
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, ValidationError

from mock_server.spec.source import At, Source

AT: Final = "x-mock"
ASSUMPTIONS: Final = (AT, "assumptions")
PROVIDERS_OWN_PRICE: Final = "provider"

Form = dict[str, Any]  # a JSON Schema; its description completes "should be …"
NAMES: Final = "x-names"  # what is wrong with a name that a mapping does not take


def _table(needed: dict[str, Form], optional: dict[str, Form] | None = None) -> Form:
    return {
        "type": "object",
        "properties": needed | (optional or {}),
        "required": list(needed),
        "additionalProperties": False,
        "description": f"a mapping with {', '.join(needed)}",
    }


def _named(form: Form, at_least: int = 0) -> Form:
    """A mapping of names that a key, a path or a header may have."""
    return {
        "type": "object",
        "patternProperties": {r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$": form},
        "minProperties": at_least,
        "additionalProperties": False,
        NAMES: "has a name that should be of letters, digits, - and _",
        "description": "a mapping" + " with at least one entry" * at_least,
    }


def _called(form: Form) -> Form:
    """A mapping of any names."""
    return {"type": "object", "additionalProperties": form, "description": "a mapping"}


def _list(form: Form, at_least: int = 0) -> Form:
    description = "a list" + " with at least one entry" * at_least
    return {"type": "array", "items": form, "minItems": at_least, "description": description}


def _number(kind: str, least: float, most: float, description: str) -> Form:
    return {"type": kind, "minimum": least, "maximum": most, "description": description}


def _one_of(*values: str) -> Form:
    return {"enum": list(values), "description": " or ".join(f"`{each}`" for each in values)}


def _either(description: str, *forms: Form) -> Form:
    return {"anyOf": list(forms), "description": description}


ANYTHING: Final[Form] = {}
MAPPING: Final[Form] = {"type": "object", "description": "a mapping"}
NOTHING: Final[Form] = {"type": "null"}
YES_OR_NO: Final[Form] = {"type": "boolean", "description": "true or false"}
TEXT: Final[Form] = {"type": "string", "pattern": r"\S", "description": "a text that is not blank"}
HEADER: Final[Form] = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
    "description": "the name of a header",
}
WHOLE: Final = _number("integer", 0, 10**12, "a whole number from 0")
SECONDS: Final = _number("number", 0, 10**8, "a number of seconds from 0")
SOME_SECONDS: Final = _number("number", 0.001, 10**8, "a number of seconds from 0.001")
STATUS: Final = _number("integer", 200, 599, "a status from 200 to 599")
REFUSAL: Final = _number("integer", 400, 499, "a status from 400 to 499")
ERROR: Final = _number("integer", 400, 599, "a status from 400 to 599")
PRICE: Final = _either(
    f"a whole number of credits from 0, or `{PROVIDERS_OWN_PRICE}`",
    WHOLE,
    {"const": PROVIDERS_OWN_PRICE},
)
ASKED: Final = _either(
    "`all`, `own` or a list of the names of providers", _one_of("all", "own"), _list(TEXT, 1)
)
ANSWERED: Final = _either("a status from 400 to 599, or `accept`", ERROR, {"const": "accept"})

PROVIDER: Final = _table({"name": TEXT, "price": WHOLE, "seconds": SECONDS}, {"partner": YES_OR_NO})
PLAN: Final = _table({
    "title": TEXT,
    "payload": TEXT,
    "providers": ASKED,
    "prices": _named(PRICE),
    "startingCredits": _called(WHOLE),
    "requestsPerMinute": WHOLE,
    "balance": MAPPING,
})  # fmt: skip
TEST_KEY: Final = _table(
    {"plan": TEXT},
    {
        "credits": _either(WHOLE["description"], WHOLE, NOTHING),
        "apiAccess": YES_OR_NO,
        "requestsPerMinute": _either(WHOLE["description"], WHOLE, NOTHING),
    },
)
VIOLATION: Final = _table(
    {"status": REFUSAL}, {"message": _either(TEXT["description"], TEXT, NOTHING)}
)
X_MOCK: Final = _table({
    "providers": _list(PROVIDER, 1),
    "plans": _named(PLAN, 1),
    "testKeys": _named(TEST_KEY),
    "rateLimit": _table({"windowSeconds": SOME_SECONDS, "operations": _list(TEXT)}),
    "retrySchedule": _table({"timeoutSeconds": SOME_SECONDS, "delaysSeconds": _list(SECONDS)}),
    "stepStatuses": _table({"found": TEXT, "notFound": TEXT, "insufficientCredits": TEXT}),
    "payloads": _called(ANYTHING),
    "errorTemplate": ANYTHING,
    "violations": _called(VIOLATION),
    "assumptions": _called(_table({"value": ANYTHING, "reason": TEXT})),
})  # fmt: skip

# Those assumptions that have no other place in the file.
ASSUMED: Final[dict[str, Form]] = {
    "AUTH-3a": ERROR,
    "REQ-2": _one_of("personId", "linkedinUrl"),
    "RES-3": ANSWERED,
    "RES-4": ANSWERED,
    "WH-8a": _table({
        "afterFound": _one_of("stop", "continue"),
        "notAsked": _one_of("absent", "notFound"),
    }),
    "WH-10a": _table({
        "followRedirects": YES_OR_NO,
        "signature": _either(
            "a mapping with header and secret, or null",
            _table({"header": HEADER, "secret": TEXT}),
            NOTHING,
        ),
    }),
    "TRK-2": _table({"status": STATUS, "body": ANYTHING}),
    "CR-5a": _one_of("found", "delivered"),
    "CR-8": YES_OR_NO,
    "CR-6b": _one_of("everyProvider", "finder"),
    "CR-6a": _one_of("first", "each"),
    "ERR-B": _list(ERROR),
    "ERR-E": _one_of("cheapest", "zero"),
}  # fmt: skip


def read_x_mock(source: Source) -> dict[str, Any]:
    """`x-mock` with every reference replaced, apart from the assumptions' values; raises SpecError."""
    tables = source.mapping(source.document.get(AT), (AT,))
    expanded = {
        key: value if key == ASSUMPTIONS[-1] else source.expanded(value, (AT, key))
        for key, value in tables.items()
    }
    _check(source, X_MOCK, expanded, (AT,))
    return expanded


def read_assumed(source: Source, assumptions: dict[str, Any]) -> dict[str, Any]:
    """The assumptions that are values, by fact id; what others refer to need only exist."""
    values = {}
    for fact, each in assumptions.items():
        at = (*ASSUMPTIONS, fact, "value")
        if fact in ASSUMED:
            values[fact] = source.expanded(each["value"], at)
            _check(source, ASSUMED[fact], values[fact], at)
        else:
            source.follow(each["value"], at)
    for fact in ASSUMED:
        if fact not in values:
            raise source.error((*ASSUMPTIONS, fact), _MISSING)
    return values


_MISSING: Final = "is missing, add it"


def _check(source: Source, form: Form, value: object, at: At) -> None:
    errors = list(Draft202012Validator(form).iter_errors(value))
    if errors:
        first = errors[0]
        place, words = _told(first, _part(form, first.schema_path[:-1]))
        more = f" (and {len(errors) - 1} more)" if errors[1:] else ""
        raise source.error((*at, *place), words + more)


def _told(error: ValidationError, form: Form) -> tuple[At, str]:
    place = tuple(error.instance_path)
    if error.kind.name == "required":
        return (*place, error.kind.value), _MISSING
    if error.kind.name == "additionalProperties":
        (unknown, *_) = error.kind.value
        wrong = form.get(NAMES, "is not known here, correct its name or remove it")
        return (*place, unknown), wrong
    return place, f"should be {form['description']}"


def _part(form: Any, path: Iterable[str | int]) -> Form:
    for step in path:
        form = form[step]
    part: Form = form
    return part
