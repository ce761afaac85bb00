"""Owns samples: a plausible value for a schema that comes without an example."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_server.spec.source import REF, Source

_FORMATS: Final = {
    "uri": "https://example.com/",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "email": "someone@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_KEYWORDS_OF: Final = {
    "object": {"properties", "required"},
    "array": {"items", "prefixItems", "minItems"},
    "string": {"format", "minLength", "maxLength", "pattern"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
_CONTAINS_ITSELF: Final = object()

Open = frozenset[str]  # the references that are being followed


def sample(source: Source, schema: Any) -> Any:
    """Return a value that the schema most likely allows."""
    value = _sample(source, schema, frozenset())
    return None if value is _CONTAINS_ITSELF else value


def _sample(source: Source, schema: Any, within: Open) -> Any:
    if not isinstance(schema, dict):
        return None
    if REF in schema and schema[REF] in within:
        return _CONTAINS_ITSELF
    merged, within = _merged(source, schema, within)
    for keyword in ("const", "default"):
        if keyword in merged:
            return merged[keyword]
    for keyword in ("examples", "enum"):
        if merged.get(keyword):
            return merged[keyword][0]
    return _typed(source, merged, within)


def _merged(source: Source, schema: Mapping[str, Any], within: Open) -> tuple[dict[str, Any], Open]:
    """Return the schema with its reference, all of `allOf`, the first of `anyOf` and `oneOf`."""
    parts = [*schema.get("allOf", ()), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]]
    if REF in schema and schema[REF] not in within:
        within |= {schema[REF]}
        parts.append(source.referred(schema[REF], ())[0])
    merged = dict(schema)
    for part in parts:
        if isinstance(part, dict):
            other, within = _merged(source, part, within)
            both = {
                "properties": {**other.get("properties", {}), **merged.get("properties", {})},
                "required": [*other.get("required", ()), *merged.get("required", ())],
            }
            merged = {**other, **merged, **{key: value for key, value in both.items() if value}}
    return merged, within


def _typed(source: Source, schema: Mapping[str, Any], within: Open) -> Any:
    kind = _type(schema)
    if kind == "object":
        return _fields(source, schema, within)
    if kind == "array":
        return _items(source, schema, within)
    plain: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "string": _text,
        "integer": lambda schema: math.ceil(_number(schema)),
        "number": _number,
        "boolean": lambda _: True,
    }
    return plain[kind](schema) if kind in plain else None


def _type(schema: Mapping[str, Any]) -> str:
    named = schema.get("type")
    if isinstance(named, list):
        return next((each for each in named if each != "null"), "null")
    implied = (kind for kind, keywords in _KEYWORDS_OF.items() if keywords & schema.keys())
    return named or next(implied, "null")


def _fields(source: Source, schema: Mapping[str, Any], within: Open) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    fields = {}
    for name in dict.fromkeys([*properties, *required]):
        value = _sample(source, properties.get(name), within)
        if value is not _CONTAINS_ITSELF:
            fields[name] = value
        elif name in required:
            fields[name] = None
    return fields


def _items(source: Source, schema: Mapping[str, Any], within: Open) -> list[Any]:
    first = [_sample(source, each, within) for each in schema.get("prefixItems", ())]
    wanted = schema.get("minItems", 1 if isinstance(schema.get("items"), dict) else 0)
    wanted = min(wanted, schema.get("maxItems", wanted))
    rest = [_sample(source, schema.get("items"), within) for _ in range(wanted - len(first))]
    return [each for each in [*first, *rest] if each is not _CONTAINS_ITSELF]


def _text(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(schema.get("format", ""), "string")
    shortest = schema.get("minLength", 0)
    return text.ljust(shortest, "x")[: schema.get("maxLength", max(shortest, len(text)))]


def _number(schema: Mapping[str, Any]) -> float:
    lowest = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + 1)
    highest = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - 1)
    number: float = min(max(0, lowest), highest)
    step = schema.get("multipleOf")
    return math.ceil(number / step) * step if step else number
