"""Owns the reading of parameters: texts of path, query and headers as values of their schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jsonschema_rs import Draft202012Validator
from orjson import loads

from mock_server.domain.errors import Refusal
from mock_server.spec.outline import Found
from mock_server.spec.refusals import INVALID_PARAMETER, Refusals, violation_of
from mock_server.spec.schemas import Passed, Schemas
from mock_server.spec.source import At, Source

_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}
_PLACES: Final = ("path", "query", "header")
_NOT_PARAMETERS: Final = (
    "accept",
    "authorization",
    "content-type",
)  # by the rules of OpenAPI, as headers


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter. `validator` is None where only its presence can be judged."""

    name: str
    place: str
    node: Mapping[str, Any]
    at: At  # of the schema
    types: frozenset[str]
    item_types: frozenset[str]
    validator: Draft202012Validator | None

    def value(self, texts: Sequence[str]) -> Any:
        """Return the texts of the request as the value that the schema speaks of."""
        if "array" not in self.types:
            return _value(texts[0], self.types)
        style = self.node.get("style", "form" if self.place == "query" else "simple")
        if not self.node.get("explode", style == "form"):
            texts = texts[0].split(_SEPARATORS.get(style, ","))
        return [_value(each, self.item_types) for each in texts]


class ParameterReader:
    """Reads the parameters of one operation."""

    __slots__ = ("_parameters", "_refusals")

    def __init__(self, parameters: Sequence[Parameter], refusals: Refusals) -> None:
        self._parameters = parameters
        self._refusals = refusals

    def read(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> list[Refusal]:
        """Everything that the request is to be refused for."""
        refusals: list[Refusal] = []
        for each in self._parameters:
            if each.place == "query":
                texts = [value for name, value in query if name == each.name]
            else:
                given = path if each.place == "path" else headers
                name = each.name if each.place == "path" else each.name.lower()
                texts = [given[name]] if name in given else []
            refusals += self._judged(each, texts) if texts else self._missing(each)
        return refusals

    def _missing(self, parameter: Parameter) -> list[Refusal]:
        if not parameter.node.get("required"):
            return []
        violation = violation_of([Passed(parameter.node, "required")], INVALID_PARAMETER)
        return [self._refusals.named(violation, f"{parameter.name} is required.")]

    def _judged(self, parameter: Parameter, texts: Sequence[str]) -> list[Refusal]:
        validator = parameter.validator
        if validator is None:
            return []
        outer = Passed(parameter.node, "schema")
        try:
            value = parameter.value(texts)
            if validator.is_valid(value):
                return []
            errors = validator.iter_errors(value)
            return self._refusals.of_parameter(errors, parameter.at, outer, parameter.name)
        except ValueError:  # half a surrogate pair, which no JSON text has
            violation = violation_of([outer], INVALID_PARAMETER)
            return [self._refusals.named(violation, f"{parameter.name} is not valid.")]


def read_parameters(source: Source, schemas: Schemas, found: Found) -> list[Parameter]:
    """Return the parameters of an operation; its own win over those that its path shares."""
    own = (found.node.get("parameters", []), (*found.at, "parameters"))
    parameters: dict[tuple[str, str], Parameter] = {}
    for nodes, at in (own, found.shared):
        if not isinstance(nodes, list):
            raise source.error(at, "should be a list")
        for n, value in enumerate(nodes):
            node, place = source.follow(value, (*at, n))
            parameter = _parameter(source, schemas, source.mapping(node, place), place)
            if parameter.place in _PLACES and parameter.name.lower() not in _ignored(parameter):
                parameters.setdefault((parameter.name, parameter.place), parameter)
    return list(parameters.values())


def _ignored(parameter: Parameter) -> Sequence[str]:
    return _NOT_PARAMETERS if parameter.place == "header" else ()


def _parameter(source: Source, schemas: Schemas, node: Mapping[str, Any], at: At) -> Parameter:
    for key in ("name", "in"):
        if not isinstance(node.get(key), str):
            raise source.error((*at, key), "is missing or no text, add it")
    schemas.check_notes(node, at)
    at = (*at, "schema")
    schema, place = source.follow(node.get("schema", True), at)
    schemas.check(schema, place)
    items = schema.get("items") if isinstance(schema, dict) else None
    types = _types(schema)
    return Parameter(
        name=node["name"],
        place=node["in"],
        node=node,
        at=at,
        types=types,
        item_types=_types(source.follow(items, place)[0]),
        validator=schemas.compiled(at) if "schema" in node and "object" not in types else None,
    )


def _types(schema: Any) -> frozenset[str]:
    named = schema.get("type", "string") if isinstance(schema, dict) else "string"
    return frozenset([named] if isinstance(named, str) else named)


def _value(text: str, types: frozenset[str]) -> Any:
    if "string" in types:
        return text
    try:
        return loads(text)
    except ValueError:
        return text
