"""Owns the words for what is wrong with a value: from keyword and place, never from its content."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from jsonschema_rs import ValidationError

from mock_server.spec.schemas import FACTS, HINT, Passed, Schemas
from mock_server.spec.source import At

LIMIT: Final = 200
_NAME_LIMIT: Final = 40
_BODY: Final = "The body"
_NAMES_SHOWN: Final = 3

# Keywords that lead on to another value: what a schema before them says is about an outer one.
_DESCENDING: Final = frozenset({
    "properties", "patternProperties", "additionalProperties", "unevaluatedProperties",
    "propertyNames", "items", "prefixItems", "contains", "unevaluatedItems",
})  # fmt: skip
_TYPES: Final = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}

_JSON_TYPES: Final[Mapping[type, str]] = {
    type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
}  # fmt: skip


def describe(error: ValidationError, trail: Sequence[Passed], subject: str = "") -> str:
    """Tell what is wrong in one sentence; `subject` names a parameter, whose value is text."""
    path = [subject, *error.instance_path] if subject else error.instance_path
    keyword, value = error.kind.name, error.kind.value
    if keyword == "required":
        return _short(f"{_name([*path, value])} is required.")
    name = _name(path)
    if keyword == "type":
        told = "" if subject else f", not {_type(error.instance)}"
        return _short(f"{name} must be {' or '.join(_TYPES[each] for each in value)}{told}.")
    if keyword == "falseSchema" and trail and trail[-1].keyword == "additionalProperties":
        keyword = "additionalProperties"
    words = _WORDS.get(keyword)
    hint = _hint(trail)
    if words and not (hint and keyword == "format"):
        return _short(f"{name} {words(value)}.")
    return _short(f"{name} is not valid: {hint}" if hint else f"{name} is not valid.")


def problems(schemas: Schemas, at: At, document: Any) -> list[str]:
    """Everything that the schema at this place finds wrong with a document."""
    errors = schemas.compiled(at).iter_errors(document)
    return [describe(each, schemas.trail(at, each.evaluation_path)) for each in errors]


def facts(trail: Sequence[Passed]) -> list[str]:
    """Return the fact ids of the innermost schema that names some."""
    return next((list(each.schema[FACTS]) for each in reversed(trail) if FACTS in each.schema), [])


def _hint(trail: Sequence[Passed]) -> str | None:
    for n, each in enumerate(reversed(trail)):
        if n and each.keyword in _DESCENDING:
            return None
        if HINT in each.schema:
            return str(each.schema[HINT])
    return None


def _unknown(fields: list[str] | None) -> str:
    """Name some of them; the validator does not say which where there may be none at all."""
    shown = ", ".join(map(_safe, (fields or [])[:_NAMES_SHOWN]))
    return f"has unknown fields: {shown}" if shown else "has unknown fields"


def _counted(words: str, noun: str) -> Callable[[Any], str]:
    return lambda count: f"must have {words} {count} {noun}{'' if count == 1 else 's'}"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "minimum": "must be at least {}".format,
    "maximum": "must be at most {}".format,
    "exclusiveMinimum": "must be more than {}".format,
    "exclusiveMaximum": "must be less than {}".format,
    "multipleOf": "must be a multiple of {}".format,
    "minLength": _counted("at least", "character"),
    "maxLength": _counted("at most", "character"),
    "minItems": _counted("at least", "item"),
    "maxItems": _counted("at most", "item"),
    "minProperties": _counted("at least", "field"),
    "maxProperties": _counted("at most", "field"),
    "uniqueItems": lambda _: "must not have the same item twice",
    "const": lambda value: f"must be {_json(value)}",
    "enum": lambda values: f"must be one of {', '.join(map(_json, values))}",
    "format": "is not a valid {}".format,
    "falseSchema": lambda _: "is not allowed",
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "anyOf": lambda _: "matches none of the allowed forms",
    "oneOf": lambda _: "does not match exactly one of the allowed forms",
}


def _type(value: Any) -> str:
    return _TYPES[_JSON_TYPES[type(value)]]


def _name(path: Sequence[str | int]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{_safe(step)}" for step in path)
    return "".join(steps).removeprefix(".") or _BODY


def _safe(name: str) -> str:
    """Return a field's name, which the caller may have chosen, on one short line."""
    if len(name) <= _NAME_LIMIT and name.isprintable():
        return name
    text = "".join(each if each.isprintable() else "?" for each in name[:_NAME_LIMIT])
    return text if len(name) <= _NAME_LIMIT else f"{text}…"


def _short(text: str) -> str:
    return text if len(text) <= LIMIT else f"{text[: LIMIT - 1]}…"
